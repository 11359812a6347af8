#pragma once
// Blocks that several papers' nets are made of.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"

namespace reprise::models {

/// "NAME.norm", "NAME.relu". Returns the latter.
graph::NodeId norm_relu(graph::Graph& graph, const std::string& name, const layers::BatchNorm::Options& norm = {});

/// "NAME", a convolution that keeps the size but for its stride, then norm_relu.
graph::NodeId convolution_norm_relu(graph::Graph& graph, const std::string& name, std::int64_t width, std::int64_t filter_size,
                                    std::int64_t stride);

/// A residual block with norm and ReLU in front of each convolution (He et al. 2016, arXiv 1603.05027).
struct PreActivationBlock {
  std::vector<std::int64_t> kernels{3, 3};  ///< of its convolutions
  double inner = 1;                         ///< filters of all but the last one, as a share of the last one's; at least one filter
  double keep = 1;                          ///< inverted dropout in front of the last one
  layers::Conv2d::Options convolution{};    ///< bias and start; the block sets filters, filter_size, stride and padding
  layers::BatchNorm::Options norm{};

  /// x + conv(relu(norm(... conv(relu(norm(x)))))); where the shape changes, a 1x1 convolution of the first relu(norm(x)) in place of x.
  /// Nodes: NAME.1.norm, NAME.1.relu, NAME.conv1, ..., NAME.shortcut, NAME.add.
  void put(graph::Graph& graph, const std::string& name, std::int64_t width, std::int64_t stride) const;
};

/// mlpconv: a convolution, then 1x1 convolutions, ReLU after each (Lin et al. 2014, arXiv 1312.4400, section 3.1).
struct MlpConvBlock {
  std::vector<std::int64_t> widths;  ///< of the convolution, then of the 1x1 convolutions
  std::int64_t filter_size = 5;
  /// Standard deviation of each convolution's normal start; empty: He et al. 2015.
  std::vector<double> deviations{};
  bool last_relu = true;

  /// Keeps the size. Nodes of block k, counted from 1, and its n 1x1 convolutions: conv_k, cccp_(nk - n + 1), ..., cccp_nk, each with its
  /// relu: "conv2", "conv2.relu", "cccp3", "cccp3.relu", "cccp4", "cccp4.relu".
  void put(graph::Graph& graph, std::int64_t block) const;
};

/// The last node holds one map a class: its mean over all positions is the class's logit (global average pooling, ibid., section 3.2).
/// "average", softmax and cross-entropy.
void put_class_maps_head(graph::Graph& graph);

/// The last node holds logits of classes: softmax and cross-entropy.
void put_softmax_head(graph::Graph& graph);

/// "logits", a dense layer of `classes` outputs, and the head.
void put_classifier(graph::Graph& graph, int classes, layers::Dense::Options options = {});

}  // namespace reprise::models
