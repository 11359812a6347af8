#include "suite/losses/mixed_label.hpp"

#include <algorithm>

namespace reprise::losses {

void MixedLabel::add(std::int32_t label, float share) {
  const auto at = static_cast<std::size_t>(count++);
  classes.at(at) = label;
  shares.at(at) = share;
}

std::int32_t MixedLabel::main_class() const {
  std::int32_t best = classes[0];
  float most = -1;
  for (int i = 0; i < count; ++i) {
    float sum = 0;
    for (int j = 0; j < count; ++j)
      if (classes[static_cast<std::size_t>(j)] == classes[static_cast<std::size_t>(i)]) sum += shares[static_cast<std::size_t>(j)];
    if (sum > most) best = classes[static_cast<std::size_t>(i)], most = sum;
  }
  return best;
}

void MixedLabel::spread(float smoothing, std::span<float> target) const {
  std::fill(target.begin(), target.end(), smoothing / static_cast<float>(target.size()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    target[static_cast<std::size_t>(classes[i])] += (1 - smoothing) * shares[i];
}

}  // namespace reprise::losses
