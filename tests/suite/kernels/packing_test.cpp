// Tiles of 16 x 16: every element where the format wants it, on both instruction sets.

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/suite/kernels/isa_tables.hpp"

namespace reprise::kernels {
namespace {

constexpr std::int64_t kRows = 32, kColumns = 48;

std::vector<float> numbered() {
  std::vector<float> plain(kRows * kColumns);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<float>(i);
  return plain;
}

/// Tiles one after another, their columns 16 floats apart.
std::vector<std::int32_t> offsets() {
  std::vector<std::int32_t> result;
  for (int tile = 0; tile < kRows / 16 * kColumns / 16; ++tile) result.push_back(tile * 256);
  return result;
}

TEST(PackTiles, column_j_of_a_tile_holds_sixteen_rows_side_by_side_and_unpacks_again) {
  for (const VectorKernels* kernel : tests::isa_tables()) {
    const auto plain = numbered();
    std::vector<float> packed(plain.size(), -1), back(plain.size(), -1);
    kernel->pack_tiles(plain.data(), kRows, kColumns, offsets().data(), 16, packed.data());
    for (std::int64_t r = 0; r < kRows; ++r)
      for (std::int64_t c = 0; c < kColumns; ++c) {
        const std::int64_t tile = r / 16 * (kColumns / 16) + c / 16;
        ASSERT_EQ(packed[static_cast<std::size_t>(tile * 256 + c % 16 * 16 + r % 16)], plain[static_cast<std::size_t>(r * kColumns + c)])
            << kernel->isa;
      }
    kernel->unpack_tiles(packed.data(), kRows, kColumns, offsets().data(), 16, back.data());
    EXPECT_EQ(back, plain);
  }
}

TEST(PackTiles, bfloat16_pairs_hold_two_columns_of_a_row_rounded_to_even) {
  for (const VectorKernels* kernel : tests::isa_tables()) {
    const auto plain = numbered();
    std::vector<bf16> packed(plain.size()), rounded(plain.size());
    kernel->pack_tiles_bf16(plain.data(), kRows, kColumns, offsets().data(), 32, packed.data());
    kernel->b16.from_float(plain.data(), rounded.data(), static_cast<std::int64_t>(plain.size()));
    for (std::int64_t r = 0; r < kRows; ++r)
      for (std::int64_t c = 0; c < kColumns; ++c) {
        const std::int64_t tile = r / 16 * (kColumns / 16) + c / 16;
        ASSERT_EQ(packed[static_cast<std::size_t>(tile * 256 + c % 16 / 2 * 32 + r % 16 * 2 + c % 2)],
                  rounded[static_cast<std::size_t>(r * kColumns + c)])
            << kernel->isa;
      }
  }
}

}  // namespace
}  // namespace reprise::kernels
