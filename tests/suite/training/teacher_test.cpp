// A net that learns from another one's scores: what the other sees, steps followed by hand, and that it changes nothing where it must not.

#include "suite/training/teacher.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/dense.hpp"
#include "suite/losses/distillation.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {
namespace {

using Floats = std::vector<float>;

graph::Graph dense(std::int64_t classes = 2) {
  graph::Graph graph({1, 2, 1});
  graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = classes, .bias = false}));
  return graph;
}

const Floats kTaught{0.5f, -0.25f, -1, 0.75f};

/// Two pixels, two classes; the teacher is a net of the same kind with kTaught.
SmallTraining taught(double weight, double temperature) {
  SmallTraining setup;
  setup.train.pixels = {1, 2, 3, 0, 2, 2, 0, 1, 4, 1, 2, 3, 5, 0};
  setup.train.labels = {0, 1, 1, 0, 1, 0, 0};
  setup.test = setup.train;
  setup.graph = dense();
  setup.graph.set_main_loss(std::make_shared<losses::Distillation>(weight, temperature));
  setup.recipe.batch = 4, setup.recipe.shard = 2;
  setup.recipe.epochs = 3, setup.recipe.evaluations = 1;
  setup.recipe.optimizer.learning_rate.value = 0.25;
  setup.recipe.teacher.trial = "other";
  setup.teacher = std::make_shared<graph::Graph>(dense());
  setup.teacher_weights["dense/weight"] = kTaught;
  return setup;
}

TEST(Teacher, that_says_the_same_changes_nothing_and_so_sees_what_the_net_sees) {
  for (const auto& [augmentation, mixing] :
       {std::pair<std::vector<std::string>, std::vector<std::string>>{{}, {}}, {{"flip"}, {}}, {{"flip"}, {"mixup"}}}) {
    SmallTraining setup = taught(1, 4);
    setup.recipe.augmentation = augmentation, setup.recipe.mixing = mixing;
    SmallRun run(setup);
    run.set_weights("dense/weight", kTaught);
    for (const double loss : run.step_losses()) EXPECT_EQ(loss, 0);
    EXPECT_EQ(run.weights("dense/weight"), kTaught);
  }
}

/// Scores q of the teacher and p of the net, both over the temperature: the weight of class k and pixel i loses
/// rate / 2 * sum over both samples of T (p_k - q_k) x_i.
TEST(Teacher, moves_the_weights_by_the_difference_of_soft_probabilities) {
  constexpr double kTemperature = 2, kRate = 0.25;
  SmallTraining setup = taught(1, kTemperature);
  setup.train.pixels = setup.test.pixels = {1, 2, 3, 0};
  setup.train.labels = setup.test.labels = {0, 1};
  setup.recipe.batch = 2, setup.recipe.steps = 1;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.run();
  const Floats found = run.weights("dense/weight");
  const double x[2][2] = {{1, 2}, {3, 0}};
  for (std::size_t k = 0; k < 2; ++k)
    for (std::size_t i = 0; i < 2; ++i) {
      double gradient = 0;
      for (const auto& pixels : x) {
        double scores[2];
        for (std::size_t c = 0; c < 2; ++c)
          scores[c] =
              (static_cast<double>(kTaught[2 * c]) * pixels[0] + static_cast<double>(kTaught[2 * c + 1]) * pixels[1]) / kTemperature;
        const double q = std::exp(scores[k]) / (std::exp(scores[0]) + std::exp(scores[1]));
        gradient += kTemperature * (0.5 - q) * pixels[i];
      }
      EXPECT_NEAR(found[2 * k + i], -kRate * gradient / 2, 1e-6) << k << " " << i;
    }
}

TEST(Teacher, without_weight_leaves_the_bits_of_a_run_without_one) {
  SmallTraining alone = taught(0, 4);
  alone.graph = dense();
  alone.recipe.teacher = {};
  alone.teacher = nullptr;
  SmallRun with(taught(0, 4)), without(alone);
  EXPECT_EQ(with.step_losses(), without.step_losses());
  EXPECT_EQ(with.weights("dense/weight"), without.weights("dense/weight"));
  SmallRun weighing(taught(0.5, 4));
  weighing.run();
  EXPECT_NE(weighing.weights("dense/weight"), with.weights("dense/weight"));
}

/// With statistics of the batch its scores would be others.
TEST(Teacher, norms_with_its_running_statistics) {
  SmallTraining setup = taught(1, 1);
  auto teacher = std::make_shared<graph::Graph>(SampleShape{1, 2, 1});
  teacher->add("norm", std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{}));
  teacher->add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2, .bias = false}));
  setup.teacher = teacher;
  setup.teacher_weights["norm/running_mean"] = {0};
  setup.teacher_weights["norm/running_var"] = {1};
  SmallRun run(setup);
  run.set_weights("dense/weight", kTaught);
  for (const double loss : run.step_losses()) EXPECT_NEAR(loss, 0, 1e-6);  // an epsilon is added to the variance
}

TEST(Teacher, is_the_same_on_any_number_of_threads_and_after_a_stop) {
  SmallTraining setup = taught(0.7, 3);
  SmallRun whole(setup);
  whole.run();
  setup.threads = 3;
  SmallRun stopped(setup), resumed(setup);
  resumed.learner().restore(stopped.stop_after(3));
  resumed.run();
  EXPECT_EQ(resumed.weights("dense/weight"), whole.weights("dense/weight"));
  EXPECT_EQ(resumed.record().weight_digests, whole.record().weight_digests);
}

TEST(Teacher, must_be_there_if_the_recipe_has_one_and_know_the_same_classes) {
  SmallTraining absent = taught(0.5, 1), uncalled = taught(0.5, 1), other = taught(0.5, 1);
  absent.teacher = nullptr;
  EXPECT_THROW(SmallRun{absent}, InputError);
  uncalled.recipe.teacher = {};
  EXPECT_THROW(SmallRun{uncalled}, InputError);
  other.teacher = std::make_shared<graph::Graph>(dense(3));
  other.teacher_weights.clear();
  EXPECT_THROW(SmallRun{other}, InputError);
}

}  // namespace
}  // namespace reprise::tests
