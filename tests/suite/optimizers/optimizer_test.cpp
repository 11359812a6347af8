// Updates by hand, on one weight and one bias unless said otherwise. Gradients are 1, the rate is 1.

#include "suite/optimizers/optimizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "suite/errors.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/log_avg_exp_pool.hpp"

namespace reprise::optimizers {
namespace {

/// A net of one layer, its parameters set by hand, and its optimizer.
struct OneLayer {
  OneLayer(const SampleShape& input, std::shared_ptr<const layers::Layer> layer) : graph(input) {
    graph.add("layer", std::move(layer));
    parameters.emplace(graph);
    parameters->initialise(1);
  }
  float* values(int index) { return parameters->of(parameters->list()[static_cast<std::size_t>(index)]); }
  std::vector<float> copy(int index) { return {values(index), values(index) + parameters->list()[static_cast<std::size_t>(index)].count}; }
  /// One step with the same gradient for every value.
  void step(Optimizer& optimizer, std::int64_t at, std::int64_t total, float gradient) {
    const auto terms = optimizer.terms(at, total);
    for (std::size_t p = 0; p < parameters->list().size(); ++p) {
      const graph::Parameter& parameter = parameters->list()[p];
      if (!parameter.spec.trains) continue;
      const std::vector<float> gradients(static_cast<std::size_t>(parameter.count), gradient);
      optimizer.update_rows(*parameters, static_cast<int>(p), 0, parameter.rows(), gradients.data(), terms);
    }
    optimizer.finish_step(*parameters, terms);
  }
  graph::Graph graph;
  std::optional<graph::Parameters> parameters;
};

/// output = weight * input + bias; the bias does not decay.
struct OneWeight : OneLayer {
  explicit OneWeight(float weight_in = 0, float bias_in = 0)
      : OneLayer({1, 1, 1}, std::make_shared<layers::Dense>(layers::Dense::Options{.features = 1})) {
    weight() = weight_in;
    bias() = bias_in;
  }
  float& weight() { return *values(0); }
  float& bias() { return *values(1); }
  float weight_after(const OptimizerRecipe& recipe, const std::vector<float>& gradients) {
    Optimizer optimizer(recipe, *parameters);
    for (std::size_t at = 0; at < gradients.size(); ++at)
      step(optimizer, static_cast<std::int64_t>(at), static_cast<std::int64_t>(gradients.size()), gradients[at]);
    return weight();
  }
};

OptimizerRecipe sgd(double rate = 1) {
  OptimizerRecipe recipe;
  recipe.learning_rate.value = rate;
  return recipe;
}

OptimizerRecipe adam(double rate) {
  OptimizerRecipe recipe = sgd(rate);
  recipe.kind = "adam";
  return recipe;
}

TEST(Sgd, momentum_adds_up_velocities) {
  OptimizerRecipe recipe = sgd();
  recipe.momentum.value = 0.5;
  EXPECT_EQ(OneWeight().weight_after(recipe, {1, 1}), -2.5f);  // velocities 1 and 1/2 + 1
  recipe.nesterov = true;
  EXPECT_EQ(OneWeight().weight_after(recipe, {1, 1}), -3.25f);  // 1/2 * 1 + 1, then 1/2 * 3/2 + 1
}

TEST(Sgd, momentum_follows_its_schedule) {
  OptimizerRecipe recipe = sgd();
  recipe.momentum = {.kind = "step", .value = 0.5, .factor = 0, .milestones = {0.5}};
  EXPECT_EQ(OneWeight().weight_after(recipe, {1, 1}), -2);  // the second velocity is 0 * 1 + 1
}

TEST(Sgd, rate_follows_its_schedule) {
  OptimizerRecipe recipe = sgd();
  recipe.learning_rate = {.kind = "step", .value = 1, .factor = 0.5, .milestones = {0.5}};
  EXPECT_EQ(OneWeight().weight_after(recipe, {1, 1, 1, 1}), -3);  // 1 + 1 + 1/2 + 1/2
}

TEST(Sgd, decay_and_l1_reach_weights_and_leave_biases) {
  OptimizerRecipe recipe = sgd();
  recipe.weight_decay = 0.5;
  recipe.l1 = 0.25;
  OneWeight net(2, 2);
  EXPECT_EQ(net.weight_after(recipe, {1}), -0.25f);  // 2 - (1 + 1/2 * 2 + 1/4)
  EXPECT_EQ(net.bias(), 1);
}

TEST(Rules, a_rate_of_its_own_falls_to_0_at_a_share_of_the_run) {
  OptimizerRecipe recipe = sgd();
  recipe.learning_rate = {.kind = "linear", .value = 1, .final_value = 0};
  recipe.rules = {{.match = "*/bias", .rate_until = 0.5}};
  OneWeight net;
  EXPECT_EQ(net.weight_after(recipe, {1, 1, 1, 1}), -2.5f);  // 1 + 3/4 + 1/2 + 1/4
  EXPECT_EQ(net.bias(), -1.5f);                              // 1 + 1/2
}

TEST(Adam, a_constant_gradient_moves_by_the_rate) {
  OptimizerRecipe recipe = adam(0.125);
  recipe.beta1 = 0.5, recipe.beta2 = 0.75;  // exact in binary
  // Both moments, corrected, are those of the gradient at every step: 1 / sqrt(1).
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1, 1, 1}), -0.375, 1e-7);
}

