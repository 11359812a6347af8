#include "suite/layers/transform_grid.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "suite/errors.hpp"
#include "suite/geometry/plane_maps.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::layers {

namespace {

using geometry::Place;

struct TransformRow {
  Transform transform;
  std::string_view name;
  std::int64_t numbers;
};

constexpr std::int64_t kSide = 4, kPoints = kSide * kSide;  // of a thin plate
constexpr float kSmallestDivisor = 1e-3f;

constexpr std::array kTransforms{
    TransformRow{Transform::affine, "affine", 6},           TransformRow{Transform::attention, "attention", 3},
    TransformRow{Transform::translation, "translation", 2}, TransformRow{Transform::rotation, "rotation", 1},
    TransformRow{Transform::projective, "projective", 8},   TransformRow{Transform::thin_plate, "thin_plate", 2 * kPoints}};

const TransformRow& row_of(Transform transform) {
  return *std::find_if(kTransforms.begin(), kTransforms.end(), [&](const TransformRow& row) { return row.transform == transform; });
}

/// A single pixel in a direction is in the middle.
double coordinate(std::int64_t index, std::int64_t size) {
  return size > 1 ? 2.0 * static_cast<double>(index) / static_cast<double>(size - 1) - 1 : 0;
}

std::vector<Place> places_of(std::int64_t height, std::int64_t width) {
  std::vector<Place> places;
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j) places.push_back({coordinate(j, width), coordinate(i, height)});
  return places;
}

/// sum[i] = numbers[0] * basis[0][i] + numbers[1] * basis[1][i] + ...
void combine(const float* numbers, const std::vector<float>& basis, std::int64_t positions, float* sum) {
  std::fill_n(sum, positions, 0.0f);
  for (std::int64_t k = 0; k * positions < static_cast<std::int64_t>(basis.size()); ++k)
    kernels::vector_kernels().add_scaled(sum, basis.data() + k * positions, numbers[k], positions);
}

/// products[k] = values · basis[k]
void project(const float* values, const std::vector<float>& basis, std::int64_t positions, float* products) {
  const auto rows = static_cast<std::int64_t>(basis.size()) / positions;
  kernels::vector_kernels().capsules.multiply_rows(values, 1, basis.data(), rows, positions, products, rows);
}

/// x, y and 1 at every place: [3, P].
std::vector<float> affine_basis(const std::vector<Place>& places) {
  std::vector<float> basis;
  for (const Place& p : places) basis.push_back(static_cast<float>(p.x));
  for (const Place& p : places) basis.push_back(static_cast<float>(p.y));
  basis.insert(basis.end(), places.size(), 1.0f);
  return basis;
}

/// How the map's value at every place depends on its values at the 16 points: [16, P].
std::vector<float> thin_plate_basis(const std::vector<Place>& places) {
  const geometry::ThinPlate plate(places_of(kSide, kSide));
  std::vector<float> basis(static_cast<std::size_t>(kPoints) * places.size());
  for (std::size_t p = 0; p < places.size(); ++p) {
    const std::vector<double> weights = plate.weights_at(places[p]);
    for (std::size_t k = 0; k < weights.size(); ++k) basis[k * places.size() + p] = static_cast<float>(weights[k]);
  }
  return basis;
}

/// Moves that are sums of numbers times fixed functions of the place, the first half of the numbers for x, the other for y.
class LinearGrid : public TransformGrid {
 public:
  LinearGrid(std::vector<float> basis, std::int64_t positions)
      : basis_(std::move(basis)), positions_(positions), functions_(static_cast<std::int64_t>(basis_.size()) / positions) {}

  void moves(const float* numbers, float* x, float* y) const override {
    combine(numbers, basis_, positions_, x);
    combine(numbers + functions_, basis_, positions_, y);
  }
  void gradient(const float*, float* grad_x, float* grad_y, float* grad_numbers) const override {
    project(grad_x, basis_, positions_, grad_numbers);
    project(grad_y, basis_, positions_, grad_numbers + functions_);
  }

 private:
  std::vector<float> basis_;
  std::int64_t positions_, functions_;
};

/// Affine maps with fewer numbers.
class RestrictedGrid : public TransformGrid {
 public:
  RestrictedGrid(Transform transform, std::vector<float> basis, std::int64_t positions, double scale)
      : transform_(transform), affine_(std::move(basis), positions), beyond_one_(static_cast<float>(scale - 1)) {}

