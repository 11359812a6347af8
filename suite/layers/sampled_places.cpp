#include "suite/layers/sampled_places.hpp"

namespace reprise::layers {

namespace {

/// Half the distance between the centres of the corner pixels: a unit of the transform's coordinates, in pixels.
float unit(std::int64_t size) {
  return 0.5f * static_cast<float>(size - 1);
}

float step(std::int64_t from, std::int64_t to) {
  return to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : 0;
}

/// A single pixel shows the middle.
float start(std::int64_t from, std::int64_t to) {
  return to > 1 ? 0 : unit(from);
}

void scale_all(float* gradients, std::int64_t count, float factor) {
  for (std::int64_t i = 0; i < count; ++i) gradients[i] *= factor;
}

}  // namespace

SampledPlaces::SampledPlaces(Transform transform, const SampleShape& image, const SampleShape& output, double scale)
    : grid_(make_transform_grid(transform, output.height, output.width, scale)), image_(image), output_(output) {}

/// Those of the identity, and the moves.
void SampledPlaces::locate(const float* numbers, float* rows, float* columns) const {
  grid_->moves(numbers, columns, rows);
  const float down = step(image_.height, output_.height), across = step(image_.width, output_.width);
  const float half_height = unit(image_.height), half_width = unit(image_.width);
  for (std::int64_t i = 0; i < output_.height; ++i) {
    const float row = start(image_.height, output_.height) + down * static_cast<float>(i);
    float *row_of = rows + i * output_.width, *column_of = columns + i * output_.width;
    for (std::int64_t j = 0; j < output_.width; ++j) {
      row_of[j] = row + half_height * row_of[j];
      column_of[j] = start(image_.width, output_.width) + across * static_cast<float>(j) + half_width * column_of[j];
    }
  }
}

void SampledPlaces::gradient(const float* numbers, float* grad_rows, float* grad_columns, float* grad_numbers) const {
  scale_all(grad_rows, output_.positions(), unit(image_.height));
  scale_all(grad_columns, output_.positions(), unit(image_.width));
  grid_->gradient(numbers, grad_columns, grad_rows, grad_numbers);
}

}  // namespace reprise::layers
