// Muon against its rule in double precision, and what it is refused with.

#include "suite/optimizers/muon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/random/random.hpp"

namespace reprise::optimizers {
namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

/// Slope of the iteration at 0, 3.4445^3, times sums of up to 90 terms, each rounded to 24 bits.
constexpr double kTolerance = 41 * 90 * 6e-8;

/// Row-major [rows, columns].
struct Matrix {
  std::size_t rows, columns;
  Doubles values;
  double& at(std::size_t r, std::size_t c) { return values[r * columns + c]; }
  double at(std::size_t r, std::size_t c) const { return values[r * columns + c]; }
};

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{a.rows, b.columns, Doubles(a.rows * b.columns)};
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j)
      for (std::size_t k = 0; k < a.columns; ++k) c.at(i, j) += a.at(i, k) * b.at(k, j);
  return c;
}

Matrix transposed(const Matrix& a) {
  Matrix t{a.columns, a.rows, Doubles(a.values.size())};
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.columns; ++j) t.at(j, i) = a.at(i, j);
  return t;
}

double norm(const Doubles& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(sum);
}

Matrix expected_orthogonal(const Matrix& g) {
  const bool tall = g.rows > g.columns;
  Matrix x = tall ? transposed(g) : g;
  const double scale = 1 / (norm(g.values) + 1e-7);
  for (double& v : x.values) v *= scale;
  for (int step = 0; step < 3; ++step) {
    const Matrix a = product(x, transposed(x)), aa = product(a, a);
    Matrix b = a;
    for (std::size_t i = 0; i < b.values.size(); ++i) b.values[i] = -4.7750 * a.values[i] + 2.0315 * aa.values[i];
    const Matrix bx = product(b, x);
    for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = 3.4445 * x.values[i] + bx.values[i];
  }
  return tall ? transposed(x) : x;
}

Floats normal_values(std::int64_t count, std::uint64_t stream) {
  random::Generator generator({3, random::Purpose::synthetic, 0, 0, stream});
  Floats values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(generator.next_normal());
  return values;
}

/// A tall matrix [10, 4], a wide one [5, 90] and a dense layer.
struct Net {
  Net() : graph({8, 8, 1}) {
    graph.add("conv1", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 10, .filter_size = 2}));
    graph.add("conv2", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 5, .filter_size = 3}));
    graph.add("head", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}));
    parameters.emplace(graph);
    parameters->initialise(2);
  }
  int count() const { return static_cast<int>(parameters->list().size()); }
  Floats get(int index) const {
    const graph::Parameter& parameter = parameters->at(index);
    return {parameters->of(parameter), parameters->of(parameter) + parameter.count};
  }
  static Floats gradient(const graph::Parameter& parameter, std::int64_t at) {
    return normal_values(parameter.count, random::name_hash(parameter.name) + static_cast<std::uint64_t>(at));
  }
  /// Rows come three at a time, the last ones first.
  void step(Optimizer& optimizer, std::int64_t at, std::int64_t total) {
    const StepTerms terms = optimizer.terms(at, total);
    for (int p = 0; p < count(); ++p) {
      const graph::Parameter& parameter = parameters->at(p);
      const Floats values = gradient(parameter, at);
      for (std::int64_t first = (parameter.rows() - 1) / 3 * 3; first >= 0; first -= 3)
        optimizer.update_rows(*parameters, p, first, std::min<std::int64_t>(3, parameter.rows() - first),
                              values.data() + first * parameter.columns(), terms);
    }
    for (std::int64_t m = 0; m < optimizer.matrices(); ++m) optimizer.update_matrix(*parameters, m, terms);
    optimizer.finish_step(*parameters, terms);
  }
  graph::Graph graph;
  std::optional<graph::Parameters> parameters;
};