TEST(Adam, first_moment_by_hand) {
  OptimizerRecipe recipe = adam(1);
  recipe.beta1 = 0.5, recipe.beta2 = 0;
  // Gradients 1 and 2: moments 1/2 and 1/4 + 1, over 1 - 1/2 and 1 - 1/4: 1 and 5/3; divided by the gradients' sizes 1 and 2.
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1, 2}), -1 - 5.0 / 6, 1e-6);
}

TEST(Adam, second_moment_by_hand) {
  OptimizerRecipe recipe = adam(1);
  recipe.beta1 = 0, recipe.beta2 = 0.5;
  // Gradients 1 and 2: moments 1/2 and 1/4 + 2, over 1/2 and 3/4: 1 and 3.
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1, 2}), -1 - 2 / std::sqrt(3.0), 1e-6);
}

TEST(Adam, epsilon_stands_beside_the_root) {
  OptimizerRecipe recipe = adam(1);
  recipe.epsilon = 3;
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1}), -0.25, 1e-6);
}

TEST(Adam, decay_enters_the_gradient_and_adamw_shrinks_the_weight) {
  OptimizerRecipe recipe = adam(0.125);
  recipe.weight_decay = 0.5;
  EXPECT_NEAR(OneWeight(2).weight_after(recipe, {1}), 1.875, 1e-6);  // gradient 1 + 1/2 * 2, and 2 / sqrt(4) = 1
  recipe.kind = "adamw";
  EXPECT_NEAR(OneWeight(2).weight_after(recipe, {1}), 1.75, 1e-6);  // besides, 1/8 * 1/2 * 2 less
}

TEST(MaxNorm, scales_rows_beyond_the_bound_and_nothing_else) {
  OneLayer net({1, 2, 1}, std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  std::copy_n(std::array{3.0f, 4.0f, 0.3f, 0.4f}.data(), 4, net.values(0));
  std::fill_n(net.values(1), 2, 5.0f);
  OptimizerRecipe recipe = sgd();
  recipe.max_norm = 1;
  Optimizer optimizer(recipe, *net.parameters);
  net.step(optimizer, 0, 1, 0);
  EXPECT_NEAR(net.values(0)[0], 0.6, 1e-7);
  EXPECT_NEAR(net.values(0)[1], 0.8, 1e-7);
  EXPECT_EQ(net.values(0)[2], 0.3f);
  EXPECT_EQ(net.values(0)[3], 0.4f);
  EXPECT_EQ(net.copy(1), (std::vector<float>{5, 5}));
}

TEST(Rows, are_updated_alone) {
  OneLayer net({1, 2, 1}, std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}));
  std::fill_n(net.values(0), 6, 0.0f);
  OptimizerRecipe recipe = sgd();
  recipe.momentum.value = 0.5;
  Optimizer optimizer(recipe, *net.parameters);
  const std::vector<float> gradient{1, 2};
  for (const int row : {1, 1, 2}) optimizer.update_rows(*net.parameters, 0, row, 1, gradient.data(), optimizer.terms(0, 1));
  EXPECT_EQ(net.copy(0), (std::vector<float>{0, 0, -2.5, -5, -1, -2}));  // the velocity is the row's own
}

TEST(Clamp, keeps_a_parameter_within_its_bounds) {
  OneLayer net({4, 4, 1}, std::make_shared<layers::LogAvgExpPool>(layers::LogAvgExpPool::Options{.learned = true}));
  const layers::ParameterSpec spec = net.parameters->list()[0].spec;
  Optimizer optimizer(sgd(1000), *net.parameters);
  net.step(optimizer, 0, 2, -1);
  EXPECT_EQ(*net.values(0), static_cast<float>(spec.upper));
  net.step(optimizer, 1, 2, 1);
  EXPECT_EQ(*net.values(0), static_cast<float>(spec.lower));
}

