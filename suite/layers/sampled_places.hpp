#pragma once

#include <cstdint>
#include <memory>

#include "suite/layers/transform_grid.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::layers {

/// Where the pixels of a transformed image come from, in pixels of the image that is transformed. Thread-safe.
class SampledPlaces {
 public:
  /// `scale`: of a translation.
  SampledPlaces(Transform transform, const SampleShape& image, const SampleShape& output, double scale);

  /// numbers -> rows, columns [P], P = positions of the output, row by row. Numbers of 0 give whole numbers, to the bit, where the sizes
  /// agree.
  void locate(const float* numbers, float* rows, float* columns) const;
  /// Gradients of rows and columns [P] -> gradients of the numbers, overwritten. Overwrites its arguments.
  void gradient(const float* numbers, float* grad_rows, float* grad_columns, float* grad_numbers) const;

  const SampleShape& output() const { return output_; }

 private:
  std::unique_ptr<const TransformGrid> grid_;
  SampleShape image_, output_;
};

}  // namespace reprise::layers
