#include "suite/training/teacher.hpp"

#include <memory>
#include <utility>

#include "suite/errors.hpp"
#include "suite/training/backprop_phase.hpp"

namespace reprise::training {

namespace {

/// Samples and labels of a batch without what is done to rows inside a net.
class SamplesAlone : public execution::BatchReader {
 public:
  explicit SamplesAlone(const execution::BatchReader& batch) : batch_(batch) {}
  void fetch(std::int64_t slot, float* output) const override { batch_.fetch(slot, output); }
  std::int32_t label(std::int64_t slot) const override { return batch_.label(slot); }

 private:
  const execution::BatchReader& batch_;
};

}  // namespace

Teacher::Teacher(graph::Graph graph, const recipes::Recipe& recipe, const std::function<void(graph::Parameters&)>& weights,
                 parallel::Workers& workers, ranks::Team& team)
    : graph_(std::move(graph)), parameters_(graph_, team) {
  if (graph_.main_head().target != losses::Target::label)
    throw InputError(Complaint{"teacher", "a net that guesses labels", "another target", "Correct teacher.trial"});
  weights(parameters_);
  executor_ = std::make_unique<execution::Executor>(graph_, executor_options(recipe), parameters_, workers, team);
}

const std::vector<float>& Teacher::scores(const execution::Batch& batch) {
  const SamplesAlone samples(*batch.reader);
  scores_.resize(static_cast<std::size_t>(batch.count * classes()));
  executor_->evaluate({.reader = &samples, .count = batch.count, .seed = batch.seed, .step = batch.step}, layers::Mode::infer,
                      {.outputs = scores_.data()});
  return scores_;
}

}  // namespace reprise::training
