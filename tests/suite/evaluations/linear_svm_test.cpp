// Support vector machines: the minimum is unique, so a point with a gradient of zero is it.

#include "suite/evaluations/linear_svm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "suite/random/random.hpp"

namespace reprise::evaluations {
namespace {

struct Made {
  std::vector<float> table;
  SvmSamples samples;
};

/// Normal features about one of `classes` places; every feature's size differs.
Made made(std::int64_t count, std::int64_t features, int classes, double apart) {
  Made result;
  random::Generator draws({3, random::Purpose::synthetic, 0, 1, static_cast<std::uint64_t>(count)});
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::int32_t>(i % classes);
    for (std::int64_t j = 0; j < features; ++j)
      result.table.push_back(
          static_cast<float>((draws.next_normal() + (j % classes == label ? apart : 0)) / (1 + static_cast<double>(j % 5))));
    result.samples.labels.push_back(label), result.samples.rows.push_back(i);
  }
  result.samples.table = result.table.data();
  result.samples.features = features;
  return result;
}

/// Written down from the formula, in double.
double value_at(const SvmSamples& samples, int k, double constant, const std::vector<double>& w) {
  double value = 0;
  for (const double weight : w) value += weight * weight / 2;
  for (std::size_t i = 0; i < samples.rows.size(); ++i) {
    double product = w.back();
    for (std::int64_t j = 0; j < samples.features; ++j)
      product += w[static_cast<std::size_t>(j)] * samples.table[samples.rows[i] * samples.features + j];
    const double lacking = 1 - (samples.labels[i] == k ? product : -product);
    if (lacking > 0) value += constant * lacking * lacking;
  }
  return value;
}

std::vector<double> weights_of(const LinearSvms& svms, int k) {
  const auto first = svms.weights.begin() + k * (svms.features + 1);
  return {first, first + svms.features + 1};
}

/// One feature, two samples at 1 and -1: w = -b' symmetric, so b = 0 and w + 2 C 2 (w - 1) = 0, w = 4 C / (1 + 4 C).
TEST(LinearSvm, closed_form_of_two_samples) {
  const std::vector<float> table{1, -1};
  const SvmSamples samples{table.data(), 1, {0, 1}, {0, 1}};
  parallel::Workers workers(2);
  for (const double constant : {0.001, 0.25, 10.0}) {
    const LinearSvms svms = train_svms(samples, 2, constant, workers, ranks::Team::alone(), {}, 1e-12);
    const double expected = 4 * constant / (1 + 4 * constant);
    EXPECT_NEAR(svms.weights[0], expected, 1e-9);
    EXPECT_NEAR(svms.weights[1], 0, 1e-9);
    EXPECT_NEAR(svms.weights[2], -expected, 1e-9);
  }
}

/// A third sample far beyond its margin counts nothing, one on the wrong side pulls.
TEST(LinearSvm, samples_beyond_their_margin_do_not_count) {
  const std::vector<float> table{1, -1, 50};
  parallel::Workers workers(1);
  const auto train = [&](std::vector<std::int32_t> labels) {
    return train_svms({table.data(), 1, {0, 1, 2}, std::move(labels)}, 2, 0.25, workers, ranks::Team::alone(), {}, 1e-12);
  };
  EXPECT_NEAR(train({0, 1, 0}).weights[0], 0.5, 1e-9);
  EXPECT_LT(train({0, 1, 1}).weights[0], 0.1);
}

TEST(LinearSvm, reaches_the_minimum) {
  parallel::Workers workers(2);
  for (const auto& [count, features, apart] : {std::tuple{60, 7, 0.5}, {40, 90, 1.0}, {300, 33, 3.0}})
    for (const double constant : {1e-3, 0.1, 10.0}) {
      const Made data = made(count, features, 3, apart);
      const LinearSvms svms = train_svms(data.samples, 3, constant, workers, ranks::Team::alone(), {}, 1e-9);
      for (int k = 0; k < 3; ++k) {
        const std::vector<double> w = weights_of(svms, k), zero(w.size(), 0);
        const SvmState state = state_of(data.samples, k, constant, w.data());
        EXPECT_NEAR(state.value, value_at(data.samples, k, constant, w), 1e-10 * state.value);
        // The gradient by differences of the formula: zero in every direction.
        const double start = state_of(data.samples, k, constant, zero.data()).gradient_norm;
        double largest = 0;
        for (std::size_t j = 0; j < w.size(); ++j) {
          std::vector<double> more = w, less = w;
          more[j] += 1e-5, less[j] -= 1e-5;
          largest =
              std::max(largest, std::abs(value_at(data.samples, k, constant, more) - value_at(data.samples, k, constant, less)) / 2e-5);
        }
        EXPECT_LT(largest, 1e-5 * start + 1e-9 * state.value / 1e-5) << count << " samples, constant " << constant;
        EXPECT_LE(state.gradient_norm, 1e-9 * start);
      }
    }
}

/// By plain gradient descent with a small rate, in double: 1 / (largest curvature).
TEST(LinearSvm, equals_gradient_descent) {
  const Made data = made(30, 5, 2, 1);
  parallel::Workers workers(1);
  const double constant = 0.3;
  const std::vector<double> found = weights_of(train_svms(data.samples, 2, constant, workers, ranks::Team::alone(), {}, 1e-10), 0);
  double squares = 0;
  for (const float value : data.table) squares += static_cast<double>(value) * value;
  const double rate = 1 / (1 + 2 * constant * (squares + 30));
  std::vector<double> w(6, 0);
  for (int step = 0; step < 20000; ++step) {
    std::vector<double> gradient = w;
    for (std::size_t i = 0; i < 30; ++i) {
      const double sign = data.samples.labels[i] == 0 ? 1 : -1;
      double product = w[5];
      for (std::size_t j = 0; j < 5; ++j) product += w[j] * data.table[i * 5 + j];
      const double lacking = 1 - sign * product;
      if (lacking <= 0) continue;
      for (std::size_t j = 0; j < 5; ++j) gradient[j] -= 2 * constant * sign * lacking * data.table[i * 5 + j];
      gradient[5] -= 2 * constant * sign * lacking;
    }
    for (std::size_t j = 0; j < 6; ++j) w[j] -= rate * gradient[j];
  }
  for (std::size_t j = 0; j < 6; ++j) EXPECT_NEAR(found[j], w[j], 1e-8);
}

TEST(LinearSvm, has_the_same_bits_on_any_number_of_threads_and_wherever_rows_are) {
  const Made data = made(120, 37, 5, 1);
  parallel::Workers one(1), three(3);
  const LinearSvms svms = train_svms(data.samples, 5, 0.1, one);
  EXPECT_EQ(train_svms(data.samples, 5, 0.1, three).weights, svms.weights);
  Made turned = data;  // the table upside down
  for (std::int64_t i = 0; i < 120; ++i) {
    std::copy_n(data.table.begin() + i * 37, 37, turned.table.begin() + (119 - i) * 37);
    turned.samples.rows[static_cast<std::size_t>(i)] = 119 - i;
  }
  turned.samples.table = turned.table.data();
  EXPECT_EQ(train_svms(turned.samples, 5, 0.1, one).weights, svms.weights);
}

TEST(LinearSvm, a_start_changes_the_way_and_not_the_end) {
  const Made data = made(80, 12, 3, 1);
  parallel::Workers workers(2);
  const LinearSvms small = train_svms(data.samples, 3, 0.01, workers);
  const LinearSvms cold = train_svms(data.samples, 3, 1, workers, ranks::Team::alone(), {}, 1e-10);
  const LinearSvms warm = train_svms(data.samples, 3, 1, workers, ranks::Team::alone(), small, 1e-10);
  EXPECT_NE(small.weights, cold.weights);
  for (std::size_t i = 0; i < cold.weights.size(); ++i) EXPECT_NEAR(warm.weights[i], cold.weights[i], 1e-7);
}

TEST(Classify, takes_the_class_that_says_most_and_the_first_of_several) {
  const std::vector<float> table{1, 0, 0, 1, 1, 1, -1, -1};
  LinearSvms svms{3, 2, {1, 0, 0, 0, 1, 0, 0.5, 0.5, 0.1}};
  parallel::Workers workers(2);
  EXPECT_EQ(classify(svms, table.data(), {0, 1, 2, 3}, workers), (std::vector<std::int32_t>{0, 1, 2, 2}));
  svms.weights[8] = 0;
  EXPECT_EQ(classify(svms, table.data(), {3, 2}, workers), (std::vector<std::int32_t>{0, 0}));
}

}  // namespace
}  // namespace reprise::evaluations