TEST(Multipliers, scale_rate_and_decay_and_lookahead_takes_the_running_statistics_along) {
  OneLayer net({1, 1, 1}, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.decays = true, .beta_rate = 64}));
  float* beta = nullptr;
  float* mean = nullptr;
  for (const graph::Parameter& parameter : net.parameters->list()) {
    if (parameter.name == "layer/beta") beta = net.parameters->of(parameter);
    if (parameter.name == "layer/running_mean") mean = net.parameters->of(parameter);
  }
  ASSERT_TRUE(beta != nullptr && mean != nullptr);
  *beta = 2, *mean = 0;
  OptimizerRecipe recipe = sgd(1.0 / 64);
  recipe.weight_decay = 56;
  recipe.lookahead_steps = 1, recipe.lookahead_decay = 0.5;
  Optimizer optimizer(recipe, *net.parameters);
  *mean = 1;
  net.step(optimizer, 0, 1, 1);
  // Rate 64 / 64 = 1, decay 56 / 64: 2 - (1 + 56/64 * 2) = -0.75. Half of it and half of the slow 2; of 1 and the slow 0.
  EXPECT_EQ(*beta, 0.625f);
  EXPECT_EQ(*mean, 0.5f);
}

TEST(Lookahead, follows_the_slow_copy_by_hand) {
  OptimizerRecipe recipe = sgd();
  recipe.lookahead_steps = 2, recipe.lookahead_decay = 0.5;
  // Step 2: fast -2, d = 0.25 (2/5)^3, slow 0: -2 (1 - d). Step 4: two further steps, d = 0.25 (4/5)^3. Step 5, the last: back to the slow
  // copy.
  const double d2 = 0.25 * 0.064, d4 = 0.25 * 0.512;
  const double after2 = -2 * (1 - d2), after4 = d4 * after2 + (1 - d4) * (after2 - 2);
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1, 1, 1, 1, 1}), after4, 1e-6);
}

TEST(Averaging, ends_with_the_mean_over_steps) {
  OptimizerRecipe recipe = sgd();
  recipe.averaging_decay = 1;
  EXPECT_EQ(OneWeight().weight_after(recipe, {1, 1, 1, 1}), -2.5f);  // the mean of -1, -2, -3, -4
  // A half, then a half: (((-1 - 2) / 2) - 3) / 2, and so on.
  recipe.averaging_decay = 0.5;
  EXPECT_EQ(OneWeight().weight_after(recipe, {1, 1, 1, 1}), ((-1.5f - 3) / 2 - 4) / 2);
}

TEST(Averaging, leaves_the_steps_themselves_alone_and_takes_the_running_statistics_along) {
  OneLayer net({1, 1, 1}, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{}));
  float* mean = nullptr;
  for (const graph::Parameter& parameter : net.parameters->list())
    if (parameter.name == "layer/running_mean") mean = net.parameters->of(parameter);
  ASSERT_NE(mean, nullptr);
  OptimizerRecipe recipe = sgd();
  recipe.averaging_decay = 1;
  Optimizer optimizer(recipe, *net.parameters);
  *mean = 1;
  net.step(optimizer, 0, 2, 0);
  EXPECT_EQ(*mean, 1.0f);
  *mean = 2;
  net.step(optimizer, 1, 2, 0);
  EXPECT_EQ(*mean, 1.5f) << "the last step ends with the mean";
}

TEST(Averaging, weighs_values_that_lookahead_has_moved) {
  OptimizerRecipe recipe = sgd();
  recipe.lookahead_steps = 1, recipe.lookahead_decay = 0.5, recipe.averaging_decay = 1;
  // d = 0.5 (1/2)^3 after step 1, 0.5 after step 2, of the slow copy that starts at 0.
  const double d1 = 0.5 / 8, d2 = 0.5, after1 = -(1 - d1), after2 = d2 * after1 + (1 - d2) * (after1 - 1);
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1, 1}), (after1 + after2) / 2, 1e-6);
}

TEST(Frozen, parameters_stop_at_their_share_of_the_run) {
  OptimizerRecipe recipe = sgd();
  recipe.frozen = {"layer/bias"}, recipe.frozen_from = 0.3;
  OneWeight net;
  EXPECT_EQ(net.weight_after(recipe, std::vector<float>(10, 1.0f)), -10);
  EXPECT_EQ(net.bias(), -3);  // steps 0, 1 and 2 of 10
  recipe.frozen = {"layer/bais"};
  EXPECT_THROW(Optimizer(recipe, *net.parameters), InputError);
}

TEST(Rules, scale_rate_and_decay_of_what_they_match_and_the_last_one_has_the_last_word) {
  OptimizerRecipe recipe = sgd(0.5);
  recipe.weight_decay = 0.5, recipe.l1 = 0.25;
  recipe.rules = {{.match = "*", .rate = 4.0}, {.match = "*/bias", .rate = 2.0, .decay = 2.0}};
  OneWeight net(2, 2);
  EXPECT_EQ(net.weight_after(recipe, {1}), -2.5f);  // 2 - 4/2 (1 + 1/2 * 2 + 1/4)
  EXPECT_EQ(net.bias(), -1.5f);                     // 2 - 2/2 (1 + 2 (1/2 * 2 + 1/4))
  recipe.rules = {{.match = "layer/w*", .decay = 0.0}};
  OneWeight free(2, 2);
  EXPECT_EQ(free.weight_after(recipe, {1}), 1.5f);
  EXPECT_EQ(free.bias(), 1.5f);
}

