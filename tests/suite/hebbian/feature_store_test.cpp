#include "suite/hebbian/feature_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/control_groups.hpp"
#include "suite/errors.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

using hebbian::FeatureStore;

TEST(FeatureStore, gives_back_what_was_put_in_either_precision) {
  const std::vector<float> floats = stored<float>(random_numbers(1, 3 * 19));  // exact in bfloat16, too
  const auto halves = stored<kernels::bf16>(random_numbers(1, 3 * 19));
  for (const Precision kept_as : {Precision::f32, Precision::bf16})
    for (const Precision given_as : {Precision::f32, Precision::bf16}) {
      FeatureStore store(5, 19, kept_as);
      store.put(2, 3, given_as == Precision::f32 ? static_cast<const void*>(floats.data()) : halves.data(), given_as);
      std::vector<float> found(19);
      store.fetch(3, found.data());
      EXPECT_TRUE(std::equal(found.begin(), found.end(), floats.begin() + 19));
      store.fetch(0, found.data());
      EXPECT_EQ(found, std::vector<float>(19, 0.0f));
    }
}

TEST(FeatureStore, bfloat16_takes_half_the_bytes) {
  EXPECT_EQ(FeatureStore::bytes(60'000, 24'576, Precision::f32), 5'898'240'000);
  EXPECT_EQ(FeatureStore::bytes(60'000, 24'576, Precision::bf16), 2'949'120'000);
}

TEST(FeatureStore, more_than_the_memory_is_refused_before_anything_is_computed) {
  ASSERT_GT(available_memory().bytes, 0);  // every Linux tells
  EXPECT_NO_THROW(hebbian::require_memory(1, Precision::f32));
  try {
    hebbian::require_memory(std::int64_t{1} << 60, Precision::f32);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("hebbian.features=bf16"), std::string::npos);
  }
}

}  // namespace
}  // namespace reprise::tests
