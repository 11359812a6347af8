#pragma once
// A training small enough to be followed by hand: a graph, images in memory, labels and a recipe. Tests see the training through this
// file alone.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/records/run_record.hpp"
#include "suite/training/learner.hpp"

namespace reprise::tests {

/// Images whose values are what the net reads (unless the recipe preprocesses them): `pixels` [n, height, width, channels].
struct SmallImages {
  int height = 1, width = 2, channels = 1;
  int classes = 2;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;  ///< [n]
};

struct SmallTraining {
  graph::Graph graph{SampleShape{1, 2, 1}};
  recipes::Recipe recipe;
  SmallImages train, test;
  SmallImages labelled{};  ///< what a classifier sees after unsupervised learning; without labels: all of train
  /// Another net whose scores are learned, with values of its parameters by name, those of others being drawn; null: none.
  std::shared_ptr<const graph::Graph> teacher{};
  std::map<std::string, std::vector<float>> teacher_weights{};
  std::uint64_t seed = 1;
  int threads = 2;
};

/// A learner with all that it refers to.
class SmallRun {
 public:
  explicit SmallRun(SmallTraining setup);
  ~SmallRun();

  training::Learner& learner();
  const SmallTraining& setup() const;
  const datasets::SampleSource& train() const;
  const datasets::SampleSource& test() const;
  parallel::Workers& workers();
  /// Before the first step, or between two runs: values of a parameter, "dense/weight" in plain row-major order.
  void set_weights(const std::string& name, const std::vector<float>& values);
  std::vector<float> weights(const std::string& name);
  bool run(const training::Controls& controls = {});
  /// Losses per sample as each step reports them.
  std::vector<double> step_losses();
  /// Runs until `step` steps are done, before the first evaluation; returns the checkpoint that is then saved.
  records::Checkpoint stop_after(std::int64_t step);
  records::RunRecord record() const;
  std::vector<double> metric(const std::string& name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::tests
