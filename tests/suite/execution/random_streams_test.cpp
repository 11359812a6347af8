// Random numbers follow names: what is drawn for a node depends on its own name, not on what stands around it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "suite/errors.hpp"
#include "suite/execution/executor.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/relu.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/execution/made_up_batch.hpp"

namespace reprise::execution {
namespace {

template <class L>
std::shared_ptr<const layers::Layer> make(typename L::Options options = {}) {
  return std::make_shared<L>(options);
}

std::map<std::string, std::vector<float>> initial_values(const graph::Graph& graph) {
  graph::Parameters parameters(graph);
  parameters.initialise(7);
  std::map<std::string, std::vector<float>> values;
  for (const graph::Parameter& parameter : parameters.list())
    values[parameter.name].assign(parameters.of(parameter), parameters.of(parameter) + parameter.count);
  return values;
}

/// Every value 1.
class Ones : public BatchReader {
 public:
  void fetch(std::int64_t, float* output) const override { std::fill_n(output, 4096, 1.0F); }
  std::int32_t label(std::int64_t) const override { return 0; }
};

/// What is left of 4096 ones, under mask number 1.
std::vector<float> kept_by(const graph::Graph& graph) {
  graph::Parameters parameters(graph);
  parallel::Workers workers(1);
  Executor executor(graph, {.net = {.batch = 1, .shard = 1}}, parameters, workers);
  executor.load_weights();
  std::vector<float> outputs(4096);
  const Ones ones;
  executor.evaluate({.reader = &ones, .count = 1, .seed = 7, .step = 1}, layers::Mode::infer_with_dropout, {.outputs = outputs.data()});
  return outputs;
}

std::shared_ptr<const layers::Layer> halving() {
  return make<layers::Dropout>({.keep = 0.5, .form = layers::DropoutForm::non_inverted});
}

TEST(RandomStreams, channel_of_a_name_is_its_xxh32) {
  EXPECT_EQ(random::name_hash(""), 0x02CC5D05U);     // of the algorithm's specification
  EXPECT_EQ(random::name_hash("abc"), 0x32D153FFU);  // likewise
  EXPECT_EQ(random::name_hash("conv1/weight"), 0xD5EFD484U);
}

TEST(RandomStreams, a_node_in_the_middle_leaves_the_initial_values_of_its_neighbours) {
  graph::Graph plain({4, 4, 1}), with_more({4, 4, 1});
  for (graph::Graph* graph : {&plain, &with_more}) {
    graph->add("first", make<layers::Dense>({.features = 6}));
    if (graph == &with_more) graph->add("between", make<layers::Dense>({.features = 6}));
    graph->add("last", make<layers::Dense>({.features = 3}));
  }
  const auto before = initial_values(plain), after = initial_values(with_more);
  for (const auto& [name, values] : before) EXPECT_EQ(values, after.at(name)) << name;
  EXPECT_EQ(after.size(), before.size() + 2);
}

TEST(RandomStreams, equal_layers_of_different_names_start_unlike) {
  graph::Graph graph({4, 4, 1});
  graph.add("a", make<layers::Dense>({.features = 16}));
  graph.add("b", make<layers::Dense>({.features = 16}));
  const auto values = initial_values(graph);
  int equal = 0;
  for (std::size_t i = 0; i < 256; ++i) equal += values.at("a/weight")[i] == values.at("b/weight")[i];
  EXPECT_LE(equal, 2);  // draws have 24 bits
}

TEST(RandomStreams, a_node_in_the_middle_leaves_the_masks_behind_it) {
  graph::Graph plain({64, 64, 1}), with_more({64, 64, 1});
  with_more.add("rectified", make<layers::Relu>());
  for (graph::Graph* graph : {&plain, &with_more}) graph->add("drop", halving());
  EXPECT_EQ(kept_by(plain), kept_by(with_more));
}

TEST(RandomStreams, two_dropouts_in_a_row_keep_a_quarter) {
  graph::Graph first({64, 64, 1}), both({64, 64, 1});
  for (graph::Graph* graph : {&first, &both}) graph->add("drop1", halving());
  both.add("drop2", halving());
  const std::vector<float> once = kept_by(first), twice = kept_by(both);
  int kept_once = 0, kept_twice = 0;
  for (std::size_t i = 0; i < once.size(); ++i) {
    kept_once += once[i] != 0;
    kept_twice += twice[i] != 0;
    EXPECT_LE(twice[i], once[i]);
  }
  // Five standard deviations of a binomial count of 4096.
  EXPECT_NEAR(kept_once, 2048, 5 * std::sqrt(4096 * 0.25));
  EXPECT_NEAR(kept_twice, 1024, 5 * std::sqrt(4096 * 0.1875));
}

TEST(RandomStreams, a_graph_refuses_names_that_would_draw_the_same) {
  // XXH32 of both is the same.
  const std::string one = "layer91156", other = "layer102589";
  ASSERT_EQ(random::name_hash(one + "/weight"), random::name_hash(other + "/weight"));
  const auto complaint_of = [](auto build) -> std::string {
    try {
      build();
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  const std::string parameters = complaint_of([&] {
    graph::Graph graph({2, 2, 1});
    graph.add(one, make<layers::Dense>({.features = 2}));
    graph.add(other, make<layers::Dense>({.features = 2}));
  });
  EXPECT_NE(parameters.find("parameter 'layer102589/weight'"), std::string::npos) << parameters;
  EXPECT_NE(parameters.find("hash of 'layer91156/weight'"), std::string::npos) << parameters;
  const std::string nodes = complaint_of([&] {
    graph::Graph graph({2, 2, 1});
    graph.add(one + "/weight", halving());
    graph.add(other + "/weight", halving());
  });
  EXPECT_NE(nodes.find("node 'layer102589/weight'"), std::string::npos) << nodes;
  const std::string twice = complaint_of([&] {
    graph::Graph graph({2, 2, 1});
    graph.add("input", halving());
  });
  EXPECT_NE(twice.find("a second node of this name"), std::string::npos) << twice;
}

}  // namespace
}  // namespace reprise::execution
