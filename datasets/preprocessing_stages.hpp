#pragma once
// The stages of a pipeline that need the values of a whole image or of a whole block, after the per-value table.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/whitening.hpp"

namespace reprise::datasets {

using FittedNumbers = std::map<std::string, std::vector<double>>;

/// Works in place on images [count, H, W, C]. Thread-safe.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual void apply(float* images, std::int64_t count) const = 0;
};

/// x * factor_c + offset_c.
class AffineStage : public Stage {
 public:
  AffineStage(std::int64_t image_size, std::vector<double> factors, std::vector<double> offsets);
  void apply(float* images, std::int64_t count) const override;

 private:
  std::int64_t image_size_;
  std::vector<float> factors_, offsets_;  // [C]
};

/// (x - mean) / divisor * scale of each image; the divisor is its population std, or its norm after centring.
class ContrastStage : public Stage {
 public:
  ContrastStage(std::int64_t image_size, double scale, double epsilon, bool by_norm);
  void apply(float* images, std::int64_t count) const override;

 private:
  std::int64_t image_size_;
  double scale_, epsilon_;
  bool by_norm_;
};

/// x - mean of its place and channel.
class MeanImageStage : public Stage {
 public:
  explicit MeanImageStage(std::vector<float> means) : means_(std::move(means)) {}
  void apply(float* images, std::int64_t count) const override;

 private:
  std::vector<float> means_;  // [H, W, C]
};

class WhiteningStage : public Stage {
 public:
  explicit WhiteningStage(Whitening whitening) : whitening_(std::move(whitening)) {}
  void apply(float* images, std::int64_t count) const override { whitening_.apply(images, count); }
  const Whitening& whitening() const { return whitening_; }

 private:
  Whitening whitening_;
};

/// Mean and population standard deviation of each channel.
struct ChannelStatistics {
  std::vector<double> mean, deviation;  ///< [C]
};

/// Two passes over images [count, positions, channels].
ChannelStatistics measure_channels(const ImageStream& stream, std::int64_t positions, int channels);

}  // namespace reprise::datasets
