#include "suite/layers/weight_clusters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"

namespace reprise::layers {

namespace {

constexpr int kMaxRounds = 1000;

/// Numbers in ascending order, whose sums over a range are one subtraction.
class Sorted {
 public:
  explicit Sorted(std::vector<double> numbers) : numbers_(std::move(numbers)), sums_{0} {
    std::sort(numbers_.begin(), numbers_.end());
    for (const double number : numbers_) sums_.push_back(sums_.back() + number);
  }
  double smallest() const { return numbers_.front(); }
  double largest() const { return numbers_.back(); }
  std::size_t count() const { return numbers_.size(); }
  /// Numbers up to that one, itself included.
  std::size_t up_to(double number) const {
    return static_cast<std::size_t>(std::upper_bound(numbers_.begin(), numbers_.end(), number) - numbers_.begin());
  }
  double mean(std::size_t first, std::size_t last) const { return (sums_[last] - sums_[first]) / static_cast<double>(last - first); }

 private:
  std::vector<double> numbers_, sums_;
};

/// What lies between the means of two clusters belongs to the nearer one.
std::vector<double> midpoints(const std::vector<double>& means) {
  std::vector<double> between;
  for (std::size_t j = 0; j + 1 < means.size(); ++j) between.push_back((means[j] + means[j + 1]) / 2);
  return between;
}

std::vector<double> means_of(const Sorted& numbers, std::size_t clusters) {
  std::vector<double> means(clusters, numbers.smallest());
  for (std::size_t j = 1; j < clusters; ++j)
    means[j] += (numbers.largest() - numbers.smallest()) * static_cast<double>(j) / static_cast<double>(clusters - 1);
  std::vector<std::size_t> ends, before;
  for (int round = 0; round < kMaxRounds; ++round) {
    ends.clear();
    for (const double middle : midpoints(means)) ends.push_back(numbers.up_to(middle));
    ends.push_back(numbers.count());
    if (ends == before) break;
    before = ends;
    for (std::size_t j = 0, first = 0; j < clusters; first = ends[j++])
      if (ends[j] > first) means[j] = numbers.mean(first, ends[j]);
  }
  return means;
}

}  // namespace

WeightClusters weight_clusters(std::span<const float> weights, std::int64_t values) {
  if (values < 2) throw InputError(Complaint{"weights in clusters", "at least 2 values", fmt::format("{}", values), "Give more"});
  std::vector<double> numbers;
  for (const float weight : weights) {
    if (!std::isfinite(weight))
      throw InputError(Complaint{"weights in clusters", "numbers", fmt::format("{}", weight), "Train the net anew"});
    if (weight != 0) numbers.push_back(static_cast<double>(weight));
  }
  WeightClusters found;
  const bool has_zeros = numbers.size() < weights.size();
  const auto first = static_cast<std::size_t>(has_zeros);  // cluster that is no zero
  found.codebook.assign(static_cast<std::size_t>(values), 0.0f);
  found.cluster.assign(weights.size(), 0);
  if (numbers.empty()) return found;
  const std::vector<double> means = means_of(Sorted(std::move(numbers)), static_cast<std::size_t>(values) - first);
  std::transform(means.begin(), means.end(), found.codebook.begin() + static_cast<std::ptrdiff_t>(first),
                 [](double mean) { return static_cast<float>(mean); });
  const std::vector<double> between = midpoints(means);
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] != 0)
      found.cluster[i] = static_cast<std::int32_t>(
          first +
          static_cast<std::size_t>(std::lower_bound(between.begin(), between.end(), static_cast<double>(weights[i])) - between.begin()));
  return found;
}

}  // namespace reprise::layers
