// Evaluations at the end of a run, on nets whose logits are written by hand.

#include "suite/evaluations/final_evaluations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/made_clips.hpp"
#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/scale.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/tensor/half.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::evaluations {
namespace {

using recipes::EvaluationRecipe;
using tests::SmallRun;
using tests::SmallTraining;

/// Images of two rows and two columns, one channel; a net of three logits that are the dot product with these weights.
SmallTraining four_pixels(std::vector<std::uint8_t> pixels, std::vector<std::int32_t> labels, std::vector<EvaluationRecipe> evaluations) {
  SmallTraining setup;
  setup.graph = graph::Graph(SampleShape{2, 2, 1});
  for (tests::SmallImages* images : {&setup.train, &setup.test}) images->height = images->width = 2, images->classes = 3;
  setup.train.pixels = setup.test.pixels = std::move(pixels);
  setup.train.labels = setup.test.labels = std::move(labels);
  setup.recipe.batch = 3, setup.recipe.shard = 2;
  setup.recipe.final_evaluations = std::move(evaluations);
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3, .bias = false}));
  return setup;
}

class Evaluated {
 public:
  explicit Evaluated(SmallTraining setup, const std::vector<float>& weights = {}) : run_(std::move(setup)) {
    if (!weights.empty()) run_.set_weights("logits/weight", weights);
    record_.test_labels = run_.setup().test.labels;
    stopped_ = !evaluate_all(inputs(), run_.learner(), record_);
  }
  const records::EvaluationResult& of(const std::string& name) const { return record_.evaluations.at(name); }
  std::vector<float> scores(const std::string& name) const {
    const records::EvaluationResult& evaluation = of(name);
    std::vector<float> scores(evaluation.scores.size());
    from_half(evaluation.scores.data(), static_cast<std::int64_t>(scores.size()), scores.data());
    return scores;
  }
  std::size_t count() const { return record_.evaluations.size(); }

 private:
  EvaluationInputs inputs() {
    preprocessing_ = datasets::Preprocessing::fit({}, run_.test().images());
    return {run_.setup().recipe, run_.setup().graph, run_.test(), preprocessing_, 1, run_.workers(), ranks::Team::alone(), {}, {}};
  }

  SmallRun run_;
  std::shared_ptr<const datasets::Preprocessing> preprocessing_;
  records::RunRecord record_;
  bool stopped_ = false;
};

constexpr double kHalf = 1.0 / 1024;  // scores below 1 are kept to 2^-11

/// Weights: class k sees the pixel k of (0, 0), (0, 1), (1, 0).
const std::vector<float> kPixels{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};

TEST(FinalEvaluations, one_view_is_the_evaluation_of_the_history) {
  const Evaluated found(
      four_pixels({1, 2, 0, 0, 3, 2, 0, 0, 0, 0, 9, 0}, {1, 1, 2}, {{.name = "centre", .average = "logits", .scores = true}}), kPixels);
  EXPECT_EQ(found.of("centre").predictions, (std::vector<std::int32_t>{1, 0, 2}));
  EXPECT_NEAR(found.of("centre").results.at("test_error").value, 100.0 / 3, 1e-9);
  EXPECT_FALSE(found.of("centre").results.contains("top5_error"));
  EXPECT_EQ(found.of("centre").scores_are, "logits");
  EXPECT_EQ(found.scores("centre"), (std::vector<float>{1, 2, 0, 3, 2, 0, 0, 0, 9}));
}

/// Logits (4, 3, 0), of the mirror (3, 4, 0): equal in the mean. Probabilities 0.7214, 0.2654, 0.0132 and the first two exchanged.
TEST(FinalEvaluations, views_are_averaged_as_told) {
  const Evaluated found(four_pixels({4, 3, 0, 0}, {1},
                                    {{.name = "logits", .mirrored = true, .average = "logits", .scores = true},
                                     {.name = "probabilities", .mirrored = true, .scores = true},
                                     {.name = "maximum", .mirrored = true, .average = "maximum", .scores = true}}),
                        kPixels);
  EXPECT_EQ(found.scores("logits"), (std::vector<float>{3.5f, 3.5f, 0}));
  const double first = std::exp(4) / (std::exp(4) + std::exp(3) + 1), second = std::exp(3) / (std::exp(4) + std::exp(3) + 1);
  for (const std::size_t k : {0, 1}) {
    EXPECT_NEAR(found.scores("probabilities")[k], (first + second) / 2, kHalf);
    EXPECT_NEAR(found.scores("maximum")[k], first, kHalf);
  }
  EXPECT_EQ(found.of("maximum").scores_are, "probabilities");
}

