#pragma once
// The spatial transformers of a net, and what they leave of the poses that distortions drew.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/warp.hpp"
#include "suite/graph/graph.hpp"
#include "suite/layers/sampled_places.hpp"

namespace reprise::analyses {

struct Transformer {
  graph::NodeId node, image, numbers;  ///< its own, and those that it reads
  layers::Transform transform;
  layers::SampledPlaces places;
};

/// In the order of the graph.
std::vector<Transformer> transformers_of(const graph::Graph& graph);

/// The affine map of the output's pixels to the image's that is nearest to the transform, least squares over all of them; the transform
/// itself where it is affine.
datasets::AffineMap nearest_affine(const layers::SampledPlaces& places, const float* numbers);

/// How an image is seen.
struct Pose {
  double angle = 0;            ///< radians, counter-clockwise
  double log_size = 0;         ///< of what is seen: 0 is the image's own size
  double row = 0, column = 0;  ///< of the image, in the middle of what is seen
};

/// `map`: from the pixels of what is seen, of that shape, to the image's.
Pose pose_of(const datasets::AffineMap& map, const SampleShape& seen);

/// Standard deviations over images. Angles deviate from the direction of their mean unit vector, by half a turn at most.
struct PoseSpread {
  double rotation = 0;  ///< degrees
  double scale = 0;     ///< of the logarithm of the size
  double place = 0;     ///< pixels of the image: root of the variances of row and column, added
};
PoseSpread spread_of(const std::vector<Pose>& poses);

}  // namespace reprise::analyses
