// Nets of gcnn: counts of the paper, and what a net does when its images are turned.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/execution/executor.hpp"
#include "tests/experiments/model_outline.hpp"
#include "tests/suite/execution/made_up_batch.hpp"
#include "tests/suite/layers/turned_maps.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::experiments {
namespace {

using tests::Doubles;

const SampleShape kDigit{28, 28, 1};

Graph net_of(const std::string& trial, const std::string& scale, const SampleShape& input,
             const std::vector<catalog::Override>& overrides = {}) {
  return catalog::build_model(catalog::resolve("gcnn", trial, scale, overrides), input, 10);
}

struct Count {
  const char* trial;
  std::int64_t parameters;
  double million_macs;
};

void expect_counts(const Count& expected, const std::string& scale, const SampleShape& input) {
  const Graph graph = net_of(expected.trial, scale, input);
  EXPECT_EQ(graph.trained_parameters(), expected.parameters) << expected.trial;
  const double unit = expected.million_macs < 20 ? 100 : 10;  // to the digits that are given
  EXPECT_EQ(std::round(static_cast<double>(graph.forward_macs()) / 1e6 * unit) / unit, expected.million_macs) << expected.trial;
}

/// Counted by hand from the layer lists; those of Table 2 agree with what the paper rounds.
TEST(Gcnn, nets_of_the_paper_have_the_counted_parameters_and_cost) {
  for (const Count& count : {Count{"z2cnn", 21750, 2.98}, Count{"p4cnn", 24680, 11.67}, Count{"p4cnn-rotation-pooling", 21750, 11.90}})
    expect_counts(count, "paper", kDigit);
  for (const Count& count : {Count{"allcnn-z2", 1372254, 281.2}, Count{"allcnn-p4", 1371006, 1119.9}, Count{"allcnn-p4m", 1219678, 1989.4},
                             Count{"resnet44-z2", 2639434, 388.9}, Count{"resnet44-p4m", 2622878, 3069.9},
                             Count{"resnet26-z2", 7236046, 1075.7}, Count{"resnet26-p4m", 7173110, 8525.2}})
    expect_counts(count, "paper", kColour);
}

TEST(Gcnn, nets_of_the_desk_have_the_counted_parameters_and_cost) {
  for (const Count& count : {Count{"allcnn-z2", 87342, 18.09}, Count{"allcnn-p4", 87030, 71.2}, Count{"allcnn-p4m", 77614, 126.2},
                             Count{"resnet44-z2", 175626, 26.7}, Count{"resnet44-p4m", 178832, 219.5}})
    expect_counts(count, "desk", kColour);
}

TEST(Gcnn, parameters_round_to_those_of_table_2) {
  const catalog::Paper paper = catalog::load_paper("gcnn");
  for (const char* net : {"allcnn-z2", "allcnn-p4", "allcnn-p4m", "resnet44-z2", "resnet44-p4m"}) {
    const auto* published = paper.find_published(std::string("table2-") + net + "-params");
    ASSERT_NE(published, nullptr);
    EXPECT_NEAR(static_cast<double>(net_of(net, "paper", kColour).trained_parameters()), published->value, 5000) << net;
  }
}

TEST(Gcnn, thin_nets_cost_what_the_net_on_the_plane_costs) {
  for (const char* scale : {"desk", "paper"})
    for (const auto& [thin, plane] :
         {std::pair{"allcnn-p4-thin", "allcnn-z2"}, {"allcnn-p4m-thin", "allcnn-z2"}, {"resnet44-p4m-thin", "resnet44-z2"}}) {
      const double ratio = static_cast<double>(net_of(thin, scale, kColour).forward_macs()) /
                           static_cast<double>(net_of(plane, scale, kColour).forward_macs());
      EXPECT_NEAR(ratio, 1, 0.025) << thin << " " << scale;  // the layer of the classes has 4 or 8 times the maps
    }
}

TEST(Gcnn, layers_stand_where_the_paper_has_them) {
  const Graph plane = net_of("z2cnn", "paper", kDigit), turns = net_of("p4cnn", "paper", kDigit),
              pooled = net_of("p4cnn-rotation-pooling", "paper", kDigit);
  EXPECT_TRUE(has(plane, "l1.dropout") && !has(plane, "l2.dropout") && has(plane, "l6.dropout") && !has(turns, "l1.dropout"));
  EXPECT_EQ(input_of(plane, "pool"), "l2.relu");
  EXPECT_EQ(input_of(turns, "rotations"), "top");
  EXPECT_EQ(turns.node(turns.find("l6.relu")).shape, (SampleShape{4, 4, 40}));
  EXPECT_EQ(pooled.node(pooled.find("l6.rotations")).shape, (SampleShape{4, 4, 20}));
  EXPECT_EQ(layer_of(turns, "l1").summary(), "group_conv2d p4 from the plane 3x3, 10");
  EXPECT_EQ(layer_of(turns, "l2").summary(), "group_conv2d p4 3x3, 10");
  EXPECT_EQ(layer_of(turns, "l2.norm").summary(), "batch_norm, epsilon 2e-05, 4 orientations");
  const Graph all = net_of("allcnn-p4m", "paper", kColour);
  EXPECT_EQ(layer_of(all, "l6").summary(), "group_conv2d p4m 3x3, 64, stride 2, pad 1");
  EXPECT_EQ(input_of(all, "orientations"), "l9.relu");  // the class maps have norm and ReLU
  EXPECT_EQ(layer_of(all, "orientations").summary(), "coset_pool average over 8");
  const Graph residual = net_of("resnet44-p4m", "paper", kColour);
  EXPECT_EQ(input_of(residual, "stage2.block1.shortcut"), "stage1.block7.add");  // of x itself, not of relu(norm(x))
  EXPECT_FALSE(has(residual, "stage1.block1.shortcut"));
  EXPECT_EQ(residual.node(residual.find("average")).shape, (SampleShape{1, 1, 8 * 45}));
}

TEST(Gcnn, initial_deviations_are_those_of_the_code) {
  const auto start = [](const Graph& graph, const char* node) { return parameter_of(graph, node).initialisation; };
  using Kind = layers::Initialisation::Kind;
  const Graph digits = net_of("p4cnn", "paper", kDigit);
  EXPECT_EQ(start(digits, "l2").kind, Kind::fan_in_normal);
  EXPECT_EQ(start(digits, "l2").fan_in, 4 * 10 * 9);
  EXPECT_EQ(start(net_of("allcnn-z2", "paper", kColour), "l4").value, 0.05);
  EXPECT_EQ(start(net_of("allcnn-p4m", "paper", kColour), "l4").value, 0.035);
  EXPECT_EQ(start(net_of("resnet44-p4m", "paper", kColour), "conv1").kind, Kind::he_normal);
}

TEST(Gcnn, options_out_of_range_are_refused) {
  EXPECT_THROW(net_of("p4cnn", "paper", kDigit, {{"model.net", "p6cnn"}}), InputError);
  EXPECT_THROW(net_of("allcnn-p4", "paper", kColour, {{"model.group", "p6"}}), InputError);
  EXPECT_THROW(net_of("resnet44-p4m", "paper", kColour, {{"model.blocks", "0"}}), InputError);
}

/// Made-up images, each turned by u.
class Turned : public execution::BatchReader {
 public:
  Turned(const SampleShape& shape, int u) : shape_(shape), plain_(shape, 10), u_(u) {}
  void fetch(std::int64_t slot, float* output) const override {
    std::vector<float> image(static_cast<std::size_t>(shape_.size()));
    plain_.fetch(slot, image.data());
    const Doubles turned = tests::turned(u_, Doubles(image.begin(), image.end()), shape_.height, 1, shape_.channels);
    std::copy(turned.begin(), turned.end(), output);
  }
  std::int32_t label(std::int64_t slot) const override { return plain_.label(slot); }

