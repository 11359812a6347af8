#pragma once
// What a layer declares, and what a prepared layer does for one shard.
//
// A Layer is a description: formula, shapes, parameters, cost. `prepare` turns it into a PreparedLayer for one shard size and one
// precision. Prepared layers are stateless between calls but for their packed weights, so that every thread may run one at once.
//
// Legend: N samples of a shard, H, W positions, C channels. Activations are [N, H, W, C], channels fastest, contiguous,
// stored as float32 or bfloat16; parameters, their gradients and statistics are float32 or double.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "suite/tensor/shape.hpp"

namespace reprise::layers {

/// How a parameter starts. `fan_in` and `fan_out` are set by the layer.
struct Initialisation {
  enum class Kind {
    constant,          ///< value
    he_normal,         ///< N(0, gain^2 * 2 / fan_in)            He et al. 2015, arXiv 1502.01852
    xavier_uniform,    ///< U(-b, b), b = gain * sqrt(6 / (fan_in + fan_out))
    fan_in_normal,     ///< N(0, gain^2 / fan_in)
    fan_in_uniform,    ///< U(-b, b), b = gain / sqrt(fan_in)    (what PyTorch does unless told otherwise, gain 1)
    positive_uniform,  ///< U[0, b), b = gain * sqrt(3 / fan_in): rows of norm near gain
    normal,            ///< N(0, value^2)
  };
  Kind kind = Kind::constant;
  double value = 0;
  double gain = 1;
  std::int64_t fan_in = 1, fan_out = 1;
  /// Of a weight [K, C, R, S]: then the first min(K, C) filters k become identities, 1 at the centre of channel k and 0 elsewhere.
  bool identity_filters = false;
};

/// Parses "he_normal", "xavier_uniform", "fan_in_normal", "fan_in_uniform", "normal"; throws InputError listing them.
Initialisation::Kind initialisation_kind(std::string_view name);

struct ParameterSpec {
  std::string name;                 ///< "weight", "bias", "gamma", "tau"
  std::vector<std::int64_t> shape;  ///< plain row-major; dimension 0 is the output unit
  Initialisation initialisation;
  bool decays = false;                 ///< weight decay and L1 apply
  bool has_norm_bound = false;         ///< max-norm applies to each row (dimension 0)
  double rate_multiplier = 1;          ///< times the learning rate; 0: stays as it starts
  double decay_multiplier = 1;         ///< times weight decay, which is itself scaled by the parameter's rate
  double lower = -1e30, upper = 1e30;  ///< clamp after each update
  /// The metric whose logarithm it is, "temperature": the history shows the mean over its values. Empty: not shown.
  std::string logarithm_of{};
  bool trains = true;  ///< false: a running statistic; no gradient, written by finish_forward
  std::int64_t count() const;
};

/// Multiply-adds for ONE sample.
struct Cost {
  std::int64_t forward_macs = 0;
  std::int64_t grad_input_macs = 0;
  std::int64_t grad_weight_macs = 0;
};

/// Whose values backward reads.
struct Needs {
  bool input = false;
  bool output = false;
};

/// One property of a layer.
struct Fact {
  std::string name;                                             ///< "stride"
  std::variant<bool, std::int64_t, double, std::string> value;  ///< 2
  std::string words;  ///< what it adds to the summary: ", stride 2"; empty: it goes without saying
};
std::string words_of(const std::vector<Fact>& facts);

enum class Mode {
  train,               ///< dropout draws masks, batch norm uses the batch
  infer,               ///< dropout scales, batch norm uses running statistics
  infer_with_dropout,  ///< dropout draws masks (Monte-Carlo averaging), batch norm uses running statistics
};

/// How ReLU treats the signal on its way back; the two besides `gradient` are for maps (Springenberg et al. 2015, section 3.4). With
/// `deconvnet` response normalisation passes it on as it is (Zeiler & Fergus 2014).
enum class ReluRule { gradient, deconvnet, guided };

/// How the samples of a batch are mixed inside the net: of each row, `share` is kept and the rest is that of its partner, at one place.
struct RowMixing {
  int place = 0;
  float share = 1;
  std::vector<std::int64_t> partners;  ///< by slot of the batch, a slot of the same shard each
};

/// What identifies the samples of a shard to random draws and to coupled statistics.
struct ShardInfo {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;       ///< training step, or number of the Monte-Carlo mask
  std::int64_t first_slot = 0;  ///< position of the shard's first sample in the global batch
  int valid = 0;                ///< samples that are real; the rest of the N are padding (zero input, no loss)
  Mode mode = Mode::train;
  ReluRule relu_rule = ReluRule::gradient;
  std::int64_t count = 0;                     ///< real samples of the global batch: a penalty's gradient is divided by it
  std::span<const std::int32_t> labels = {};  ///< [valid]; empty where a layer is run without any
  double progress = 1;                        ///< of training: the share of its phase's steps that is done
  const RowMixing* mixing = nullptr;          ///< null where rows are not mixed
};

struct ForwardArgs {
  std::span<const void* const> inputs;
  void* output = nullptr;                    ///< may equal inputs[0] if the layer says so
  std::span<const float* const> parameters;  ///< plain master weights, in the order of parameters()
  std::byte* saved = nullptr;                ///< saved_bytes(), kept until this shard's backward
  std::byte* scratch = nullptr;              ///< scratch_bytes(), this thread's
  const float* coupled = nullptr;            ///< what finish_forward wrote (coupled layers in Mode::train)
  ShardInfo shard;
  std::int64_t input_pitch = 0;   ///< of inputs[0], where the layer reads_wide_rows(); 0: its channels
  std::int64_t output_pitch = 0;  ///< where the layer joins_channels(); 0: its channels
};

struct BackwardArgs {
  std::span<const void* const> inputs;  ///< valid if needs().input
  const void* output = nullptr;         ///< valid if needs().output
  const void* grad_output = nullptr;
  std::span<void* const> grad_inputs;  ///< overwritten; null where not wanted; [0] may equal grad_output if allowed
  std::span<const float* const> parameters;
  std::span<float* const> grad_parameters;  ///< overwritten, plain layout; empty: gradients not wanted (maps)
  std::byte* saved = nullptr;
  std::byte* scratch = nullptr;
  const float* coupled = nullptr;  ///< what finish_forward and finish_backward wrote
  ShardInfo shard;
  std::int64_t input_pitch = 0, grad_output_pitch = 0;  ///< as in ForwardArgs
};

struct PrepareOptions {
  Precision precision = Precision::f32;
  int samples = 8;  ///< N of a shard
  bool wants_grad_input = true;
  std::uint32_t name_hash = 0;  ///< of the node, for the layer's random draws: random::name_hash
  /// Channels of the values that the first input joins, if it joins some: Layer::joins_channels.
  std::vector<std::int64_t> parts = {};
};

/// The numbers of one layer for one shard size. All methods but those that load weights are const and thread-safe.
class PreparedLayer {
 public:
  virtual ~PreparedLayer() = default;
  virtual std::size_t saved_bytes() const { return 0; }
  virtual std::size_t scratch_bytes() const { return 0; }
  /// Packs plain master weights into a format of its own; called once after every update, before any shard runs.
  virtual void load_weights(std::span<const float* const> parameters) { (void)parameters; }
  /// The same in parts, which several threads may load at once.
  virtual std::int64_t load_parts() const { return 1; }
  virtual void load_part(std::span<const float* const> parameters, std::int64_t part) { (void)part, load_weights(parameters); }
  virtual std::size_t packed_bytes() const { return 0; }
  virtual void forward(const ForwardArgs& args) const = 0;
  virtual void backward(const BackwardArgs& args) const = 0;

