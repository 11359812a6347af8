#include "suite/layers/lstm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "suite/errors.hpp"
#include "suite/kernels/onednn/inner_product.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

// Legend: T frames, D features, K cells. Row n*T + t of an array holds frame t of sample n.

constexpr std::int64_t kLanes = 16;

std::int64_t padded(std::int64_t columns) {
  return (columns + kLanes - 1) / kLanes * kLanes;
}

template <class T>
class PreparedLstm : public PreparedLayer {
 public:
  PreparedLstm(const Lstm::Options& options, const SampleShape& input, const PrepareOptions& prepare)
      : peepholes_(options.peepholes),
        forget_offset_(static_cast<float>(options.forget_offset)),
        samples_(prepare.samples),
        frames_(input.height),
        features_(input.channels),
        cells_(options.cells),
        inputs_(kernels::make_inner_product({rows(), features_, 4 * cells_}, Precision::f32, true, prepare.wants_grad_input)),
        hiddens_(kernels::make_inner_product({rows(), cells_, 4 * cells_}, Precision::f32, false, false)),
        packed_(inputs_->packed_bytes()),
        forward_weights_(static_cast<std::size_t>(cells_ * padded(4 * cells_))),
        backward_weights_(static_cast<std::size_t>(4 * cells_ * padded(cells_))) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(state_floats()) * sizeof(float); }
  std::size_t scratch_bytes() const override {
    return aligned(static_cast<std::size_t>(state_floats() + room_floats()) * sizeof(float)) +
           std::max(inputs_->scratch_bytes(), hiddens_->scratch_bytes());
  }
  std::size_t packed_bytes() const override {
    return packed_.size() + (forward_weights_.size() + backward_weights_.size()) * sizeof(float);
  }

  void load_weights(std::span<const float* const> parameters) override {
    inputs_->pack(parameters[0], packed_.data());
    const float* recurrent = parameters[1];
    for (std::int64_t g = 0; g < 4 * cells_; ++g)
      for (std::int64_t k = 0; k < cells_; ++k) {
        const float weight = recurrent[g * cells_ + k];
        forward_weights_[static_cast<std::size_t>(k * padded(4 * cells_) + g)] = weight;
        backward_weights_[static_cast<std::size_t>(g * padded(cells_) + k)] = weight;
      }
  }

  void forward(const ForwardArgs& args) const override {
    const Rooms rooms = rooms_in(args.scratch);
    const State state = state_in(args.saved != nullptr ? floats(args.saved) : rooms.state);
    const float* input = read<T>(args.inputs[0], rows() * features_, rooms.input);
    inputs_->forward(input, packed_.data(), args.parameters[2], state.gates, rooms.product);
    const float* peepholes = peepholes_ ? args.parameters[3] : nullptr;
    for (std::int64_t t = 0; t < frames_; ++t) {
      if (t > 0) add_recurrence(state, t);
      for (std::int64_t n = 0; n < samples_; ++n) step(state, n, t, peepholes, rooms);
    }
    write<T>(state.hidden, rows() * cells_, args.output);
  }

  void backward(const BackwardArgs& args) const override {
    const Rooms rooms = rooms_in(args.scratch);
    const State state = state_in(floats(args.saved));
    const float* grad_output = read<T>(args.grad_output, rows() * cells_, rooms.grad_output);
    const bool wants_weights = !args.grad_parameters.empty();
    const float* peepholes = peepholes_ ? args.parameters[3] : nullptr;
    float* grad_peepholes = peepholes_ && wants_weights ? args.grad_parameters[3] : nullptr;
    if (grad_peepholes != nullptr) std::fill_n(grad_peepholes, 3 * cells_, 0.0f);
    std::fill_n(rooms.grad_hidden, samples_ * padded(cells_), 0.0f);
    std::fill_n(rooms.grad_cell, samples_ * cells_, 0.0f);
    for (std::int64_t t = frames_ - 1; t >= 0; --t) {
      for (std::int64_t n = 0; n < samples_; ++n) step_back(state, n, t, grad_output, peepholes, grad_peepholes, rooms);
      if (t > 0) take_hidden_gradient(t, rooms);
    }
    if (wants_weights) {
      const float* input = read<T>(args.inputs[0], rows() * features_, rooms.input);
      inputs_->backward_weight(input, rooms.grad_gates, args.grad_parameters[0], args.grad_parameters[2], rooms.product);
      hiddens_->backward_weight(hidden_before(state, rooms), rooms.grad_gates, args.grad_parameters[1], nullptr, rooms.product);
    }
    if (args.grad_inputs[0] == nullptr) return;
    inputs_->backward_input(rooms.grad_gates, packed_.data(), rooms.input, rooms.product);
    write<T>(rooms.input, rows() * features_, args.grad_inputs[0]);
  }

 private:
  /// What the backward pass reads: gates [N*T, 4K] after their functions, cells and outputs [N*T, K].
  struct State {
    float *gates, *cells, *hidden;
  };
  struct Rooms {
    float *state, *input, *grad_output, *grad_gates, *before, *grad_hidden, *grad_cell, *squashed;
    std::byte* product;
  };

  std::int64_t rows() const { return samples_ * frames_; }
  /// A product of panels touches up to 15 floats behind its last row.
  std::int64_t gate_floats() const { return rows() * 4 * cells_ + kLanes; }
  std::int64_t state_floats() const { return gate_floats() + 2 * rows() * cells_; }
  std::int64_t room_floats() const {
    return rows() * features_ + gate_floats() + 2 * rows() * cells_ + samples_ * (padded(cells_) + cells_) + cells_;
  }

  State state_in(float* memory) const {
    float* cells = memory + gate_floats();
    return {memory, cells, cells + rows() * cells_};
  }
  Rooms rooms_in(std::byte* scratch) const {
    Rooms rooms{};
    float* next = floats(scratch);
    const auto take = [&next](std::int64_t count) {
      float* taken = next;
      next += count;
      return taken;
    };
    rooms.state = take(state_floats());
    rooms.input = take(rows() * features_);
    rooms.grad_output = take(rows() * cells_);
    rooms.grad_gates = take(gate_floats());
    rooms.before = take(rows() * cells_);
    rooms.grad_hidden = take(samples_ * padded(cells_));
    rooms.grad_cell = take(samples_ * cells_);
    rooms.squashed = take(cells_);
    rooms.product = scratch + aligned(static_cast<std::size_t>(state_floats() + room_floats()) * sizeof(float));
    return rooms;
  }

  /// gates of frame t += recurrent · hidden of the frame before. What lies behind a row has 0 added to it.
  void add_recurrence(const State& state, std::int64_t t) const {
    const kernels::PanelProduct shape{.rows = samples_,
                                      .columns = 4 * cells_,
                                      .depth = cells_,
                                      .left_row = frames_ * cells_,
                                      .left_depth = 1,
                                      .right_panel = kLanes,
                                      .right_depth = padded(4 * cells_),
                                      .product_row = frames_ * 4 * cells_,
                                      .adds = true};
    kernels::vector_kernels().panels.multiply(shape, state.hidden + (t - 1) * cells_, forward_weights_.data(),
                                              state.gates + t * 4 * cells_);
  }

  /// grad_hidden of the frame before t = recurrent, transposed · grad_gates of frame t.
  void take_hidden_gradient(std::int64_t t, const Rooms& rooms) const {
    const kernels::PanelProduct shape{.rows = samples_,
                                      .columns = cells_,
                                      .depth = 4 * cells_,
                                      .left_row = frames_ * 4 * cells_,
                                      .left_depth = 1,
                                      .right_panel = kLanes,
                                      .right_depth = padded(cells_),
                                      .product_row = padded(cells_)};
    kernels::vector_kernels().panels.multiply(shape, rooms.grad_gates + t * 4 * cells_, backward_weights_.data(), rooms.grad_hidden);
  }

  void step(const State& state, std::int64_t n, std::int64_t t, const float* peepholes, const Rooms& rooms) const {
    const std::int64_t row = n * frames_ + t, k = cells_;
    float* i = state.gates + row * 4 * k;
    float *f = i + k, *z = i + 2 * k, *o = i + 3 * k, *c = state.cells + row * k, *h = state.hidden + row * k;
    const float* before = t > 0 ? c - k : nullptr;
    const auto& functions = vector_of<float>();
    for (std::int64_t j = 0; j < k; ++j) {
      if (peepholes != nullptr && before != nullptr) i[j] += peepholes[j] * before[j], f[j] += peepholes[k + j] * before[j];
      f[j] += forget_offset_;
    }
    functions.logistic(i, i, 2 * k);
    functions.tanh(z, z, k);
    for (std::int64_t j = 0; j < k; ++j) {
      c[j] = before != nullptr ? f[j] * before[j] + i[j] * z[j] : i[j] * z[j];
      if (peepholes != nullptr) o[j] += peepholes[2 * k + j] * c[j];
    }
    functions.logistic(o, o, k);
    functions.tanh(c, rooms.squashed, k);
    for (std::int64_t j = 0; j < k; ++j) h[j] = o[j] * rooms.squashed[j];
  }

  void step_back(const State& state, std::int64_t n, std::int64_t t, const float* grad_output, const float* peepholes,
                 float* grad_peepholes, const Rooms& rooms) const {
    const std::int64_t row = n * frames_ + t, k = cells_;
    const float *i = state.gates + row * 4 * k, *f = i + k, *z = i + 2 * k, *o = i + 3 * k, *c = state.cells + row * k;
    float *di = rooms.grad_gates + row * 4 * k, *df = di + k, *dz = di + 2 * k, *dout = di + 3 * k;
    float *grad_hidden = rooms.grad_hidden + n * padded(k), *grad_cell = rooms.grad_cell + n * k;
    vector_of<float>().tanh(c, rooms.squashed, k);
    for (std::int64_t j = 0; j < k; ++j) {
      const float dh = grad_output[row * k + j] + grad_hidden[j], squashed = rooms.squashed[j];
      const float before = t > 0 ? c[j - k] : 0;
      dout[j] = dh * squashed * o[j] * (1 - o[j]);
      float dc = grad_cell[j] + dh * o[j] * (1 - squashed * squashed);
      if (peepholes != nullptr) dc += dout[j] * peepholes[2 * k + j];
      di[j] = dc * z[j] * i[j] * (1 - i[j]);
      df[j] = dc * before * f[j] * (1 - f[j]);
      dz[j] = dc * i[j] * (1 - z[j] * z[j]);
      grad_cell[j] = dc * f[j];
      if (peepholes != nullptr) grad_cell[j] += di[j] * peepholes[j] + df[j] * peepholes[k + j];
      if (grad_peepholes == nullptr) continue;
      grad_peepholes[j] += di[j] * before;
      grad_peepholes[k + j] += df[j] * before;
      grad_peepholes[2 * k + j] += dout[j] * c[j];
    }
  }

  /// [N*T, K]: the outputs one frame earlier, zeros at the first.
  const float* hidden_before(const State& state, const Rooms& rooms) const {
    for (std::int64_t n = 0; n < samples_; ++n) {
      float* row = rooms.before + n * frames_ * cells_;
      std::fill_n(row, cells_, 0.0f);
      std::copy_n(state.hidden + n * frames_ * cells_, (frames_ - 1) * cells_, row + cells_);
    }
    return rooms.before;
  }

  bool peepholes_;
  float forget_offset_;
  std::int64_t samples_, frames_, features_, cells_;
  std::unique_ptr<kernels::InnerProduct> inputs_, hiddens_;
  Memory packed_;
  std::vector<float> forward_weights_, backward_weights_;  // recurrent, transposed [K, padded 4K] and as it is [4K, padded K]
};

}  // namespace