 private:
  SampleShape shape_;
  execution::MadeUpSamples plain_;
  int u_;
};

/// A net that has learned for two steps, so that norms have statistics and biases are not 0.
class LearnedNet {
 public:
  LearnedNet(const std::string& trial, const SampleShape& input)
      : graph_(net_of(trial, "smoke", input)), workers_(2), parameters_(graph_), executor_(graph_, options(), parameters_, workers_) {
    parameters_.initialise(3);
    executor_.load_weights();
    optimizers::OptimizerRecipe recipe{.kind = "adam", .learning_rate = {.value = 0.01}, .momentum = {}, .frozen = {}};
    optimizers::Optimizer optimizer(recipe, parameters_);
    const execution::MadeUpSamples samples(input, 10, 11);
    for (std::uint64_t step = 0; step < 2; ++step)
      executor_.train_step({&samples, kImages, 1, step}, optimizer, optimizer.terms(static_cast<std::int64_t>(step), 2));
  }

  /// What a node holds for images turned by u.
  Doubles values(const std::string& node, int u) {
    const graph::NodeId id = graph_.find(node);
    std::vector<float> values(static_cast<std::size_t>(kImages * graph_.node(id).shape.size()));
    const Turned images(graph_.node(0).shape, u);
    execution::Readout readout;
    readout.node = id;
    readout.values = values.data();
    executor_.evaluate({&images, kImages, 1, 0}, layers::Mode::infer, readout);
    return Doubles(values.begin(), values.end());
  }

