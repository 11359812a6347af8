#pragma once

#include "suite/layers/layer.hpp"
#include "suite/layers/transform_grid.hpp"

namespace reprise::layers {

/// A spatial transformer: each sample's image seen through a transform whose numbers another branch of the net puts out.
///
///   input 0  [N, H, W, C]     images
///   input 1  [N, 1, 1, A]     numbers of the transform: 0 is the identity
///   output   [N, OH, OW, C]   bilinear: the mean of the four pixels around the place that a pixel comes from; pixels outside count 0
///
/// Images of any size span [-1, 1] x [-1, 1], corners in the centres of the corner pixels. Where a place falls on a pixel, the
/// derivative is that towards the larger coordinate. backward() overwrites both gradients. Does not couple samples. Throws InputError for
/// a size below 1, and ShapeError unless it has two inputs, the second as long as the transform asks.
/// Source: Jaderberg et al. 2015, sections 3.2 and 3.3 (arXiv 1506.02025), with identity + numbers in the place of their numbers.
class SpatialTransform : public Layer {
 public:
  struct Options {
    Transform transform = Transform::affine;
    double scale = 1;             ///< of a translation: 0.5 sees half of the image's width and height
    std::int64_t out_height = 0;  ///< 0: as the input
    std::int64_t out_width = 0;
  };
  explicit SpatialTransform(Options options);
  const Options& options() const { return options_; }
  std::string_view kind() const override { return "spatial_transform"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
