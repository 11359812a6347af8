// Nets whose weights share values: what they start with, and that a run trains the values and nothing else of them.

#include "suite/runs/clustered_start.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "run_folder.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/dense.hpp"
#include "suite/records/result_file.hpp"
#include "suite/runs/run_trial.hpp"
#include "suite/runs/verification.hpp"

namespace reprise::runs {
namespace {

using Floats = std::vector<float>;
using Tensors = std::map<std::string, records::Tensor>;

graph::Graph shared(std::int64_t features) {
  graph::Graph graph({1, 1, 3});
  const auto dense = [](std::int64_t units) { return std::make_shared<layers::Dense>(layers::Dense::Options{.features = units}); };
  graph.add("hidden", std::make_shared<layers::ClusteredWeights>(layers::ClusteredWeights::Options{.inner = dense(features), .values = 2}));
  graph.add("logits", dense(2));
  return graph;
}

TEST(ClusteredStart, gives_codebooks_and_clusters_and_leaves_the_rest) {
  const Tensors plain{
      {"hidden.weight", {{2, 3}, {1, 3, 1, 5, 3, 5}}}, {"hidden.bias", {{2}, {7, 8}}}, {"logits.weight", {{2, 2}, {1, 2, 3, 4}}}};
  const Tensors taken = clustered_start(shared(2), plain);
  EXPECT_EQ(taken.at("hidden.codebook").shape, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(taken.at("hidden.codebook").values, (Floats{2, 5})) << "1 and 5 begin; 3 is as near to 1";
  EXPECT_EQ(taken.at("hidden.cluster").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(taken.at("hidden.cluster").values, (Floats{0, 0, 0, 1, 0, 1}));
  EXPECT_EQ(taken.at("hidden.bias").values, (Floats{7, 8}));
  EXPECT_EQ(taken.at("logits.weight").values, (Floats{1, 2, 3, 4}));
  EXPECT_EQ(taken.count("logits.codebook"), 0u);
}

TEST(ClusteredStart, takes_a_codebook_that_is_there_and_refuses_another_shape) {
  const Tensors clustered{{"hidden.codebook", {{2}, {1, 2}}}, {"hidden.cluster", {{2, 3}, {0, 1, 0, 1, 0, 1}}}};
  EXPECT_EQ(clustered_start(shared(2), clustered).at("hidden.codebook").values, (Floats{1, 2}));
  EXPECT_THROW(clustered_start(shared(4), {{"hidden.weight", {{2, 3}, {1, 2, 3, 4, 5, 6}}}}), InputError);
}

class ClusteredRun : public RunFolder {
 protected:
  static recipes::Recipe recipe(const std::string& trial) {
    return catalog::resolve("resource-efficient", trial, "smoke",
                            {{"dataset", "synthetic-gray28"}, {"train_images", "60"}, {"test_images", "20"}, {"batch", "20"}});
  }
  RunOptions options(const std::string& out) const {
    RunOptions kept = RunFolder::options(out);
    kept.keep_weights = true;
    return kept;
  }
  records::RunRecord run(const std::string& trial, const std::string& out = "out") const {
    return records::read_result(run_trial(recipe(trial), 2, options(out)).file);
  }
};

TEST_F(ClusteredRun, trains_the_values_and_not_who_shares_them) {
  const records::RunRecord started = run("lenet-clusters-4");
  const Tensors from = clustered_start(catalog::build_model(recipe("lenet-clusters-4"), {28, 28, 1}, 10), run("lenet-start").weights);
  for (const char* node : {"conv2", "dense1", "dense2"}) {
    const std::string codebook = std::string(node) + ".codebook", cluster = std::string(node) + ".cluster";
    EXPECT_EQ(started.weights.at(cluster).values, from.at(cluster).values) << node;
    EXPECT_EQ(started.weights.at(codebook).values.size(), 4u);
    EXPECT_NE(started.weights.at(codebook).values, from.at(codebook).values) << node;
    const Floats& places = from.at(cluster).values;
    EXPECT_EQ(std::set<float>(places.begin(), places.end()).size(), 4u) << node;
  }
  EXPECT_EQ(started.weights.count("conv1.codebook") + started.weights.count("logits.codebook"), 0u) << "the edges stay as they are";
}

TEST_F(ClusteredRun, is_verified_from_its_start_on) {
  const records::Divergence divergence = verify_run(run("lenet-clusters-4"), {}, options("elsewhere"));
  EXPECT_FALSE(divergence.differs) << records::divergence_text(divergence);
  EXPECT_GT(divergence.rows, 0);
}

}  // namespace
}  // namespace reprise::runs