OptimizerRecipe muon() {
  OptimizerRecipe recipe;
  recipe.learning_rate.value = 0.1;
  recipe.momentum.value = 0.85;
  recipe.nesterov = true;
  recipe.weight_decay = 0.5;
  recipe.muon.match = {"conv*/weight"};
  recipe.muon.learning_rate = {.kind = "linear", .value = 0.24};
  recipe.muon.momentum = 0.6;
  return recipe;
}

TEST(Muon, tall_and_wide_filters_follow_the_rule_over_several_steps) {
  constexpr int kSteps = 4;
  Net net;
  Optimizer optimizer(muon(), *net.parameters);
  ASSERT_EQ(optimizer.matrices(), 2);
  for (const int index : {0, 2}) {
    Net alone;
    const graph::Parameter& parameter = alone.parameters->at(index);
    const auto rows = static_cast<std::size_t>(parameter.rows()), columns = static_cast<std::size_t>(parameter.columns());
    const Floats start = alone.get(index);
    Doubles weight(start.begin(), start.end()), buffer(weight.size());
    Optimizer other(muon(), *alone.parameters);
    for (int at = 0; at < kSteps; ++at) {
      alone.step(other, at, kSteps);
      const Floats gradient = Net::gradient(parameter, at);
      Matrix direction{rows, columns, Doubles(weight.size())};
      for (std::size_t i = 0; i < weight.size(); ++i) {
        buffer[i] = 0.6 * buffer[i] + gradient[i];
        direction.values[i] = gradient[i] + 0.6 * buffer[i];
      }
      const Matrix update = expected_orthogonal(direction);
      const double scale = std::sqrt(static_cast<double>(rows)) / norm(weight), rate = 0.24 * (1 - at / double{kSteps});
      for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = scale * weight[i] - rate * update.values[i];
      const Floats found = alone.get(index);
      for (std::size_t i = 0; i < weight.size(); ++i)
        ASSERT_NEAR(found[i], weight[i], (at + 1) * kTolerance) << parameter.name << " value " << i << " after step " << at;
    }
  }
}

/// Eigenvalues of a symmetric matrix, by Jacobi rotations.
Doubles eigenvalues(Matrix a) {
  for (int sweep = 0; sweep < 30; ++sweep)
    for (std::size_t p = 0; p < a.rows; ++p)
      for (std::size_t q = p + 1; q < a.rows; ++q) {
        const double angle = 0.5 * std::atan2(2 * a.at(p, q), a.at(q, q) - a.at(p, p)), c = std::cos(angle), s = std::sin(angle);
        for (std::size_t k = 0; k < a.rows; ++k) {
          const double kp = a.at(k, p), kq = a.at(k, q);
          a.at(k, p) = c * kp - s * kq, a.at(k, q) = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < a.rows; ++k) {
          const double pk = a.at(p, k), qk = a.at(q, k);
          a.at(p, k) = c * pk - s * qk, a.at(q, k) = s * pk + c * qk;
        }
      }
  Doubles values;
  for (std::size_t i = 0; i < a.rows; ++i) values.push_back(a.at(i, i));
  return values;
}

TEST(Muon, singular_values_come_near_1) {
  Floats values = normal_values(24 * 60, 7), work;
  orthogonalise(values.data(), 24, 60, work);
  const Matrix result{24, 60, Doubles(values.begin(), values.end())};
  for (const double squared : eigenvalues(product(result, transposed(result)))) {
    EXPECT_GT(std::sqrt(squared), 0.5);
    EXPECT_LT(std::sqrt(squared), 1.5);
  }
}

TEST(Muon, a_weight_has_the_norm_of_its_filters_before_the_step) {
  OptimizerRecipe recipe = muon();
  recipe.muon.learning_rate.value = 0;
  Net net;
  const Floats start = net.get(2);
  Optimizer optimizer(recipe, *net.parameters);
  net.step(optimizer, 0, 2);
  const Floats found = net.get(2);
  EXPECT_NEAR(norm(Doubles(found.begin(), found.end())), std::sqrt(5.0), 1e-6);
  EXPECT_NEAR(found[7] / found[8], start[7] / start[8], 1e-5) << "neither decay nor gradient moved it";
}

