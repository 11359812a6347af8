// Linear classifiers on features of nets whose weights are written by hand.

#include "suite/evaluations/probes.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/random/random.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::evaluations {
namespace {

using recipes::ProbeRecipe;
using tests::SmallRun;
using tests::SmallTraining;

/// Images of 2 x 2 pixels; "maps" is the image times 2, "logits" a dense layer on it.
SmallTraining doubling(std::vector<ProbeRecipe> probes) {
  SmallTraining setup;
  setup.graph = graph::Graph(SampleShape{2, 2, 1});
  for (tests::SmallImages* images : {&setup.train, &setup.test}) images->height = images->width = 2, images->classes = 2;
  setup.train.pixels = setup.test.pixels = {1, 2, 3, 4, 5, 6, 7, 8};
  setup.train.labels = setup.test.labels = {0, 1};
  setup.recipe.batch = 3, setup.recipe.shard = 2;
  setup.recipe.probes = std::move(probes);
  setup.graph.add("maps", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 1, .filter_size = 1, .bias = false}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2, .bias = false}));
  return setup;
}

std::shared_ptr<const datasets::ImageSet> set_of(std::vector<std::uint8_t> pixels, std::vector<std::int32_t> labels, int classes) {
  auto set = std::make_shared<datasets::ImageSet>();
  set->name = "made";
  set->count = static_cast<std::int64_t>(labels.size()), set->classes = classes;
  set->channels = 1, set->height = set->width = 2;
  set->pixels = std::move(pixels), set->labels = std::move(labels);
  return set;
}

class Probed {
 public:
  explicit Probed(std::vector<ProbeRecipe> probes, int threads = 2) : run_(with_threads(doubling(std::move(probes)), threads)) {
    run_.set_weights("maps/weight", {2});
    run_.set_weights("logits/weight", {1, 0, 0, 0, 0, 1, 0, 0});
    preprocessing_ = datasets::Preprocessing::fit({}, run_.test().images());
  }
  static SmallTraining with_threads(SmallTraining setup, int threads) {
    setup.threads = threads;
    return setup;
  }
  EvaluationInputs inputs(const std::function<bool()>& should_stop = {}) {
    return {run_.setup().recipe, run_.setup().graph, run_.test(), preprocessing_, 1, run_.workers(), ranks::Team::alone(), should_stop, {}};
  }
  const ProbeRecipe& probe() const { return run_.setup().recipe.probes.front(); }
  training::Learner& learner() { return run_.learner(); }

 private:
  SmallRun run_;
  std::shared_ptr<const datasets::Preprocessing> preprocessing_;
};

using Floats = std::vector<float>;

Floats values_of(const FeatureTable& table) {
  return {table.values(), table.values() + table.rows * table.columns};
}

TEST(FeatureNet, computes_features_in_the_order_that_is_asked_for) {
  Probed probed({{.name = "svm", .nodes = {"maps", "logits"}, .parts = {2, 1}}});
  const EvaluationInputs inputs = probed.inputs();
  const auto images = set_of({1, 2, 3, 4, 9, 0, 0, 1, 0, 0, 5, 0, 7, 7, 7, 7}, {3, 1, 2, 0}, 4);  // classes that the net has not
  FeatureNet net(inputs, probed.probe(), *images);
  const auto table = net.features(probed.learner(), *images, {2, 0, 3, 1}, 0, 1);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(values_of(*table), (Floats{0, 0, 10, 0, 10, 0, 0, 2, 4, 6, 8, 8, 2, 4, 14, 14, 14, 14, 14, 14, 14, 18, 0, 0, 2, 18, 18, 0}));
  ASSERT_EQ(table->blocks.size(), 2u);
  EXPECT_EQ(table->blocks[0].count, 5);
  EXPECT_EQ(table->blocks[1].first, 5);
  EXPECT_EQ(table->blocks[1].count, 2);
}

TEST(FeatureNet, runs_over_larger_images) {
  Probed probed({{.name = "svm", .side = 4, .nodes = {"maps"}, .parts = {2}}});
  const EvaluationInputs inputs = probed.inputs();
  const auto images = set_of({8, 8, 8, 8, 0, 0, 0, 0}, {0, 1}, 2);
  FeatureNet net(inputs, probed.probe(), *images);
  EXPECT_EQ(net.graph().node(0).shape, (SampleShape{4, 4, 1}));
  EXPECT_EQ(values_of(*net.features(probed.learner(), *images, {0, 1}, 0, 1)), (Floats{16, 16, 16, 16, 0, 0, 0, 0}));
}

TEST(Scales, are_the_value_that_one_in_ten_thousand_exceeds) {
  FeatureTable table;
  table.rows = 20000, table.columns = 2;
  table.blocks = {{"first", 0, 1}, {"zero", 1, 1}};
  table.memory = ranks::Team::alone().memory(20000 * 2 * sizeof(float));
  for (std::int64_t r = 0; r < table.rows; ++r) table.values()[2 * r] = static_cast<float>((r * 7919) % 20000 + 1);
  const std::vector<double> scales = scales_of(table);
  EXPECT_EQ(scales, (std::vector<double>{19998, 1}));
  divide(table, scales, ranks::Team::alone());
  EXPECT_FLOAT_EQ(table.values()[0], static_cast<float>(1 / 19998.0));
}

