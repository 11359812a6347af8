#pragma once
// Maps of the plane with a few numbers each: where the pixels of a transformed image come from, and how that depends on the numbers.
//
// Places are (x, y) in [-1, 1] x [-1, 1], the centres of an image's corner pixels in the corners. A transform says how far the source of
// a place lies from the place itself, so that numbers of 0 are the identity, to the bit.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace reprise::layers {

/// With numbers a and source (x', y'):
///   affine       x' = (1 + a0) x + a1 y + a2, y' = a3 x + (1 + a4) y + a5
///   attention    x' = (1 + a0) x + a1, y' = (1 + a0) y + a2
///   translation  x' = scale x + a0, y' = scale y + a1
///   rotation     by the angle a0: x' = cos x - sin y, y' = sin x + cos y
///   projective   x' = ((1 + a0) x + a1 y + a2) / d, y' = (a3 x + (1 + a4) y + a5) / d, d = 1 + a6 x + a7 y, kept from 0 by 1e-3
///   thin_plate   the smoothest map (Bookstein 1989) that takes a 4 x 4 grid of places p_k, row by row, to p_k + (a_k, a_(16+k))
enum class Transform { affine, attention, translation, rotation, projective, thin_plate };

/// Throws InputError listing the names.
Transform transform_of(std::string_view name);
std::string_view name_of(Transform transform);
/// How many numbers it has.
std::int64_t numbers_of(Transform transform);

/// A transform at the places of height x width pixels, P = height * width, row by row. Thread-safe.
class TransformGrid {
 public:
  virtual ~TransformGrid() = default;
  /// numbers -> x, y [P], how far the sources lie from the places.
  virtual void moves(const float* numbers, float* x, float* y) const = 0;
  /// Gradients of x and y [P] -> gradients of the numbers, overwritten. Overwrites grad_x and grad_y.
  virtual void gradient(const float* numbers, float* grad_x, float* grad_y, float* grad_numbers) const = 0;
};

/// `scale`: of a translation.
std::unique_ptr<const TransformGrid> make_transform_grid(Transform transform, std::int64_t height, std::int64_t width, double scale);

}  // namespace reprise::layers