TEST(Rules, bound_the_root_mean_square_of_a_row_after_the_update) {
  OneLayer net({1, 4, 1}, std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  std::copy_n(std::array{3.0f, 3.0f, 3.0f, 3.0f, 0.5f, 0.5f, 0.5f, 0.5f}.data(), 8, net.values(0));
  std::fill_n(net.values(1), 2, 5.0f);
  OptimizerRecipe recipe = sgd();
  recipe.rules = {{.match = "*/weight", .max_rms = 1.5}};
  Optimizer optimizer(recipe, *net.parameters);
  net.step(optimizer, 0, 1, 0);
  const std::vector<float> weight = net.copy(0);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(weight[i], 1.5, 1e-6);  // a norm of 3 for four of them
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ(weight[i], 0.5f);
  EXPECT_EQ(net.copy(1), (std::vector<float>{5, 5}));
}

TEST(Rules, multiply_what_the_layer_declares) {
  OneLayer net({1, 1, 1}, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.decays = true, .beta_rate = 64}));
  OptimizerRecipe recipe;
  recipe.rules = {{.match = "*/beta", .rate = 0.5, .decay = 32.0}};
  const std::vector<ParameterSetting> settings = parameter_settings(recipe, *net.parameters);
  for (std::size_t p = 0; p < settings.size(); ++p)
    if (net.parameters->list()[p].name == "layer/beta") {
      EXPECT_EQ(settings[p].rate, 32);
      EXPECT_EQ(settings[p].decay, 0.5);
    }
}

TEST(Rules, a_rate_falls_by_its_own_law) {
  OptimizerRecipe recipe = sgd();
  recipe.rules = {{.match = "*/weight", .rate = 0.5, .rate_steps = 2.0, .rate_power = 1.0}};
  // 1/2 (1 + 1 / (1 + 1/2) + 1 / (1 + 2/2)).
  EXPECT_NEAR(OneWeight().weight_after(recipe, {1, 1, 1}), -0.5 * (1 + 2.0 / 3 + 0.5), 1e-6);
}

TEST(Rules, freeze_in_an_interval_and_momentum_waits) {
  OptimizerRecipe recipe = sgd();
  recipe.momentum.value = 0.5;
  recipe.rules = {{.match = "*/bias", .frozen = {0.25, 0.5}}};
  OneWeight net;
  net.weight_after(recipe, {1, 1, 1, 1});
  EXPECT_EQ(net.weight(), -(1 + 1.5f + 1.75f + 1.875f));
  EXPECT_EQ(net.bias(), -(1 + 1.5f + 1.75f));  // steps 0, 2 and 3: the velocity of step 0 is kept through step 1
}

TEST(Rules, a_pattern_without_a_match_names_the_nearest_parameters) {
  OptimizerRecipe recipe = sgd();
  recipe.rules = {{.match = "layer/bais", .rate = 2.0}};
  const OneWeight net;
  try {
    parameter_settings(recipe, *net.parameters);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("Nearest names: layer/bias, layer/weight"), std::string::npos) << error.what();
  }
  OneLayer norm({1, 1, 1}, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{}));
  recipe.rules = {{.match = "*/running_mean", .rate = 2.0}};  // it does not train
  EXPECT_THROW(parameter_settings(recipe, *norm.parameters), InputError);
}

TEST(Rules, none_leave_every_parameter_with_what_its_layer_declares) {
  OneLayer net({1, 1, 1}, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.decays = true, .beta_rate = 64}));
  const std::vector<ParameterSetting> settings = parameter_settings({}, *net.parameters);
  for (std::size_t p = 0; p < settings.size(); ++p) {
    const layers::ParameterSpec& spec = net.parameters->list()[p].spec;
    EXPECT_EQ(settings[p].rate_at(1000), spec.rate_multiplier);
    EXPECT_EQ(settings[p].decay, spec.decays ? spec.decay_multiplier : 0);
    EXPECT_FALSE(settings[p].is_frozen(5, 10));
  }
}

TEST(Optimizer, refuses_an_unknown_kind) {
  OptimizerRecipe recipe = sgd();
  recipe.kind = "sdg";
  const OneWeight net;
  EXPECT_THROW(Optimizer(recipe, *net.parameters), InputError);
}

}  // namespace
}  // namespace reprise::optimizers