/// An image of 4 x 4 is made of four equal ones of 2 x 2: each crop of a grid of 2 is one of its quarters, and so are the corners.
TEST(FinalEvaluations, crops_of_a_larger_image) {
  SmallTraining setup = four_pixels({8, 0, 0, 0}, {0},
                                    {{.name = "grid", .sides = {4}, .places = "grid", .grid = 2, .average = "logits", .scores = true},
                                     {.name = "centre", .sides = {4}, .average = "logits", .scores = true},
                                     {.name = "both", .sides = {2, 4}, .places = "centre", .average = "logits", .scores = true}});
  const Evaluated found(setup, {1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0});
  // Enlarged twice with triangular weights: rows and columns of 8 become 8 6 2 0, so pixels 8 6 2 0 / 6 4.5 1.5 0 / 2 1.5 0.5 0 / 0.
  const std::vector<float> grid = found.scores("grid"), centre = found.scores("centre"), both = found.scores("both");
  EXPECT_NEAR(grid[0], (8 + 6 + 6 + 5 + 2 + 2 + 2 + 2 + 1) / 4.0, 0.5);  // pixels are rounded to whole numbers
  EXPECT_NEAR(grid[2], (8 + 2 + 2 + 1) / 4.0, 0.5);
  EXPECT_NEAR(centre[2], 4.5, 0.5);
  EXPECT_NEAR(both[2], (8 + centre[2]) / 2, 0.01);
}

/// The net over the whole of the larger image: the mean of its nine crops.
TEST(FinalEvaluations, the_whole_image_is_the_mean_of_its_crops) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 5 * 4; ++i) pixels.push_back(static_cast<std::uint8_t>(i * 37 % 11));
  const Evaluated found(four_pixels(pixels, {0, 1, 2, 0, 1},
                                    {{.name = "whole", .sides = {4}, .places = "whole", .average = "logits", .scores = true},
                                     {.name = "crops", .sides = {4}, .places = "grid", .grid = 3, .average = "logits", .scores = true},
                                     {.name = "own", .places = "whole", .average = "logits", .scores = true},
                                     {.name = "plain", .average = "logits", .scores = true}}),
                        {0.5, -1, 0.25, 0.75, 1, 1, -0.5, 0.125, -0.25, 0.5, 1, -1});
  for (const auto& [left, right] : {std::pair{"whole", "crops"}, {"own", "plain"}}) {
    const std::vector<float> a = found.scores(left), b = found.scores(right);
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_NEAR(a[i], b[i], 0.011) << left << " " << i;  // a unit of numbers up to 16 in half precision
  }
}

TEST(FinalEvaluations, evaluations_are_averaged_by_weight) {
  const Evaluated found(four_pixels({4, 3, 0, 0}, {1},
                                    {{.name = "a", .average = "logits", .scores = true},
                                     {.name = "b", .mirrored = true, .average = "logits"},
                                     {.name = "equal", .average = "logits", .of = {"a", "b"}, .scores = true},
                                     {.name = "mostly", .average = "logits", .of = {"a", "b"}, .weights = {1, 3}, .scores = true}}),
                        kPixels);
  EXPECT_TRUE(found.of("b").scores.empty());
  EXPECT_EQ(found.scores("equal"), (std::vector<float>{3.75f, 3.25f, 0}));
  EXPECT_EQ(found.scores("mostly"), (std::vector<float>{3.625f, 3.375f, 0}));
}

