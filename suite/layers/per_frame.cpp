#include "suite/layers/per_frame.hpp"

#include <fmt/format.h>

#include <utility>

#include "suite/errors.hpp"

namespace reprise::layers {

namespace {

class PreparedPerFrame : public PreparedLayer {
 public:
  PreparedPerFrame(std::unique_ptr<PreparedLayer> layer, std::int64_t frames) : layer_(std::move(layer)), frames_(frames) {}

  std::size_t saved_bytes() const override { return layer_->saved_bytes(); }
  std::size_t scratch_bytes() const override { return layer_->scratch_bytes(); }
  void load_weights(std::span<const float* const> parameters) override { layer_->load_weights(parameters); }
  std::int64_t load_parts() const override { return layer_->load_parts(); }
  void load_part(std::span<const float* const> parameters, std::int64_t part) override { layer_->load_part(parameters, part); }
  std::size_t packed_bytes() const override { return layer_->packed_bytes(); }

  void forward(const ForwardArgs& args) const override {
    ForwardArgs of_frames = args;
    of_frames.shard = frames_of(args.shard);
    layer_->forward(of_frames);
  }
  void backward(const BackwardArgs& args) const override {
    BackwardArgs of_frames = args;
    of_frames.shard = frames_of(args.shard);
    layer_->backward(of_frames);
  }

 private:
  ShardInfo frames_of(ShardInfo shard) const {
    shard.first_slot *= frames_;
    shard.valid *= static_cast<int>(frames_);
    shard.count *= frames_;
    shard.labels = {};
    shard.mixing = nullptr;
    return shard;
  }

  std::unique_ptr<PreparedLayer> layer_;
  std::int64_t frames_;
};

}  // namespace

PerFrame::PerFrame(Options options) : options_(std::move(options)) {
  if (options_.layer == nullptr) throw InputError(Complaint{"per_frame", "a layer", "none", "Give it one"});
  if (options_.frames < 1)
    throw InputError(Complaint{"per_frame frames", "at least 1", fmt::format("{}", options_.frames), "Correct the number of frames"});
  if (options_.layer->couples_samples() || options_.layer->images_to_fit() > 0)
    throw InputError(Complaint{"per_frame", "a layer that treats each sample by itself", std::string(options_.layer->kind()),
                               "Use another layer over frames"});
}

std::vector<SampleShape> PerFrame::frame_shapes(std::span<const SampleShape> inputs) const {
  std::vector<SampleShape> shapes(inputs.begin(), inputs.end());
  for (SampleShape& shape : shapes) {
    if (shape.height % options_.frames != 0)
      throw ShapeError(Complaint{fmt::format("per_frame {}", options_.layer->kind()),
                                 fmt::format("{} frames, one below the other", options_.frames), shape.text(),
                                 "Correct the number of frames"});
    shape.height /= options_.frames;
  }
  return shapes;
}

PrepareOptions PerFrame::for_frames(PrepareOptions options) const {
  options.samples *= static_cast<int>(options_.frames);
  return options;
}

SampleShape PerFrame::output_shape(std::span<const SampleShape> inputs) const {
  SampleShape shape = options_.layer->output_shape(frame_shapes(inputs));
  shape.height *= options_.frames;
  return shape;
}

std::vector<ParameterSpec> PerFrame::parameters(std::span<const SampleShape> inputs) const {
  return options_.layer->parameters(frame_shapes(inputs));
}

Cost PerFrame::cost(std::span<const SampleShape> inputs) const {
  Cost cost = options_.layer->cost(frame_shapes(inputs));
  for (std::int64_t* macs : {&cost.forward_macs, &cost.grad_input_macs, &cost.grad_weight_macs}) *macs *= options_.frames;
  return cost;
}

std::vector<Fact> PerFrame::facts() const {
  std::vector<Fact> facts{{"layer", std::string(options_.layer->kind()), fmt::format(" {}", options_.layer->kind())}};
  for (Fact& fact : options_.layer->facts()) facts.push_back(std::move(fact));
  facts.push_back({"frames", options_.frames, fmt::format(", {} frames", options_.frames)});
  return facts;
}

std::unique_ptr<PreparedLayer> PerFrame::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<PreparedPerFrame>(options_.layer->prepare(frame_shapes(inputs), for_frames(options)), options_.frames);
}

int PerFrame::output_partitions(std::span<const SampleShape> inputs) const {
  return options_.layer->output_partitions(frame_shapes(inputs));
}

std::unique_ptr<PreparedPartitions> PerFrame::prepare_partitions(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return options_.layer->prepare_partitions(frame_shapes(inputs), for_frames(options));
}

}  // namespace reprise::layers
