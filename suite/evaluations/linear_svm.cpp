#include "suite/evaluations/linear_svm.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/tensor/memory.hpp"

namespace reprise::evaluations {

namespace {

using Vector = std::vector<double>;

constexpr int kMaxNewtonSteps = 100, kMaxLineSteps = 60;
constexpr double kLineTolerance = 1e-10;
constexpr std::int64_t kRowsAtATime = 256;

/// Eight sums, so that a vector unit can add them; the order of additions is always the same.
double dot(const float* x, const double* w, std::int64_t count) {
  double sums[8] = {};
  std::int64_t j = 0;
  for (; j + 8 <= count; j += 8)
    for (int k = 0; k < 8; ++k) sums[k] += static_cast<double>(x[j + k]) * w[j + k];
  double rest = 0;
  for (; j < count; ++j) rest += static_cast<double>(x[j]) * w[j];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7])) + rest;
}

void add(double factor, const float* x, std::int64_t count, double* to) {
  for (std::int64_t j = 0; j < count; ++j) to[j] += factor * static_cast<double>(x[j]);
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double norm(const Vector& a) {
  return std::sqrt(dot(a, a));
}

/// One class against the others.
class Machine {
 public:
  Machine(const SvmSamples& samples, int k, double constant) : samples_(samples), constant_(constant), size_(samples.features + 1) {
    for (const std::int32_t label : samples.labels) signs_.push_back(label == k ? 1 : -1);
  }

  void minimise(double tolerance, double* weights) const {
    Vector w(weights, weights + size_), margins = products(w), gradient = gradient_at(w, margins);
    const double enough = tolerance * norm(gradient_at(zeros(), Vector(signs_.size(), 0)));
    for (int step = 0; step < kMaxNewtonSteps && norm(gradient) > enough; ++step) {
      const Vector direction = newton_direction(gradient, margins, enough), moves = products(direction);
      const double length = line_search(w, margins, direction, moves);
      for (std::size_t j = 0; j < w.size(); ++j) w[j] += length * direction[j];
      for (std::size_t i = 0; i < margins.size(); ++i) margins[i] += length * moves[i];
      gradient = gradient_at(w, margins);
    }
    std::copy(w.begin(), w.end(), weights);
  }

  SvmState state(const double* weights) const {
    const Vector w(weights, weights + size_), margins = products(w);
    SvmState state{dot(w, w) / 2, norm(gradient_at(w, margins))};
    for (const double margin : margins) state.value += margin < 1 ? constant_ * (1 - margin) * (1 - margin) : 0;
    return state;
  }

 private:
  Vector zeros() const { return Vector(static_cast<std::size_t>(size_), 0.0); }
  const float* row(std::size_t i) const { return samples_.table + samples_.rows[i] * samples_.features; }

  /// y_i (v . (x_i, 1)) for all samples.
  Vector products(const Vector& v) const {
    Vector result(signs_.size());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = signs_[i] * (dot(row(i), v.data(), samples_.features) + v.back());
    return result;
  }

  Vector gradient_at(const Vector& w, const Vector& margins) const {
    Vector gradient = w;
    for (std::size_t i = 0; i < margins.size(); ++i)
      if (margins[i] < 1) add_sample(-2 * constant_ * signs_[i] * (1 - margins[i]), i, gradient);
    return gradient;
  }

  void add_sample(double factor, std::size_t i, Vector& to) const {
    add(factor, row(i), samples_.features, to.data());
    to.back() += factor;
  }

  /// (1 + 2 constant sum of x_i x_iᵀ over samples within the margin) v.
  Vector curvature(const Vector& v, const std::vector<std::size_t>& within) const {
    Vector result = v;
    for (const std::size_t i : within) add_sample(2 * constant_ * (dot(row(i), v.data(), samples_.features) + v.back()), i, result);
    return result;
  }

  /// Solves curvature · direction = -gradient by conjugate gradients, as closely as the step deserves.
  Vector newton_direction(const Vector& gradient, const Vector& margins, double enough) const {
    std::vector<std::size_t> within;
    for (std::size_t i = 0; i < margins.size(); ++i)
      if (margins[i] < 1) within.push_back(i);
    const double size = norm(gradient), close = std::max(0.5 * enough, 0.05 * size);
    Vector direction = zeros(), residual = gradient;
    for (double& value : residual) value = -value;
    Vector search = residual;
    double squares = dot(residual, residual);
    for (std::int64_t step = 0; step < size_ && std::sqrt(squares) > close; ++step) {
      const Vector curved = curvature(search, within);
      const double length = squares / dot(search, curved);
      for (std::size_t j = 0; j < direction.size(); ++j) direction[j] += length * search[j], residual[j] -= length * curved[j];
      const double before = squares;
      squares = dot(residual, residual);
      for (std::size_t j = 0; j < search.size(); ++j) search[j] = residual[j] + squares / before * search[j];
    }
    return direction;
  }

  /// The minimum along the direction: the slope is continuous, grows and is linear between the places where a sample reaches its margin.
  double line_search(const Vector& w, const Vector& margins, const Vector& direction, const Vector& moves) const {
    const double along = dot(w, direction), squared = dot(direction, direction);
    double length = 1, low = 0, high = 0, first = 0;
    for (int step = 0; step < kMaxLineSteps; ++step) {
      double slope = along + length * squared, growth = squared;
      if (step == 0) first = std::abs(slope_at_start(along, margins, moves));
      for (std::size_t i = 0; i < margins.size(); ++i) {
        const double lacking = 1 - margins[i] - length * moves[i];
        if (lacking <= 0) continue;
        slope -= 2 * constant_ * moves[i] * lacking;
        growth += 2 * constant_ * moves[i] * moves[i];
      }
      if (std::abs(slope) <= kLineTolerance * first) break;
      (slope < 0 ? low : high) = length;
      double next = length - slope / growth;
      if (next <= low || (high > 0 && next >= high)) next = high > 0 ? (low + high) / 2 : 2 * length;
      length = next;
    }
    return length;
  }
  double slope_at_start(double along, const Vector& margins, const Vector& moves) const {
    double slope = along;
    for (std::size_t i = 0; i < margins.size(); ++i) slope -= margins[i] < 1 ? 2 * constant_ * moves[i] * (1 - margins[i]) : 0;
    return slope;
  }

  const SvmSamples& samples_;
  double constant_;
  std::int64_t size_;  // D + 1
  Vector signs_;       // y
};

}  // namespace