TEST(FinalEvaluations, stop_leaves_the_record_alone) {
  SmallRun run(four_pixels({4, 3, 0, 0}, {1}, {{.name = "a"}, {.name = "b"}}));
  const auto preprocessing = datasets::Preprocessing::fit({}, run.test().images());
  records::RunRecord record;
  record.test_labels = {1};
  int asked = 0;
  const EvaluationInputs inputs{run.setup().recipe,   run.setup().graph,           run.test(), preprocessing, 1, run.workers(),
                                ranks::Team::alone(), [&] { return ++asked > 1; }, {}};
  EXPECT_FALSE(evaluate_all(inputs, run.learner(), record));
  EXPECT_TRUE(record.evaluations.empty());
  EXPECT_EQ(asked, 2);
}

TEST(FinalEvaluations, refuse_crops_that_are_smaller_than_the_net_reads) {
  SmallRun run(four_pixels({4, 3, 0, 0}, {1}, {{.name = "small", .sides = {1}}}));
  const auto preprocessing = datasets::Preprocessing::fit({}, run.test().images());
  EXPECT_THROW(
      check_evaluations({run.setup().recipe, run.setup().graph, run.test(), preprocessing, 1, run.workers(), ranks::Team::alone(), {}, {}}),
      InputError);
  SmallTraining centred = four_pixels({4, 3, 0, 0}, {1}, {{.name = "large", .sides = {4}}});
  const SmallRun other(centred);
  const auto means = datasets::Preprocessing::fit({"mean_image"}, other.test().images());
  SmallRun again(centred);
  EXPECT_THROW(
      check_evaluations({again.setup().recipe, again.setup().graph, again.test(), means, 1, again.workers(), ranks::Team::alone(), {}, {}}),
      InputError);
}

TEST(FinalEvaluations, another_node_may_be_read) {
  SmallTraining setup =
      four_pixels({4, 3, 0, 0}, {1},
                  {{.name = "own", .average = "logits", .scores = true},
                   {.name = "doubled", .average = "logits", .scores = true, .output = "twice"},
                   {.name = "whole", .sides = {4}, .places = "whole", .average = "logits", .scores = true, .output = "twice"}});
  setup.graph.add_head({.node = setup.graph.last(), .loss = losses::make_loss("softmax_cross_entropy")});
  setup.graph.add("twice", std::make_shared<layers::Scale>(layers::Scale::Options{.factor = 2}));
  const Evaluated found(setup, kPixels);
  EXPECT_EQ(found.scores("own"), (std::vector<float>{4, 3, 0}));
  EXPECT_EQ(found.scores("doubled"), (std::vector<float>{8, 6, 0}));
  EXPECT_EQ(found.scores("whole").size(), 3u);
}

/// Clips of two frames of 2 x 2 pixels, each of which shows one pixel of the image.
TEST(FinalEvaluations, clips_drawn_anew_are_averaged) {
  datasets::ImageSet base;
  base.count = 2, base.channels = 1, base.height = base.width = 2, base.classes = 3;
  base.pixels = {255, 0, 0, 100, 50, 200, 0, 0}, base.labels = {0, 2}, base.class_names = {"a", "b", "c"};
  auto clips = std::make_shared<datasets::ImageSet>(
      datasets::made_clips(base, {0, 1}, datasets::Split::test, datasets::ClipStage::parse("snippets(frames=2,window=1)")));
  clips->other_labels = {{}, {0, 1}};
  const std::vector<std::string> stages{"snippets(frames=2,window=1)"};
  SmallTraining setup;
  setup.graph = graph::Graph(SampleShape{4, 2, 1});
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3, .bias = false}));
  for (tests::SmallImages* images : {&setup.train, &setup.test}) {
    images->height = 4, images->width = 2, images->classes = 3;
    images->pixels.assign(16, 1), images->labels = base.labels;
  }
  setup.recipe.batch = 3, setup.recipe.shard = 2;
  setup.recipe.final_evaluations = {{.name = "video", .average = "logits", .scores = true, .clips = 5, .hits = {1}},
                                    {.name = "clip", .average = "logits", .scores = true}};
  SmallRun run(setup);
  std::vector<float> weights;
  for (int i = 0; i < 24; ++i) weights.push_back(static_cast<float>(i * 7 % 5 - 2) / 1024);
  run.set_weights("logits/weight", weights);
  const auto preprocessing = datasets::Preprocessing::fit(stages, *clips);
  const datasets::SampleSource source(clips, preprocessing, {});
  records::RunRecord record;
  record.test_labels = base.labels;
  ASSERT_TRUE(evaluate_all({run.setup().recipe, run.setup().graph, source, preprocessing, 1, run.workers(), ranks::Team::alone(), {}, {}},
                           run.learner(), record));
  const records::EvaluationResult& video = record.evaluations.at("video");
  std::vector<float> scores(6);
  from_half(video.scores.data(), 6, scores.data());
  EXPECT_NE(video.scores, record.evaluations.at("clip").scores);
  int hits = 0;
  for (std::int64_t index = 0; index < 2; ++index) {
    std::vector<double> expected(3);
    for (std::uint64_t clip = 0; clip < 5; ++clip) {
      std::vector<float> sample(8);
      const datasets::FetchKey key{0, clip};
      source.fetch(index, &key, sample.data());
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < 8; ++i) expected[k] += static_cast<double>(sample[i] * weights[k * 8 + i]) / 5;
    }
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(scores[static_cast<std::size_t>(index) * 3 + k], expected[k], kHalf);
    const auto first = std::max_element(expected.begin(), expected.end()) - expected.begin();
    hits += index == 1 || first == 0 ? 1 : 0;  // all classes are right for the second
  }
  EXPECT_EQ(video.results.at("hit_at_1").value, 50.0 * hits);
}

