#include "suite/graph/other_output.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"

namespace reprise::graph {
namespace {

TEST(OtherOutput, has_what_the_node_needs_and_ends_there) {
  Graph net(SampleShape{1, 1, 5});
  const NodeId first = net.add("first", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 4}));
  net.add("main", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}), {first});
  net.add("other.relu", std::make_shared<layers::Relu>(), {first});
  net.add("other", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  net.add("behind", std::make_shared<layers::Relu>());
  const Graph other = with_output(net, "other");
  std::vector<std::string> names;
  for (const Node& node : other.nodes()) names.push_back(node.name);
  EXPECT_EQ(names, (std::vector<std::string>{net.node(0).name, "first", "other.relu", "other"}));
  EXPECT_EQ(other.node(other.output()).name, "other");
  EXPECT_EQ(other.trained_parameters(), 5 * 4 + 4 + 4 * 2 + 2);
  EXPECT_THROW(with_output(net, "none"), InputError);
}

}  // namespace
}  // namespace reprise::graph