LinearSvms train_svms(const SvmSamples& samples, int classes, double constant, parallel::Workers& workers, ranks::Team& team,
                      const LinearSvms& start, double tolerance) {
  const std::int64_t size = samples.features + 1;
  const std::size_t bytes = static_cast<std::size_t>(classes * size) * sizeof(double);
  Memory shared = team.memory(bytes);
  auto* weights = reinterpret_cast<double*>(shared.data());
  const ranks::Range mine = team.share(classes);
  workers.for_each(mine.count(), [&](std::int64_t index, int) {
    const std::int64_t k = mine.first + index;
    if (!start.weights.empty()) std::copy_n(start.weights.data() + k * size, size, weights + k * size);
    Machine(samples, static_cast<int>(k), constant).minimise(tolerance, weights + k * size);
  });
  team.gather(shared.data(), static_cast<std::size_t>(size) * sizeof(double), classes, "support vector machines");
  return {classes, samples.features, Vector(weights, weights + classes * size)};
}

std::vector<std::int32_t> classify(const LinearSvms& svms, const float* table, const std::vector<std::int64_t>& rows,
                                   parallel::Workers& workers) {
  std::vector<std::int32_t> found(rows.size());
  const auto count = static_cast<std::int64_t>(rows.size());
  workers.for_each((count + kRowsAtATime - 1) / kRowsAtATime, [&](std::int64_t block, int) {
    for (std::int64_t i = block * kRowsAtATime; i < std::min(count, (block + 1) * kRowsAtATime); ++i) {
      const float* row = table + rows[static_cast<std::size_t>(i)] * svms.features;
      double most = 0;
      for (int k = 0; k < svms.classes; ++k) {
        const double* weights = svms.weights.data() + k * (svms.features + 1);
        const double says = dot(row, weights, svms.features) + weights[svms.features];
        if (k == 0 || says > most) most = says, found[static_cast<std::size_t>(i)] = k;
      }
    }
  });
  return found;
}

SvmState state_of(const SvmSamples& samples, int k, double constant, const double* weights) {
  return Machine(samples, k, constant).state(weights);
}

}  // namespace reprise::evaluations