TEST(FinalEvaluations, refuse_clips_of_images_and_outputs_that_are_no_scores) {
  for (const EvaluationRecipe& evaluation :
       {EvaluationRecipe{.name = "clips", .clips = 3}, EvaluationRecipe{.name = "node", .output = "none"},
        EvaluationRecipe{.name = "one", .output = "one"}}) {
    SmallTraining setup = four_pixels({4, 3, 0, 0}, {1}, {evaluation});
    setup.graph.add_head({.node = setup.graph.last(), .loss = losses::make_loss("softmax_cross_entropy")});
    setup.graph.add("one", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 1}));
    SmallRun run(setup);
    const auto preprocessing = datasets::Preprocessing::fit({}, run.test().images());
    EXPECT_THROW(check_evaluations(
                     {run.setup().recipe, run.setup().graph, run.test(), preprocessing, 1, run.workers(), ranks::Team::alone(), {}, {}}),
                 InputError)
        << evaluation.name;
  }
}

TEST(FinalEvaluations, passes_are_counted_by_area) {
  const SampleShape shape{4, 4, 1};
  EXPECT_EQ(passes_of({.name = "a", .mirrored = true}, shape), 2);
  EXPECT_EQ(passes_of({.name = "b", .sides = {4, 8}, .places = "grid", .grid = 3}, shape), 2 * 9);
  EXPECT_EQ(passes_of({.name = "c", .sides = {8}, .places = "whole", .mirrored = true}, shape), 2 * 4);
  EXPECT_EQ(passes_of({.name = "d", .of = {"a", "c"}}, shape), 0);
  EXPECT_EQ(passes_of({.name = "e", .clips = 7}, shape), 7);
}

/// Images of another set: two corruptions, two severities, three images of each; the class is the largest of the first three pixels.
datasets::ImageSet corrupted_pixels() {
  datasets::ImageSet set;
  set.name = "tiny-c";
  set.channels = 1, set.height = set.width = 2, set.classes = 3;
  for (const int guess : {0, 1, 2, 0, 0, 2, 1, 0, 2, 1, 2, 0}) {
    for (int pixel = 0; pixel < 4; ++pixel) set.pixels.push_back(pixel == guess ? 9 : 1);
    set.labels.push_back(static_cast<std::int32_t>(set.labels.size() % 3));
  }
  set.count = 12;
  for (const char* corruption : {"snow", "fog"})
    for (const int severity : {1, 2}) set.groups.push_back({corruption, severity, 3});
  return set;
}

