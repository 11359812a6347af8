#include "suite/layers/reflect_padding.hpp"

#include <gtest/gtest.h>

#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

TEST(ReflectPadding, mirrors_without_repeating_the_edge) {
  const layers::ReflectPadding reflect({2, 3, 1}, 1, 2);
  EXPECT_EQ(reflect.padded(), (SampleShape{4, 5, 1}));
  EXPECT_GE(reflect.bytes(Precision::bf16), 2u * 20 * 2);
  const Doubles images{1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
  // Rows 1 0 1 0, columns 1 0 1 2 1.
  const Doubles expected{5,  4,  5,  6,  5,  2,  1,  2,  3,  2,  5,  4,  5,  6,  5,  2,  1,  2,  3,  2,
                         50, 40, 50, 60, 50, 20, 10, 20, 30, 20, 50, 40, 50, 60, 50, 20, 10, 20, 30, 20};
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const auto input = stored_bytes(images, precision);
    auto output = stored_bytes(Doubles(40, -1), precision);
    reflect.pad(precision, input.data(), output.data());
    EXPECT_EQ(read_bytes(output.data(), 40, precision), expected);
  }
}

TEST(ReflectPadding, folds_every_copy_onto_its_pixel) {
  const layers::ReflectPadding reflect({2, 3, 1}, 1, 2);
  Doubles grads(20, 1);
  for (int i = 0; i < 20; ++i) grads.push_back(2);
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const auto padded = stored_bytes(grads, precision);
    auto folded = stored_bytes(Doubles(12, -1), precision);
    std::vector<float> sums(12);
    reflect.fold(precision, padded.data(), folded.data(), sums.data());
    // Each row is there twice, columns once, three times, once.
    EXPECT_EQ(read_bytes(folded.data(), 12, precision), (Doubles{2, 6, 2, 2, 6, 2, 4, 12, 4, 4, 12, 4}));
  }
}

}  // namespace
}  // namespace reprise::tests
