#include "suite/layers/catalog.hpp"

#include <string>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/attention.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/capsule_lengths.hpp"
#include "suite/layers/capsule_mask.hpp"
#include "suite/layers/capsule_routing.hpp"
#include "suite/layers/channel_shuffle.hpp"
#include "suite/layers/class_token.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/coset_pool.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/drop_block.hpp"
#include "suite/layers/drop_path.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/feature_mix.hpp"
#include "suite/layers/first_token.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/frame_pool.hpp"
#include "suite/layers/frame_scores.hpp"
#include "suite/layers/gelu.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/global_max_pool.hpp"
#include "suite/layers/group_conv2d.hpp"
#include "suite/layers/kl_sparsity.hpp"
#include "suite/layers/layer_norm.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/locally_connected2d.hpp"
#include "suite/layers/log_avg_exp_pool.hpp"
#include "suite/layers/logistic.hpp"
#include "suite/layers/lstm.hpp"
#include "suite/layers/max_dropout.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/momentum_capsules.hpp"
#include "suite/layers/part_max_pool.hpp"
#include "suite/layers/per_frame.hpp"
#include "suite/layers/positions.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/layers/quantised_weights.hpp"
#include "suite/layers/reconstruction_penalty.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/scale.hpp"
#include "suite/layers/sequence_pool.hpp"
#include "suite/layers/shake_drop.hpp"
#include "suite/layers/shake_shake.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"
#include "suite/layers/softmax.hpp"
#include "suite/layers/spatial_transform.hpp"
#include "suite/layers/squash.hpp"
#include "suite/layers/stacked_frames.hpp"
#include "suite/layers/subsample.hpp"
#include "suite/layers/tanh.hpp"
#include "suite/layers/triangle.hpp"