/// The only evaluation of `setup`'s recipe, on these images.
class OnOtherImages {
 public:
  OnOtherImages(SmallTraining setup, datasets::ImageSet images) : run_(std::move(setup)) {
    run_.set_weights("logits/weight", kPixels);
    preprocessing_ = datasets::Preprocessing::fit({}, run_.test().images());
    others_.push_back(std::make_unique<const datasets::SampleSource>(std::make_shared<const datasets::ImageSet>(std::move(images)),
                                                                     preprocessing_, std::vector<std::string>{}));
  }
  EvaluationInputs inputs() {
    EvaluationInputs inputs{
        run_.setup().recipe, run_.setup().graph, run_.test(), preprocessing_, 1, run_.workers(), ranks::Team::alone(), {}, {}};
    inputs.others = others_;
    return inputs;
  }
  records::RunRecord evaluate() {
    records::RunRecord record;
    record.test_labels = run_.setup().test.labels;
    EXPECT_TRUE(evaluate_all(inputs(), run_.learner(), record));
    return record;
  }

 private:
  SmallRun run_;
  std::shared_ptr<const datasets::Preprocessing> preprocessing_;
  std::vector<std::unique_ptr<const datasets::SampleSource>> others_;
};

/// Snow: all right, then image 1 wrong; fog: images 0 and 1 wrong, then all wrong.
TEST(FinalEvaluations, of_corrupted_images_have_an_error_for_each_corruption_and_severity) {
  OnOtherImages run(four_pixels({4, 3, 0, 0}, {1}, {{.name = "corrupted", .dataset = "tiny-c"}}), corrupted_pixels());
  const records::RunRecord record = run.evaluate();
  const records::EvaluationResult& found = record.evaluations.at("corrupted");
  EXPECT_NEAR(found.results.at("test_error").value, 50, 1e-9);
  EXPECT_NEAR(found.results.at("snow_error").value, 100.0 / 6, 1e-9);
  EXPECT_NEAR(found.results.at("fog_error").value, 250.0 / 3, 1e-9);
  EXPECT_EQ(found.results.size(), 3u);
  EXPECT_TRUE(found.predictions.empty());
  const records::Table& table = record.tables.at("corrupted_by_severity");
  EXPECT_EQ(table.x, "severity");
  EXPECT_EQ(table.columns.at("severity"), (std::vector<double>{1, 2}));
  EXPECT_NEAR(table.columns.at("snow")[0], 0, 1e-9);
  EXPECT_NEAR(table.columns.at("snow")[1], 100.0 / 3, 1e-9);
  EXPECT_NEAR(table.columns.at("fog")[0], 200.0 / 3, 1e-9);
  EXPECT_NEAR(table.columns.at("fog")[1], 100, 1e-9);
}

TEST(FinalEvaluations, of_another_set_without_groups_have_its_error_alone) {
  datasets::ImageSet images = corrupted_pixels();
  images.groups.clear();
  OnOtherImages run(four_pixels({4, 3, 0, 0}, {1}, {{.name = "other", .dataset = "tiny"}}), images);
  const records::RunRecord record = run.evaluate();
  EXPECT_NEAR(record.evaluations.at("other").results.at("test_error").value, 50, 1e-9);
  EXPECT_EQ(record.evaluations.at("other").results.size(), 1u);
  EXPECT_TRUE(record.tables.empty());
}

TEST(FinalEvaluations, refuse_another_set_that_does_not_look_like_the_recipe_s) {
  const auto refused = [](const datasets::ImageSet& images) {
    OnOtherImages run(four_pixels({4, 3, 0, 0}, {1}, {{.name = "corrupted", .dataset = "tiny-c"}}), images);
    try {
      check_evaluations(run.inputs());
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused(corrupted_pixels()), "");
  datasets::ImageSet other = corrupted_pixels();
  other.classes = 4;
  EXPECT_NE(refused(other).find("evaluation 'corrupted' on 'tiny-c': expected images [1, 2, 2] of 3 classes"), std::string::npos)
      << refused(other);
  other = corrupted_pixels();
  other.height = 1, other.width = 4;
  EXPECT_NE(refused(other).find("found images [1, 1, 4]"), std::string::npos) << refused(other);
  other = corrupted_pixels();
  other.groups[0].name = "rain";
  EXPECT_NE(refused(other).find("'rain_error'"), std::string::npos) << refused(other);
}

}  // namespace
}  // namespace reprise::evaluations