TEST(Constants, are_evenly_spaced_on_a_logarithmic_scale) {
  const std::vector<double> found = constants_of({.name = "svm", .constant_from = 0.01, .constant_to = 100, .constants = 5});
  const std::vector<double> expected{0.01, 0.1, 1, 10, 100};
  ASSERT_EQ(found.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(found[i], expected[i], 1e-12 * expected[i]);
  EXPECT_EQ(constants_of({.name = "svm", .constant_from = 0.5, .constant_to = 2, .constants = 1}), std::vector<double>{0.5});
}

/// The brightest pixel is in the upper or the lower row; or, for labels without a meaning, anywhere.
LabelledImages rows(std::int64_t count, bool has_meaning) {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  random::Generator draws({1, random::Purpose::synthetic, 0, 0, has_meaning ? 1u : 2u});
  for (std::int64_t i = 0; i < count; ++i) {
    const auto place = draws.next_below(4);
    for (std::uint32_t p = 0; p < 4; ++p)
      pixels.push_back(static_cast<std::uint8_t>(p == place ? 200 + draws.next_below(50) : draws.next_below(40)));
    labels.push_back(static_cast<std::int32_t>(has_meaning ? place / 2 : draws.next_below(2)));
  }
  const auto set = set_of(std::move(pixels), std::move(labels), 2);
  return {set, set};
}

/// Dark or bright as a whole.
LabelledImages brightness(std::int64_t count) {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<std::int32_t>(i % 2));
    pixels.insert(pixels.end(), 4, static_cast<std::uint8_t>((i % 2 == 0 ? 20 : 180) + i % 40));
  }
  const auto set = set_of(std::move(pixels), std::move(labels), 2);
  return {set, set};
}

records::RunRecord probed_record(Probed& probed, const LabelledImages& images) {
  records::RunRecord record;
  const EvaluationInputs inputs = probed.inputs();
  check_probes(inputs, {images});
  EXPECT_TRUE(probe_all(inputs, {images}, probed.learner(), record));
  return record;
}

TEST(Probe, learns_what_the_features_tell) {
  Probed probed({{.name = "svm", .nodes = {"maps"}, .parts = {2}, .labelled = 20, .subsets = 3, .constants = 4}});
  const records::RunRecord record = probed_record(probed, rows(200, true));
  const records::EvaluationResult& svm = record.evaluations.at("svm");
  EXPECT_EQ(svm.results.at("test_error").value, 0);
  EXPECT_EQ(svm.results.at("test_error_deviation").value, 0);
  EXPECT_GE(svm.results.at("svm_constant").value, 1e-3);
  EXPECT_TRUE(svm.predictions.empty());
  // A threshold is one on features divided by the same scales in training and test.
  Probed threshold({{.name = "svm", .nodes = {"maps"}, .parts = {1}, .labelled = 20, .subsets = 3, .constants = 4}});
  EXPECT_EQ(probed_record(threshold, brightness(200)).evaluations.at("svm").results.at("test_error").value, 0);
  // Of the whole map's largest value nothing can be told.
  Probed blind({{.name = "svm", .nodes = {"maps"}, .parts = {1}, .labelled = 20, .subsets = 3, .constants = 4}});
  EXPECT_GT(probed_record(blind, rows(200, true)).evaluations.at("svm").results.at("test_error").value, 25);
}

TEST(Probe, learns_nothing_of_labels_without_a_meaning) {
  Probed probed({{.name = "svm", .nodes = {"maps"}, .parts = {2}, .labelled = 20, .subsets = 4, .constants = 2}});
  const records::RunRecord record = probed_record(probed, rows(400, false));
  const auto& results = record.evaluations.at("svm").results;
  EXPECT_NEAR(results.at("test_error").value, 50, 12);  // 400 images, of which 40 are learned: four standard errors of 2.5
  EXPECT_GT(results.at("test_error_deviation").value, 0);
}

TEST(Probe, has_one_answer_on_any_number_of_threads) {
  const ProbeRecipe probe{.name = "svm", .nodes = {"maps", "logits"}, .parts = {2}, .labelled = 15, .subsets = 2, .constants = 3};
  Probed one({probe}, 1), four({probe}, 4);
  const LabelledImages images = rows(100, false);
  EXPECT_EQ(probed_record(one, images).evaluations.at("svm").results, probed_record(four, images).evaluations.at("svm").results);
}

TEST(Probe, can_be_stopped) {
  Probed probed({{.name = "svm", .nodes = {"maps"}, .parts = {2}, .labelled = 20, .constants = 2}});
  int asked = 0;
  const EvaluationInputs inputs = probed.inputs([&] { return ++asked > 30; });
  records::RunRecord record;
  EXPECT_FALSE(probe_all(inputs, {rows(200, true)}, probed.learner(), record));
  EXPECT_TRUE(record.evaluations.empty());
}

TEST(Probe, refuses_before_training_what_cannot_be_done) {
  const auto check = [](const ProbeRecipe& probe, const LabelledImages& images) {
    Probed probed({probe});
    check_probes(probed.inputs(), {images});
  };
  EXPECT_THROW(check({.name = "svm", .nodes = {"none"}}, rows(20, true)), InputError);
  EXPECT_THROW(check({.name = "svm", .nodes = {"maps"}, .parts = {3}}, rows(20, true)), InputError);
  EXPECT_THROW(check({.name = "svm", .nodes = {"maps"}, .labelled = 1}, rows(20, true)), InputError);
  EXPECT_NO_THROW(check({.name = "svm", .nodes = {"maps"}, .labelled = 1, .constants = 1}, rows(20, true)));
  LabelledImages colour = rows(20, true);
  auto three = std::make_shared<datasets::ImageSet>(*colour.train);
  three->channels = 3;
  colour.train = three;
  EXPECT_THROW(check({.name = "svm", .nodes = {"maps"}}, colour), InputError);
}

}  // namespace
}  // namespace reprise::evaluations
