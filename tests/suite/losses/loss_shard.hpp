#pragma once
// A shard of random scores for losses of labels.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suite/losses/loss.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {

inline constexpr int kSamples = 4, kValid = 3, kClasses = 11;
inline const std::vector<std::int32_t> kLabels{3, 0, 10};

/// A shard whose last sample is padding.
class Shard {
 public:
  explicit Shard(Precision precision)
      : numbers(random_numbers(1, kSamples * kClasses)), bytes_(stored_bytes(numbers, precision)), grad_(bytes_.size(), std::byte{0x7F}) {
    call.precision = precision;
    call.samples = kSamples;
    call.valid = kValid;
    call.features = kClasses;
    call.value = bytes_.data();
    call.labels = kLabels;
    call.grad_scale = 0.25f;
    call.grad = grad_.data();
    call.predictions = predictions.data();
  }
  Doubles gradient() const { return read_bytes(grad_.data(), kSamples * kClasses, call.precision); }
  Doubles sample(int n) const { return Doubles(numbers.begin() + n * kClasses, numbers.begin() + (n + 1) * kClasses); }

  losses::ShardLoss call;
  Doubles numbers;
  std::vector<std::int32_t> predictions = std::vector<std::int32_t>(kValid, -1);

 private:
  std::vector<std::byte> bytes_, grad_;
};

}  // namespace reprise::tests