Lstm::Lstm(Options options) : options_(options) {
  if (options_.cells < 1) throw InputError(Complaint{"lstm cells", "at least 1", fmt::format("{}", options_.cells), "Set cells"});
}

SampleShape Lstm::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (input.width != 1) throw ShapeError(Complaint{"lstm", "features of each frame, [T, 1, D]", input.text(), "Flatten each frame first"});
  return {input.height, 1, options_.cells};
}

std::vector<ParameterSpec> Lstm::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t k = options_.cells, d = only_input(kind(), inputs).channels;
  const Initialisation start{.kind = Initialisation::Kind::fan_in_uniform, .fan_in = k, .fan_out = 4 * k};
  std::vector<ParameterSpec> specs{
      {.name = "weight", .shape = {4 * k, d}, .initialisation = start, .decays = true, .has_norm_bound = true},
      {.name = "recurrent", .shape = {4 * k, k}, .initialisation = start, .decays = true, .has_norm_bound = true},
      {.name = "bias", .shape = {4 * k}, .initialisation = {}}};
  if (options_.peepholes) specs.push_back({.name = "peepholes", .shape = {3, k}, .initialisation = {}});
  return specs;
}

Cost Lstm::cost(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  const std::int64_t macs = input.height * 4 * options_.cells * (input.channels + options_.cells);
  return {macs, macs, macs};
}

std::vector<Fact> Lstm::facts() const {
  return {{"cells", options_.cells, fmt::format(" {} cells", options_.cells)},
          {"peepholes", options_.peepholes, options_.peepholes ? ", peepholes" : ""},
          {"forget_offset", options_.forget_offset, ""}};
}

std::unique_ptr<PreparedLayer> Lstm::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedLstm>(options.precision, options_, inputs[0], options);
}

}  // namespace reprise::layers
