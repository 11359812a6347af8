#pragma once
// Preprocessing as named, composable stages, fitted once on the training set.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// A fitted pipeline. Stage names with arguments, applied in order to bytes in [0, 255]:
///   "scale"                         x / 255
///   "standardize"                   (x - mean_c) / std_c per channel, population std, over the whole training set
///   "gcn(scale=55,epsilon=1e-8)"    per image: subtract its mean, divide by its standard deviation, times scale
///   "zca(epsilon=0.1)"              x <- (x - mean) W, W = U diag(1/sqrt(s + epsilon)) U^T of the training covariance
/// What follows a stage sees that stage's output, in fitting too.
class Preprocessing {
 public:
  /// Throws InputError for an unknown stage or argument (lists the known ones).
  static std::shared_ptr<const Preprocessing> fit(const std::vector<std::string>& stages, const ImageSet& train);
  virtual ~Preprocessing() = default;

  /// True when applying costs more than a few operations a pixel (ZCA): SampleSource then stores the results once.
  virtual bool is_expensive() const = 0;
  /// image [C, H, W] bytes -> output [H, W, C] float32. Thread-safe.
  virtual void apply(const std::uint8_t* image, float* output) const = 0;
  /// The fitted numbers by name ("standardize/mean" ...), for the result file; large ones (ZCA's matrix) as a digest only.
  virtual std::map<std::string, std::vector<double>> fitted() const = 0;
};

}  // namespace reprise::datasets
