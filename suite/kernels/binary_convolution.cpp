#include "suite/kernels/binary_convolution.hpp"

#include <algorithm>
#include <bit>

namespace reprise::kernels {

namespace {

constexpr std::int64_t kWordBits = 64;

constexpr std::int64_t kFiltersAtOnce = 64;

/// A cell of a window: its input's words, and the weights [W, K] that meet them.
struct Cell {
  const std::uint64_t* input;
  const std::uint64_t* weights;
};

/// counts[k] = how many signs of all cells differ, for `count` of the K filters.
using CountDifferences = void (*)(const Cell* cells, std::int64_t cell_count, std::int64_t words, std::int64_t filters, std::int64_t count,
                                  std::int64_t* counts);

// One body for both: the compiler makes vectors of the loop over filters if it has an instruction that counts the bits of their words.
#define REPRISE_COUNT_DIFFERENCES                                                                 \
  std::fill_n(counts, count, 0);                                                                  \
  for (std::int64_t i = 0; i < cell_count; ++i)                                                   \
    for (std::int64_t w = 0; w < words; ++w) {                                                    \
      const std::uint64_t input = cells[i].input[w];                                              \
      const std::uint64_t* row = cells[i].weights + w * filters;                                  \
      for (std::int64_t k = 0; k < count; ++k) counts[k] += __builtin_popcountll(input ^ row[k]); \
    }

void count_differences(const Cell* cells, std::int64_t cell_count, std::int64_t words, std::int64_t filters, std::int64_t count,
                       std::int64_t* __restrict counts) {
  REPRISE_COUNT_DIFFERENCES
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512vpopcntdq"))) void count_differences_of_vectors(
    const Cell* cells, std::int64_t cell_count, std::int64_t words, std::int64_t filters, std::int64_t count,
    std::int64_t* __restrict counts){REPRISE_COUNT_DIFFERENCES}
#endif
#undef REPRISE_COUNT_DIFFERENCES

CountDifferences fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("avx512vl") != 0) return count_differences_of_vectors;
#endif
  return count_differences;
}

}  // namespace

std::int64_t words_of_signs(std::int64_t channels) {
  return (channels + kWordBits - 1) / kWordBits;
}

void pack_signs(const float* values, std::int64_t positions, std::int64_t channels, std::uint64_t* bits) {
  for (std::int64_t p = 0; p < positions; ++p, values += channels)
    for (std::int64_t first = 0; first < channels; first += kWordBits, ++bits) {
      std::uint64_t word = 0;
      const std::int64_t count = std::min(kWordBits, channels - first);
      for (std::int64_t c = 0; c < count; ++c) word |= static_cast<std::uint64_t>(!(values[first + c] < 0)) << c;
      *bits = word;
    }
}

BinaryConvolution::BinaryConvolution(const ConvolutionShape& shape)
    : shape_(shape),
      words_(words_of_signs(shape.in_channels)),
      weights_(static_cast<std::size_t>(shape.filter_height * shape.filter_width * words_ * shape.filters)) {}

void BinaryConvolution::load(const float* weight) {
  std::fill(weights_.begin(), weights_.end(), 0);
  const std::int64_t area = shape_.filter_height * shape_.filter_width;
  for (std::int64_t k = 0; k < shape_.filters; ++k)
    for (std::int64_t c = 0; c < shape_.in_channels; ++c)
      for (std::int64_t cell = 0; cell < area; ++cell)
        if (!(*weight++ < 0))
          weights_[static_cast<std::size_t>((cell * words_ + c / kWordBits) * shape_.filters + k)] |= std::uint64_t{1} << (c % kWordBits);
}

void BinaryConvolution::forward(const std::uint64_t* bits, std::int32_t* output) const {
  static const CountDifferences differences = fastest();
  std::vector<Cell> cells(static_cast<std::size_t>(shape_.filter_height * shape_.filter_width));
  std::int64_t counts[kFiltersAtOnce];
  for (std::int64_t p = 0; p < shape_.out_height(); ++p)
    for (std::int64_t q = 0; q < shape_.out_width(); ++q, output += shape_.filters) {
      std::int64_t inside = 0;
      for (std::int64_t r = 0; r < shape_.filter_height; ++r)
        for (std::int64_t s = 0; s < shape_.filter_width; ++s) {
          const std::int64_t y = p * shape_.stride + r - shape_.padding, x = q * shape_.stride + s - shape_.padding;
          if (y < 0 || y >= shape_.height || x < 0 || x >= shape_.width) continue;
          cells[static_cast<std::size_t>(inside++)] = {bits + (y * shape_.width + x) * words_,
                                                       weights_.data() + (r * shape_.filter_width + s) * words_ * shape_.filters};
        }
      for (std::int64_t first = 0; first < shape_.filters; first += kFiltersAtOnce) {
        const std::int64_t count = std::min(kFiltersAtOnce, shape_.filters - first);
        for (std::int64_t i = 0; i < inside; ++i) cells[static_cast<std::size_t>(i)].weights += first == 0 ? 0 : kFiltersAtOnce;
        differences(cells.data(), inside, words_, shape_.filters, count, counts);
        for (std::int64_t k = 0; k < count; ++k) output[first + k] = static_cast<std::int32_t>(inside * shape_.in_channels - 2 * counts[k]);
      }
    }
}

}  // namespace reprise::kernels
