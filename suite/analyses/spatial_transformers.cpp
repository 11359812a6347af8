#include "suite/analyses/spatial_transformers.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "suite/layers/spatial_transform.hpp"

namespace reprise::analyses {

namespace {

double middle_of(std::int64_t size) {
  return static_cast<double>(size - 1) / 2;
}

/// A function of the output's rows i and columns j: slope_rows i + slope_columns j + rest, least squares.
struct Plane {
  double slope_rows = 0, slope_columns = 0, rest = 0;
};

/// Distances from the middle are orthogonal to each other and to 1 on a grid, so each number is a sum of its own.
Plane nearest_plane(const std::vector<float>& values, const SampleShape& shape) {
  const double middle_row = middle_of(shape.height), middle_column = middle_of(shape.width);
  Plane plane;
  double sum = 0, rows_squared = 0, columns_squared = 0;
  for (std::int64_t i = 0; i < shape.height; ++i)
    for (std::int64_t j = 0; j < shape.width; ++j) {
      const double value = values[static_cast<std::size_t>(i * shape.width + j)];
      const double down = static_cast<double>(i) - middle_row, across = static_cast<double>(j) - middle_column;
      sum += value;
      plane.slope_rows += value * down, rows_squared += down * down;
      plane.slope_columns += value * across, columns_squared += across * across;
    }
  if (rows_squared > 0) plane.slope_rows /= rows_squared;
  if (columns_squared > 0) plane.slope_columns /= columns_squared;
  plane.rest = sum / static_cast<double>(shape.positions()) - plane.slope_rows * middle_row - plane.slope_columns * middle_column;
  return plane;
}

template <class Of>
double mean_of(const std::vector<Pose>& poses, const Of& of) {
  double sum = 0;
  for (const Pose& pose : poses) sum += of(pose);
  return sum / static_cast<double>(poses.size());
}

template <class Of>
double variance_of(const std::vector<Pose>& poses, const Of& of) {
  const double mean = mean_of(poses, of);
  return mean_of(poses, [&](const Pose& pose) { return (of(pose) - mean) * (of(pose) - mean); });
}

}  // namespace

std::vector<Transformer> transformers_of(const graph::Graph& graph) {
  std::vector<Transformer> found;
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    const auto* layer = dynamic_cast<const layers::SpatialTransform*>(node.layer.get());
    if (layer == nullptr) continue;
    const layers::SpatialTransform::Options& options = layer->options();
    found.push_back({n, node.inputs[0], node.inputs[1], options.transform,
                     layers::SampledPlaces(options.transform, graph.node(node.inputs[0]).shape, node.shape, options.scale)});
  }
  return found;
}

datasets::AffineMap nearest_affine(const layers::SampledPlaces& places, const float* numbers) {
  const SampleShape& shape = places.output();
  std::vector<float> rows(static_cast<std::size_t>(shape.positions())), columns(rows.size());
  places.locate(numbers, rows.data(), columns.data());
  const Plane row = nearest_plane(rows, shape), column = nearest_plane(columns, shape);
  return {{row.slope_rows, row.slope_columns, row.rest, column.slope_rows, column.slope_columns, column.rest}};
}

Pose pose_of(const datasets::AffineMap& map, const SampleShape& seen) {
  constexpr double kLeastArea = 1e-12;  // a map to a line sees no size
  const auto& m = map.m;
  const datasets::PlaneIndex middle = map.at(middle_of(seen.height), middle_of(seen.width));
  return {std::atan2(m[1] - m[3], m[0] + m[4]), -std::log(std::max(kLeastArea, std::abs(m[0] * m[4] - m[1] * m[3]))) / 2, middle.row,
          middle.column};
}

PoseSpread spread_of(const std::vector<Pose>& poses) {
  const double direction = std::atan2(mean_of(poses, [](const Pose& pose) { return std::sin(pose.angle); }),
                                      mean_of(poses, [](const Pose& pose) { return std::cos(pose.angle); }));
  const auto deviation = [&](const Pose& pose) { return std::remainder(pose.angle - direction, 2 * std::numbers::pi); };
  return {180 / std::numbers::pi * std::sqrt(mean_of(poses, [&](const Pose& pose) { return deviation(pose) * deviation(pose); })),
          std::sqrt(variance_of(poses, [](const Pose& pose) { return pose.log_size; })),
          std::sqrt(variance_of(poses, [](const Pose& pose) { return pose.row; }) +
                    variance_of(poses, [](const Pose& pose) { return pose.column; }))};
}

}  // namespace reprise::analyses
