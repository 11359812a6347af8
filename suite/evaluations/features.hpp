#pragma once
// Features of images: values of nodes of a trained net, which runs over the whole of each image.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"
#include "suite/evaluations/final_evaluations.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::evaluations {

/// Features that belong to one node.
struct FeatureBlock {
  std::string node;
  std::int64_t first = 0, count = 0;  ///< columns
};

/// Rows of features [rows, columns], which the ranks of a node share.
struct FeatureTable {
  std::int64_t rows = 0, columns = 0;
  std::vector<FeatureBlock> blocks{};
  Memory memory{};

  const float* values() const { return reinterpret_cast<const float*>(memory.data()); }
  float* values() { return reinterpret_cast<float*>(memory.data()); }
};

/// The net that computes the features of a probe, with the trained weights.
class FeatureNet {
 public:
  /// For images like these. Keeps references to `inputs`, `learner` and `images`. Throws InputError for a node that the net has not, and
  /// for images that it cannot run over. Collective.
  FeatureNet(const EvaluationInputs& inputs, const recipes::ProbeRecipe& probe, const datasets::ImageSet& images);
  ~FeatureNet();

  const graph::Graph& graph() const;

  /// Features of the images at these places of `images`, a set like those of the constructor, in this order. Nothing if it was stopped.
  /// `name` of the progress, which goes from `from` to `to`. Collective.
  std::optional<FeatureTable> features(training::Learner& learner, const datasets::ImageSet& images,
                                       const std::vector<std::int64_t>& places, double from, double to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What the features of each node are divided by: the value that one in ten thousand of them on these rows exceeds; 1 where that is 0.
std::vector<double> scales_of(const FeatureTable& table);
/// Divides. Collective.
void divide(FeatureTable& table, const std::vector<double>& scales, ranks::Team& team);

}  // namespace reprise::evaluations
