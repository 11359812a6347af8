#pragma once

#include <memory>
#include <vector>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// A layer applied to every frame of a clip with the same parameters. Frames lie one below the other: a clip [T*H, W, C] is T samples
/// [H, W, C] in memory, so this is the layer itself on N*T samples, to the bit, and the gradients of its parameters are sums over frames.
///
///   inputs [N, T*H, W, C]     T = frames; each input of the layer is cut into as many frames
///   output [N, T*P, Q, K]     [P, Q, K] = what the layer makes of [H, W, C]
///
/// A frame's random draws are those of slot * T + t of the batch. The layer may not couple samples, nor read labels.
/// Throws InputError for such a layer and for frames below 1, ShapeError if an input's height is not a multiple of the frames.
class PerFrame : public Layer {
 public:
  struct Options {
    std::shared_ptr<const Layer> layer{};
    std::int64_t frames = 1;
  };
  explicit PerFrame(Options options);
  const Layer& layer() const { return *options_.layer; }
  std::string_view kind() const override { return "per_frame"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return options_.layer->needs(); }
  bool forward_in_place() const override { return options_.layer->forward_in_place(); }
  bool backward_in_place() const override { return options_.layer->backward_in_place(); }
  bool runs_again() const override { return options_.layer->runs_again(); }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
  int output_partitions(std::span<const SampleShape> inputs) const override;
  std::unique_ptr<PreparedPartitions> prepare_partitions(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  std::vector<SampleShape> frame_shapes(std::span<const SampleShape> inputs) const;
  PrepareOptions for_frames(PrepareOptions options) const;

  Options options_;
};

}  // namespace reprise::layers