namespace reprise::layers {

namespace {

template <class L>
std::unique_ptr<Layer> made(typename L::Options options) {
  return std::make_unique<L>(options);
}

}  // namespace

std::span<const CatalogEntry> catalog() {
  static const std::vector<CatalogEntry> rows{
      {"conv2d", [] { return made<Conv2d>({.filters = 5, .filter_size = 3, .padding = 1}); }, {{5, 6, 3}}},
      {"group_conv2d", [] { return made<GroupConv2d>({.filters = 3, .filter_size = 3, .padding = 1}); }, {{5, 6, 8}}},
      {"quantised_weights",
       [] {
         return made<QuantisedWeights>({.inner = std::make_shared<Conv2d>(Conv2d::Options{.filters = 5, .filter_size = 3, .padding = 1}),
                                        .quantiser = {.rule = WeightRule::dorefa, .bits = 3}});
       },
       {{5, 6, 3}}},
      {"clustered_weights",
       [] {
         return made<ClusteredWeights>(
             {.inner = std::make_shared<Conv2d>(Conv2d::Options{.filters = 5, .filter_size = 3, .padding = 1}), .values = 4});
       },
       {{5, 6, 3}}},
      {"locally_connected2d", [] { return made<LocallyConnected2d>({.filters = 5, .filter_size = 3, .padding = 1}); }, {{4, 5, 3}}},
      {"dense", [] { return made<Dense>({.features = 7}); }, {{1, 1, 11}}},
      {"max_pool2d", [] { return made<MaxPool2d>({.window = 3, .stride = 2, .padding = 0, .ceil = true}); }, {{6, 7, 3}}},
      {"average_pool2d", [] { return made<AveragePool2d>({.window = 3, .stride = 2, .padding = 1, .ceil = false}); }, {{6, 7, 3}}},
      {"global_average_pool", [] { return made<GlobalAveragePool>({}); }, {{4, 5, 3}}},
      {"global_max_pool", [] { return made<GlobalMaxPool>({}); }, {{4, 5, 3}}},
      {"part_max_pool", [] { return made<PartMaxPool>({.parts = 2}); }, {{5, 6, 3}}},
      {"coset_pool", [] { return made<CosetPool>({.orientations = 4}); }, {{4, 5, 12}}},
      {"log_avg_exp_pool",
       [] {
         return made<LogAvgExpPool>(
             {.window = 3, .stride = 2, .padding = 1, .ceil = false, .initial_temperature = 0.7, .learned = true, .per_channel = true});
       },
       {{5, 6, 3}}},
      {"batch_norm", [] { return made<BatchNorm>({}); }, {{3, 4, 5}}},
      {"local_response_norm", [] { return made<LocalResponseNorm>({.window = 3, .k = 1.5, .alpha = 0.3, .groups = 2}); }, {{3, 4, 10}}},
      {"relu", [] { return made<Relu>({}); }, {{3, 4, 5}}},
      {"quantised_activation",
       [] { return made<QuantisedActivation>({.rule = ActivationRule::pact, .bits = 3, .alpha = 0.75}); },
       {{3, 4, 5}}},
      {"logistic", [] { return made<Logistic>({}); }, {{3, 4, 5}}},
      {"tanh", [] { return made<Tanh>({}); }, {{3, 4, 5}}},
      {"gelu", [] { return made<Gelu>({}); }, {{3, 4, 5}}},
      {"scale", [] { return made<Scale>({.factor = 0.75}); }, {{3, 4, 5}}},
      {"triangle", [] { return made<Triangle>({.power = 1.4}); }, {{3, 4, 5}}},
      {"softmax", [] { return made<Softmax>({.gain = 2}); }, {{3, 4, 5}}},
      {"soft_hebb_conv2d",
       [] { return made<SoftHebbConv2d>({.filters = 5, .filter_size = 3, .padding = 1, .competition = {}, .plasticity = {.rate = 0.01}}); },
       {{5, 6, 3}}},
      {"dropout", [] { return made<Dropout>({.keep = 0.6, .form = DropoutForm::inverted}); }, {{3, 4, 5}}},
      {"add", [] { return made<Add>({}); }, {{3, 4, 5}, {3, 4, 5}, {3, 4, 5}}},
      {"channel_shuffle", [] { return made<ChannelShuffle>({.groups = 3}); }, {{3, 4, 6}}},
      {"concat", [] { return made<Concat>({}); }, {{3, 4, 5}, {3, 4, 2}}},
      {"spatial_transform", [] { return made<SpatialTransform>({.transform = Transform::affine}); }, {{4, 5, 2}, {1, 1, 6}}},
      {"flatten", [] { return made<Flatten>({}); }, {{3, 4, 5}}},
      {"squash", [] { return made<Squash>({.dimensions = 3}); }, {{2, 3, 6}}},
      {"capsule_routing", [] { return made<CapsuleRouting>({.routing = {.capsules = 4, .dimensions = 3, .iterations = 3}}); }, {{1, 5, 6}}},
      {"momentum_capsules", [] { return made<MomentumCapsules>({.blocks = 2}); }, {{1, 5, 4}}},
      {"capsule_lengths", [] { return made<CapsuleLengths>({}); }, {{1, 5, 4}}},
      {"capsule_mask", [] { return made<CapsuleMask>({.by_label = true}); }, {{1, 5, 4}}},
      {"reconstruction_penalty", [] { return made<ReconstructionPenalty>({.weight = 0.5}); }, {{1, 1, 5}, {1, 1, 12}, {2, 3, 2}}},
      {"layer_norm", [] { return made<LayerNorm>({}); }, {{3, 4, 5}}},
      {"attention", [] { return made<Attention>({.heads = 2, .keep = 0.75}); }, {{3, 3, 30}}},
      {"drop_path", [] { return made<DropPath>({.keep = 0.6}); }, {{3, 4, 5}}},
      {"drop_block", [] { return made<DropBlock>({.keep = 0.7, .size = 2, .ramps = false}); }, {{3, 4, 5}}},
      {"max_dropout", [] { return made<MaxDropout>({.rate = 0.5}); }, {{3, 4, 5}}},
      {"shake_shake", [] { return made<ShakeShake>({}); }, {{3, 4, 5}, {3, 4, 5}}},
      {"shake_drop", [] { return made<ShakeDrop>({.keep = 0.5}); }, {{3, 4, 5}}},
      {"feature_mix", [] { return made<FeatureMix>({.place = 0}); }, {{3, 4, 5}}},
      {"subsample", [] { return made<Subsample>({.stride = 2, .offset = -1, .channels = 7}); }, {{5, 6, 3}}},
      {"positions", [] { return made<Positions>({}); }, {{3, 4, 5}}},
      {"class_token", [] { return made<ClassToken>({}); }, {{3, 4, 5}}},
      {"first_token", [] { return made<FirstToken>({}); }, {{7, 1, 5}}},
      {"sequence_pool", [] { return made<SequencePool>({}); }, {{3, 4, 5}}},
      {"per_frame",
       [] { return made<PerFrame>({.layer = std::make_shared<Conv2d>(Conv2d::Options{.filters = 5, .filter_size = 3}), .frames = 3}); },
       {{12, 5, 3}}},
      {"frame_pool", [] { return made<FramePool>({.frames = 5, .window = 3, .stride = 2}); }, {{10, 3, 5}}},
      {"stacked_frames", [] { return made<StackedFrames>({.frames = 5, .window = 3, .stride = 2}); }, {{10, 3, 5}}},
      {"lstm", [] { return made<Lstm>({.cells = 5}); }, {{4, 1, 7}}},
      {"frame_scores", [] { return made<FrameScores>({.average = FrameAverage::weighted}); }, {{4, 1, 7}}},
      {"kl_sparsity", [] { return made<KlSparsity>({.target = 0.1, .weight = 0.5}); }, {{3, 4, 5}}},
  };
  return rows;
}

const CatalogEntry& catalog_entry(std::string_view name) {
  std::string known;
  for (const CatalogEntry& row : catalog()) {
    if (row.name == name) return row;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw InputError(Complaint{"layer", "one of " + known, "'" + std::string(name) + "'", "correct the name"});
}

}  // namespace reprise::layers
