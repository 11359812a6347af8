#include "suite/optimizers/muon.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/text/wildcard.hpp"

namespace reprise::optimizers {

namespace {

// The iteration: number of steps, and the coefficients of X, A X and A A X.
constexpr int kSteps = 3;
constexpr float kFirst = 3.4445F, kThird = -4.7750F, kFifth = 2.0315F;
constexpr double kEpsilon = 1e-7;

double norm_of(const float* values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return std::sqrt(sum);
}

/// Whether it is a trained weight [K, C, R, R] of a convolution in one group. Weights of capsules and of locally connected layers have four
/// dimensions, too, but other fans.
bool is_trained_filters(const layers::ParameterSpec& spec) {
  if (!spec.trains || spec.rate_multiplier == 0 || spec.shape.size() != 4 || spec.shape[2] != spec.shape[3]) return false;
  const std::int64_t area = spec.shape[2] * spec.shape[3];
  return spec.initialisation.fan_in == spec.shape[1] * area && spec.initialisation.fan_out == spec.shape[0] * area;
}

/// The transposed X, [n, m] with m <= n, and what its iteration needs. Standing upright, X' has X X' = (X')' (X') and the product with it
/// as plain panels, so nothing is packed. Rows are spread, and zero between their end and the next multiple of 16.
struct Iteration {
  Iteration(std::int64_t n_in, std::int64_t m_in, std::vector<float>& work) : n(n_in), m(m_in), row(kernels::spread_row(m_in)) {
    const auto size = static_cast<std::size_t>(2 * (n + m) * row);
    if (work.size() != size) work.assign(size, 0.0F);  // no step writes behind the end of a row
    x = work.data(), next = x + n * row, squares = next + n * row, polynomial = squares + m * row;
  }

  void step() {
    const auto& multiply = kernels::vector_kernels().panels.multiply;
    const auto product = [&](std::int64_t rows, std::int64_t depth, std::int64_t left_row, std::int64_t left_depth, bool adds) {
      return kernels::PanelProduct{.rows = rows,
                                   .columns = m,
                                   .depth = depth,
                                   .left_row = left_row,
                                   .left_depth = left_depth,
                                   .right_panel = 16,
                                   .right_depth = row,
                                   .product_row = row,
                                   .adds = adds};
    };
    multiply(product(m, n, 1, row, false), x, x, squares);
    for (std::int64_t i = 0; i < m * row; ++i) polynomial[i] = kThird / kFifth * squares[i];
    multiply(product(m, m, row, 1, true), squares, squares, polynomial);  // (third A + fifth A A) / fifth
    for (std::int64_t i = 0; i < m * row; ++i) polynomial[i] *= kFifth;
    for (std::int64_t i = 0; i < n * row; ++i) next[i] = kFirst * x[i];
    multiply(product(n, m, row, 1, true), x, polynomial, next);
    std::swap(x, next);
  }

  std::int64_t n, m, row;
  float *x, *next, *squares, *polynomial;
};

}  // namespace

void orthogonalise(float* matrix, std::int64_t rows, std::int64_t columns, std::vector<float>& work) {
  const bool tall = rows > columns;
  Iteration iteration(tall ? rows : columns, tall ? columns : rows, work);
  const std::int64_t step = iteration.row;
  const auto scale = static_cast<float>(1 / (norm_of(matrix, rows * columns) + kEpsilon));
  // The first index of what is transposed runs along its rows.
  const std::int64_t along_row = tall ? step : 1, along_column = tall ? 1 : step;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) iteration.x[r * along_row + c * along_column] = scale * matrix[r * columns + c];
  for (int i = 0; i < kSteps; ++i) iteration.step();
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) matrix[r * columns + c] = iteration.x[r * along_row + c * along_column];
}

Muon::Muon(const MuonRecipe& recipe, const graph::Parameters& parameters, ranks::Team& team) : matrix_of_(parameters.list().size(), -1) {
  std::int64_t floats = 0;
  for (const std::string& pattern : recipe.match) {
    bool any = false;
    for (std::size_t p = 0; p < matrix_of_.size(); ++p) {
      const graph::Parameter& parameter = parameters.list()[p];
      if (!text::matches(pattern, parameter.name)) continue;
      any = true;
      if (!is_trained_filters(parameter.spec))
        throw InputError(
            Complaint{"optimizer.muon.match", "patterns of trained filters of convolutions in one group",
                      fmt::format("'{}', which matches '{}' [{}]", pattern, parameter.name, fmt::join(parameter.spec.shape, ", ")),
                      "Narrow the pattern; other parameters are updated by SGD"});
      if (matrix_of_[p] >= 0) continue;
      matrix_of_[p] = matrices();
      matrices_.push_back({static_cast<int>(p), parameter.rows(), parameter.columns(), floats});
      floats += parameter.count;
    }
    if (!any)
      throw InputError(Complaint{"optimizer.muon.match", "patterns of trained filters of convolutions in one group",
                                 fmt::format("'{}', which matches no parameter", pattern), "Correct it; reprise show lists the layers"});
  }
  directions_ = team.memory(static_cast<std::size_t>(floats) * sizeof(float));
  work_.resize(matrices_.size());
}

void Muon::accumulate(int index, std::int64_t at, std::int64_t count, const float* gradient, float* buffer, float momentum) {
  const Matrix& matrix = matrices_[static_cast<std::size_t>(matrix_of_[static_cast<std::size_t>(index)])];
  float* direction = directions_.floats() + matrix.offset + at;
  for (std::int64_t i = 0; i < count; ++i) {
    buffer[i] = momentum * buffer[i] + gradient[i];
    direction[i] = gradient[i] + momentum * buffer[i];
  }
}

void Muon::move(std::int64_t index, float* weight, float rate) {
  const Matrix& matrix = matrices_[static_cast<std::size_t>(index)];
  const std::int64_t count = matrix.rows * matrix.columns;
  float* direction = directions_.floats() + matrix.offset;
  orthogonalise(direction, matrix.rows, matrix.columns, work_[static_cast<std::size_t>(index)]);
  const double norm = norm_of(weight, count);
  const auto scale = static_cast<float>(norm > 0 ? std::sqrt(static_cast<double>(matrix.rows)) / norm : 1);
  for (std::int64_t i = 0; i < count; ++i) weight[i] = scale * weight[i] - rate * direction[i];
}

}  // namespace reprise::optimizers
