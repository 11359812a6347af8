#pragma once
// Preprocessing as named, composable stages, fitted once on the training set.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// A fitted pipeline. Stage names with arguments, applied in order to bytes in [0, 255]:
///   "photograph(...)"               what is seen of photographs; see photograph_frame.hpp
///   "snippets(...)" "motion(...)" "video(...)"    clips; see clip_stage.hpp
///   "mean_image"                    x - mean over the training images of this pixel and channel
///   "scale"                         x / 255
///   "centre(divisor=256)"           (x - mean_c) / divisor, the mean of a channel over the whole training set
///   "standardize"                   (x - mean_c) / std_c per channel, population std, over the whole training set
///   "standardize(mean=125.3/123.0/113.9,std=63.0/62.1/66.7)"   the same with given numbers, one a channel
///   "gcn(scale=55,epsilon=1e-8,by=std)"  per image: subtract its mean, divide by its population std, times scale; by=norm divides
///                                   by the Euclidean norm instead (the maxout pipeline: gcn(scale=55,by=norm), zca(epsilon=0.1)).
///                                   An image whose divisor is below epsilon is only centred.
///   "zca(epsilon=0.1)"              x <- (x - mean) W, W = U diag(1/sqrt(s + epsilon)) U^T of the training covariance
/// What follows a stage sees that stage's output, in fitting too. Fitting is done in double, on one thread, in a fixed order.
class Preprocessing {
 public:
  /// Throws InputError for an unknown stage or argument (lists the known ones), an empty set, a constant channel.
  /// A fitted ZCA of 512 features or more is kept in `cache_directory` (empty: data_directory("") / "preprocessed") under a name
  /// made from the digest of set and stages; a damaged file there is made again, a directory that cannot be written is no error.
  /// Statistics of photographs are kept there too. `fits_colour_axes`: colour_axes() will be asked for.
  static std::shared_ptr<const Preprocessing> fit(const std::vector<std::string>& stages, const ImageSet& train,
                                                  const std::filesystem::path& cache_directory = {}, bool fits_colour_axes = false);
  virtual ~Preprocessing() = default;

  /// True when applying costs more than a few operations a pixel (ZCA): SampleSource then stores the results once.
  virtual bool is_expensive() const = 0;
  /// image [C, H, W] bytes -> output [H, W, C] float32. Thread-safe.
  virtual void apply(const std::uint8_t* image, float* output) const = 0;
  /// `count` images at once: much faster for ZCA, whose results may differ from apply()'s by rounding.
  virtual void apply_batch(const std::uint8_t* images, std::int64_t count, float* output) const = 0;
  /// When the pipeline treats each value by itself: output by channel and byte, [C, 256]. Else null.
  virtual const float* table() const = 0;
  /// [3, 3]: what a move by one along each axis of colour (byte_statistics.hpp), in bytes, is after the pipeline. Throws InputError for a
  /// pipeline that does not treat all pixels of a channel alike but for an offset, images that are not in colour, and if it was not fitted.
  virtual const std::vector<double>& colour_axes() const = 0;
  /// The fitted numbers by name ("standardize/mean" ...), for tests; of ZCA least and largest
  /// eigenvalue, and the SHA-256 of mean and matrix as eight 32-bit words.
  virtual std::map<std::string, std::vector<double>> fitted() const = 0;
};

}  // namespace reprise::datasets
