#include "datasets/preprocessing_stages.hpp"

#include <cmath>

namespace reprise::datasets {

AffineStage::AffineStage(std::int64_t image_size, std::vector<double> factors, std::vector<double> offsets)
    : image_size_(image_size), factors_(factors.begin(), factors.end()), offsets_(offsets.begin(), offsets.end()) {}

void AffineStage::apply(float* images, std::int64_t count) const {
  const std::size_t channels = factors_.size();
  const std::int64_t positions = count * image_size_ / static_cast<std::int64_t>(channels);
  for (std::int64_t i = 0; i < positions; ++i, images += channels)
    for (std::size_t c = 0; c < channels; ++c) images[c] = images[c] * factors_[c] + offsets_[c];
}

ContrastStage::ContrastStage(std::int64_t image_size, double scale, double epsilon, bool by_norm)
    : image_size_(image_size), scale_(scale), epsilon_(epsilon), by_norm_(by_norm) {}

void MeanImageStage::apply(float* images, std::int64_t count) const {
  for (std::int64_t i = 0; i < count; ++i, images += means_.size())
    for (std::size_t j = 0; j < means_.size(); ++j) images[j] -= means_[j];
}

void ContrastStage::apply(float* images, std::int64_t count) const {
  for (std::int64_t i = 0; i < count; ++i, images += image_size_) {
    double sum = 0, squares = 0;
    for (std::int64_t j = 0; j < image_size_; ++j) sum += images[j];
    const double mean = sum / static_cast<double>(image_size_);
    for (std::int64_t j = 0; j < image_size_; ++j) squares += (images[j] - mean) * (images[j] - mean);
    const double divisor = std::sqrt(by_norm_ ? squares : squares / static_cast<double>(image_size_));
    const double factor = divisor < epsilon_ ? 1.0 : scale_ / divisor;
    for (std::int64_t j = 0; j < image_size_; ++j) images[j] = static_cast<float>((images[j] - mean) * factor);
  }
}

ChannelStatistics measure_channels(const ImageStream& stream, std::int64_t positions, int channels) {
  const auto size = static_cast<std::size_t>(channels);
  ChannelStatistics statistics{std::vector<double>(size, 0.0), std::vector<double>(size, 0.0)};
  double values = 0;  // a channel
  stream([&](const float* images, std::int64_t count) {
    for (std::int64_t i = 0; i < count * positions; ++i, images += size)
      for (std::size_t c = 0; c < size; ++c) statistics.mean[c] += images[c];
    values += static_cast<double>(count * positions);
  });
  for (double& mean : statistics.mean) mean /= values;
  stream([&](const float* images, std::int64_t count) {
    for (std::int64_t i = 0; i < count * positions; ++i, images += size)
      for (std::size_t c = 0; c < size; ++c) statistics.deviation[c] += (images[c] - statistics.mean[c]) * (images[c] - statistics.mean[c]);
  });
  for (double& deviation : statistics.deviation) deviation = std::sqrt(deviation / values);
  return statistics;
}

}  // namespace reprise::datasets