  /// How far the values for turned images are from turned values, as a part of what rounding allows: planes 0 for values that shall stay.
  double unlike(const std::string& node, int u, int planes) {
    const SampleShape shape = graph_.node(graph_.find(node)).shape;
    Doubles expected = values(node, 0);
    if (planes > 0) expected = tests::turned(u, expected, shape.height, planes, shape.channels / planes);
    // Up to 13 convolutions with sums of up to 8 * 8 * 9 terms, whose order changes.
    return tests::difference(values(node, u), expected, 13 * tests::sum_of(8 * 8 * 9), tests::kRoundoffF32).ratio;
  }

 private:
  static constexpr std::int64_t kImages = 3;
  static execution::ExecutorOptions options() { return {.net = {.batch = kImages, .shard = 2}}; }

  Graph graph_;
  parallel::Workers workers_;
  graph::Parameters parameters_;
  execution::Executor executor_;
};

TEST(GcnnTurns, digits_turned_by_quarters_turn_the_maps_and_keep_the_logits) {
  LearnedNet p4cnn("p4cnn", kDigit), pooled("p4cnn-rotation-pooling", kDigit), plane("z2cnn", kDigit);
  for (int u = 1; u < 4; ++u) {
    EXPECT_LE(p4cnn.unlike("l1.relu", u, 4), 1) << u;
    EXPECT_LE(p4cnn.unlike("pool", u, 4), 1) << u;
    EXPECT_LE(p4cnn.unlike("l6.relu", u, 4), 1) << u;
    EXPECT_LE(p4cnn.unlike("logits", u, 0), 1) << u;
    EXPECT_LE(pooled.unlike("l6.rotations", u, 1), 1) << u;
    EXPECT_LE(pooled.unlike("logits", u, 0), 1) << u;
    EXPECT_GT(plane.unlike("logits", u, 0), 20) << u;
  }
  EXPECT_GT(p4cnn.unlike("logits", 4, 0), 20);  // p4 has no mirror images
}

TEST(GcnnTurns, nets_with_strides_commute_with_all_of_p4m_on_odd_sizes_and_not_on_even_ones) {
  const SampleShape odd{33, 33, 3};
  LearnedNet all("allcnn-p4m", odd), turns("allcnn-p4", odd), residual("resnet44-p4m", odd), even("allcnn-p4m", kColour);
  for (int u = 1; u < 8; ++u) {
    EXPECT_LE(all.unlike("l9.relu", u, 8), 1) << u;
    EXPECT_LE(all.unlike("logits", u, 0), 1) << u;
    EXPECT_LE(residual.unlike("final.relu", u, 8), 1) << u;
    if (u < 4) {
      EXPECT_LE(turns.unlike("logits", u, 0), 1) << u;
    }
  }
  EXPECT_GT(even.unlike("logits", 1, 0), 20);
  EXPECT_GT(turns.unlike("logits", 4, 0), 20);
  // Features turn, but the classifier reads each orientation with weights of its own.
  EXPECT_GT(residual.unlike("logits", 1, 0), 20);
}

}  // namespace
}  // namespace reprise::experiments