  void moves(const float* a, float* x, float* y) const override {
    std::array<float, 6> m{};
    if (transform_ == Transform::attention) {
      m = {a[0], 0, a[1], 0, a[0], a[2]};
    } else if (transform_ == Transform::translation) {
      m = {beyond_one_, 0, a[0], 0, beyond_one_, a[1]};
    } else {
      const float cosine = std::cos(a[0]), sine = std::sin(a[0]);
      m = {cosine - 1, -sine, 0, sine, cosine - 1, 0};
    }
    affine_.moves(m.data(), x, y);
  }

  void gradient(const float* a, float* grad_x, float* grad_y, float* grad_numbers) const override {
    std::array<float, 6> g{};
    affine_.gradient(nullptr, grad_x, grad_y, g.data());
    if (transform_ == Transform::attention) {
      grad_numbers[0] = g[0] + g[4], grad_numbers[1] = g[2], grad_numbers[2] = g[5];
    } else if (transform_ == Transform::translation) {
      grad_numbers[0] = g[2], grad_numbers[1] = g[5];
    } else {
      const float cosine = std::cos(a[0]), sine = std::sin(a[0]);
      grad_numbers[0] = cosine * (g[3] - g[1]) - sine * (g[0] + g[4]);
    }
  }

 private:
  Transform transform_;
  LinearGrid affine_;
  float beyond_one_;
};

/// With e = a0 x + a1 y + a2 and the divisor d the source is (x + e) / d, so the move is (e + (1 - d) x) / d.
class ProjectiveGrid : public TransformGrid {
 public:
  ProjectiveGrid(std::vector<float> basis, std::int64_t positions) : basis_(std::move(basis)), positions_(positions) {}

  void moves(const float* a, float* x, float* y) const override {
    const float *u = basis_.data(), *v = u + positions_;
    for (std::int64_t i = 0; i < positions_; ++i) {
      const float d = kept_from_zero(1 + a[6] * u[i] + a[7] * v[i]);
      x[i] = (a[0] * u[i] + a[1] * v[i] + a[2] + (1 - d) * u[i]) / d;
      y[i] = (a[3] * u[i] + a[4] * v[i] + a[5] + (1 - d) * v[i]) / d;
    }
  }

  void gradient(const float* a, float* grad_x, float* grad_y, float* grad_numbers) const override {
    const float *u = basis_.data(), *v = u + positions_;
    for (std::int64_t i = 0; i < positions_; ++i) {
      const float d = kept_from_zero(1 + a[6] * u[i] + a[7] * v[i]);
      grad_x[i] /= d, grad_y[i] /= d;
    }
    project(grad_x, basis_, positions_, grad_numbers);
    project(grad_y, basis_, positions_, grad_numbers + 3);
    float* grad_d = grad_x;
    for (std::int64_t i = 0; i < positions_; ++i) {
      const float plain = 1 + a[6] * u[i] + a[7] * v[i], d = kept_from_zero(plain);
      const float x = (u[i] + a[0] * u[i] + a[1] * v[i] + a[2]) / d, y = (v[i] + a[3] * u[i] + a[4] * v[i] + a[5]) / d;
      const float of_both = x * grad_x[i] + y * grad_y[i];
      grad_d[i] = plain == d ? -of_both : 0;
    }
    std::array<float, 3> of_divisor{};
    project(grad_d, basis_, positions_, of_divisor.data());
    grad_numbers[6] = of_divisor[0], grad_numbers[7] = of_divisor[1];
  }

 private:
  static float kept_from_zero(float d) { return std::abs(d) < kSmallestDivisor ? std::copysign(kSmallestDivisor, d) : d; }

  std::vector<float> basis_;
  std::int64_t positions_;
};

}  // namespace

Transform transform_of(std::string_view name) {
  std::vector<std::string_view> names;
  for (const TransformRow& row : kTransforms) {
    if (row.name == name) return row.transform;
    names.push_back(row.name);
  }
  throw InputError(Complaint{"transform", fmt::format("one of {}", fmt::join(names, ", ")), std::string(name), "Correct the name"});
}

std::string_view name_of(Transform transform) {
  return row_of(transform).name;
}

std::int64_t numbers_of(Transform transform) {
  return row_of(transform).numbers;
}

std::unique_ptr<const TransformGrid> make_transform_grid(Transform transform, std::int64_t height, std::int64_t width, double scale) {
  const std::vector<Place> places = places_of(height, width);
  const auto positions = static_cast<std::int64_t>(places.size());
  if (transform == Transform::thin_plate) return std::make_unique<LinearGrid>(thin_plate_basis(places), positions);
  if (transform == Transform::affine) return std::make_unique<LinearGrid>(affine_basis(places), positions);
  if (transform == Transform::projective) return std::make_unique<ProjectiveGrid>(affine_basis(places), positions);
  return std::make_unique<RestrictedGrid>(transform, affine_basis(places), positions, scale);
}

}  // namespace reprise::layers