  // Layers that couple samples (Mode::train only). A shard's statistics are summed in double along the shard tree.
  //   shard_statistics -> sum -> finish_forward (once) -> forward of every shard
  //   shard_grad_statistics -> sum -> finish_backward (once; writes parameter gradients) -> backward of every shard
  virtual int statistics() const { return 0; }       ///< doubles per shard on the way forward; 0: not coupled
  virtual int grad_statistics() const { return 0; }  ///< doubles per shard on the way back; 0: backward needs no sum
  virtual std::size_t coupled_floats() const { return 0; }
  virtual void shard_statistics(const ForwardArgs& args, double* sums) const { (void)args, (void)sums; }
  /// Statistics are the sums and the sums of squares of each channel, one part of the input after the other (PrepareOptions::parts), each
  /// part as if it stood alone: then the sums of a part serve all layers that read it.
  virtual bool has_channel_statistics() const { return false; }
  /// `count` valid samples of the global batch. `states`: the non-training parameters, which it may update.
  virtual void finish_forward(const double* sums, std::int64_t count, std::span<const float* const> parameters,
                              std::span<float* const> states, float* coupled) const {
    (void)sums, (void)count, (void)parameters, (void)states, (void)coupled;
  }
  virtual void shard_grad_statistics(const BackwardArgs& args, double* sums) const { (void)args, (void)sums; }
  virtual void finish_backward(const double* sums, std::int64_t count, std::span<const float* const> parameters,
                               std::span<float* const> grad_parameters, float* coupled) const {
    (void)sums, (void)count, (void)parameters, (void)grad_parameters, (void)coupled;
  }
};

/// A layer with many weights, cut into fixed partitions of output features instead of shards (Krizhevsky 2014, arXiv 1404.5997).
/// A partition is computed for the whole global batch by one thread: forward and weight gradient in one fixed order; only the
/// input gradient is a sum over partitions, taken by the executor along a tree over the partition index.
/// Legend: N samples of the global batch (padded to whole shards), D input features, K output features.
class PreparedPartitions {
 public:
  virtual ~PreparedPartitions() = default;
  virtual int partitions() const = 0;
  /// Rows [first_row(b), first_row(b + 1)) of the weight belong to partition b.
  virtual std::int64_t first_row(int partition) const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  /// input [N, D] -> columns of the partition in output [N, K].
  virtual void forward(int partition, const void* input, void* output, std::span<const float* const> parameters,
                       std::byte* scratch) const = 0;
  /// Takes rows [first_row, first_row + rows) of the gradient of the layer's parameter number `parameter`. It may change these rows of
  /// the master weights at once: the partition has no further use for the old ones.
  using RowsDone = std::function<void(int parameter, std::int64_t first_row, std::int64_t rows, const float* gradient)>;
  /// Overwrites partial [N, D] (float32; null if not wanted), this partition's share of the input gradient, then hands every row of the
  /// partition's parameter gradients to `rows_done`, a few rows at a time while they are in cache. Without `rows_done` there are no
  /// parameter gradients. `state` [K, D] (null if there is none) is what rows_done reads besides the weight, to be fetched ahead.
  /// Different partitions may run at once.
  virtual void backward(int partition, const void* input, const void* grad_output, float* partial, std::span<const float* const> parameters,
                        const RowsDone& rows_done, const float* state, std::byte* scratch) const = 0;
};

class Layer {
 public:
  struct Options {};  ///< none, unless a layer declares its own
  Layer() = default;
  explicit Layer(Options) {}
  virtual ~Layer() = default;
  /// The catalog name, snake_case: "conv2d".
  virtual std::string_view kind() const = 0;
  /// Unless a layer says otherwise, that of its only input. Throws ShapeError naming the layer and both shapes.
  virtual SampleShape output_shape(std::span<const SampleShape> inputs) const;
  virtual std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const {
    (void)inputs;
    return {};
  }
  virtual Cost cost(std::span<const SampleShape> inputs) const {
    (void)inputs;
    return {};
  }
  virtual Needs needs() const = 0;
  virtual bool forward_in_place() const { return false; }   ///< output may overwrite inputs[0]
  virtual bool backward_in_place() const { return false; }  ///< grad_inputs[0] may overwrite grad_output
  virtual bool couples_samples() const { return false; }
  /// Output is the channels of all inputs, one input after the other. Then `output` and `grad_output` may be the first channels of wider
  /// rows, and inputs[0] (grad_inputs[0]) that equals output (grad_output) is already in its place.
  virtual bool joins_channels() const { return false; }
  /// inputs[0] may be the first channels of wider rows.
  virtual bool reads_wide_rows() const { return false; }
  /// So cheap that forward() may run again on the way back, to the same bits, in place of keeping the output. Nothing is saved.
  virtual bool runs_again() const { return false; }
  /// All options that decide its numbers, as data; a layer without options has none.
  virtual std::vector<Fact> facts() const { return {}; }
  /// One line for `reprise show`: its kind and the words of its facts, "conv2d 3x3, 96, stride 2, pad 1".
  std::string summary() const;
  virtual std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const = 0;
  /// Training images, preprocessed but not augmented, from which fit() makes initial values; 0: none. Only where the layer reads the input.
  virtual std::int64_t images_to_fit() const { return 0; }
  /// images [count, H, W, C] float32; `parameters` in the order of parameters(), already drawn. Same result on every machine of one ISA.
  virtual void fit(std::span<const float> images, const SampleShape& shape, std::span<float* const> parameters) const {
    (void)images, (void)shape, (void)parameters;
  }
  /// Partitions of output features this layer is cut into; 0: it is cut into shards. Depends on shapes alone.
  virtual int output_partitions(std::span<const SampleShape> inputs) const {
    (void)inputs;
    return 0;
  }
  /// `options.samples` is the (padded) global batch.
  virtual std::unique_ptr<PreparedPartitions> prepare_partitions(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
    (void)inputs, (void)options;
    return nullptr;
  }
};

}  // namespace reprise::layers