TEST(Muon, other_parameters_are_those_of_sgd_alone) {
  OptimizerRecipe alone = muon();
  alone.muon.match.clear();
  Net with, without;
  Optimizer first(muon(), *with.parameters), second(alone, *without.parameters);
  for (int at = 0; at < 3; ++at) with.step(first, at, 3), without.step(second, at, 3);
  for (const int index : {1, 3, 4, 5}) EXPECT_EQ(with.get(index), without.get(index)) << index;
  EXPECT_NE(with.get(0), without.get(0));
}

TEST(Muon, frozen_filters_keep_weight_and_momentum) {
  OptimizerRecipe recipe = muon();
  recipe.frozen = {"conv2/weight"}, recipe.frozen_from = 0.5;
  Net net;
  Optimizer optimizer(recipe, *net.parameters);
  for (int at = 0; at < 2; ++at) net.step(optimizer, at, 4);
  const Floats then = net.get(2);
  for (int at = 2; at < 4; ++at) net.step(optimizer, at, 4);
  EXPECT_EQ(net.get(2), then);
}

TEST(Muon, lookahead_takes_filters_along) {
  OptimizerRecipe recipe = muon();
  recipe.lookahead_steps = 2;
  Net net;
  const Floats start = net.get(2);
  Optimizer optimizer(recipe, *net.parameters);
  net.step(optimizer, 0, 3);
  net.step(optimizer, 1, 3);
  const Floats slow = net.get(2);
  net.step(optimizer, 2, 3);
  EXPECT_EQ(net.get(2), slow) << "the last step goes back to the slow copy";
  EXPECT_NE(slow, start);
}

TEST(Muon, a_restored_state_goes_on_with_the_same_bits) {
  Net net, other;
  Optimizer optimizer(muon(), *net.parameters), restored(muon(), *other.parameters);
  for (int at = 0; at < 2; ++at) net.step(optimizer, at, 4);
  std::copy_n(net.parameters->values(), net.parameters->size(), other.parameters->values());
  ASSERT_EQ(restored.state().size(), optimizer.state().size());
  for (std::size_t k = 0; k < optimizer.state().size(); ++k)
    std::copy_n(optimizer.state()[k].floats(), net.parameters->size(), restored.state()[k].floats());
  for (int at = 2; at < 4; ++at) net.step(optimizer, at, 4), other.step(restored, at, 4);
  for (int p = 0; p < net.count(); ++p) EXPECT_EQ(other.get(p), net.get(p)) << p;
}

template <class Change>
std::string refusal(Change change) {
  const Net net;
  OptimizerRecipe recipe = muon();
  change(recipe);
  try {
    Optimizer optimizer(recipe, *net.parameters);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Muon, refuses_what_it_does_not_move_and_what_it_does_not_go_with) {
  const auto names = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(names(refusal([](auto& r) { r.muon.match = {"*/weight"}; }), "head/weight"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.muon.match = {"conv1/bias"}; }), "conv1/bias"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.muon.match.push_back("conv7/weight"); }), "conv7/weight"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.kind = "adam"; }), "optimizer.kind"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.max_norm = 2; }), "optimizer.max_norm"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.pruning.sparsity = 0.5; }), "optimizer.pruning.match"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.rules = {{.match = "conv2/weight", .max_rms = 1.0}}; }), "max_rms"));
  EXPECT_TRUE(names(refusal([](auto& r) { r.rules = {{.match = "conv2/weight", .rate_until = 0.5}}; }), "rate_until"));
  EXPECT_EQ(refusal([](auto& r) { r.rules = {{.match = "conv2/weight", .rate = 0.5}}; }), "");
}

}  // namespace
}  // namespace reprise::optimizers
