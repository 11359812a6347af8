#include "suite/layers/attention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/strided_product.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

using kernels::Operand;

template <class T>
class PreparedAttention : public PreparedLayer {
 public:
  PreparedAttention(const Attention::Options& options, const SampleShape& input, const PrepareOptions& prepare)
      : options_(options),
        tokens_(input.positions()),
        channels_(input.channels / 3),
        width_(channels_ / options.heads),
        samples_(prepare.samples),
        name_hash_(prepare.name_hash),
        gain_(static_cast<float>(1 / std::sqrt(static_cast<double>(width_)))),
        product_(std::max(tokens_, width_), prepare.precision) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_ * options_.heads * tokens_ * 2) * sizeof(float); }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(kVectors * vector_floats() + kScores * score_floats() + 2 * score_row()) * sizeof(float) +
           product_.scratch_bytes();
  }

  void forward(const ForwardArgs& args) const override {
    const T* input = typed<T>(args.inputs[0]);
    T* output = typed<T>(args.output);
    const Rooms rooms = rooms_in(args.scratch);
    for (int n = 0; n < samples_; ++n)
      for (std::int64_t h = 0; h < options_.heads; ++h) {
        load_head(input, n, h, rooms);
        scores_of(rooms);
        kernels::vector_kernels().attention.softmax(rows(), gain_, rooms.probability,
                                                    args.saved != nullptr ? statistics(args.saved, n, h) : rooms.statistics);
        if (drops(args.shard)) drop(args.shard, n, h, rooms.probability, rooms.probability);
        product_.multiply({tokens_, width_, tokens_}, scores(rooms.probability), vectors(rooms.values), rooms.output, row(), rooms.product);
        store(rooms.output, output + n * tokens_ * channels_ + h * width_, channels_);
      }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    const T* input = typed<T>(args.inputs[0]);
    const T* grad_output = typed<T>(args.grad_output);
    const Rooms rooms = rooms_in(args.scratch);
    for (int n = 0; n < samples_; ++n)
      for (std::int64_t h = 0; h < options_.heads; ++h) {
        load_head(input, n, h, rooms);
        load(grad_output + n * tokens_ * channels_ + h * width_, channels_, rooms.output);
        scores_of(rooms);
        kernels::vector_kernels().attention.softmax_again(rows(), gain_, statistics(args.saved, n, h), rooms.probability);
        float* dropped = rooms.probability;
        if (drops(args.shard)) drop(args.shard, n, h, rooms.probability, dropped = rooms.dropped);
        T* grads = typed<T>(args.grad_inputs[0]) + n * tokens_ * 3 * channels_ + h * width_;
        backward_head(rooms, dropped, grads);
      }
  }

 private:
  // Buffers of one head: matrices [T, padded d] of queries, keys, values, output and a gradient, [T, padded T] of scores, and the
  // statistics of rows where they are not saved, in inference.
  static constexpr std::int64_t kVectors = 5, kScores = 3;
  struct Rooms {
    float *queries, *keys, *values, *output, *gradient, *probability, *dropped, *grad_scores, *statistics;
    std::byte* product;
  };

  std::int64_t row() const { return kernels::padded_row(width_); }
  std::int64_t score_row() const { return kernels::padded_row(tokens_); }
  std::int64_t vector_floats() const { return tokens_ * row(); }
  std::int64_t score_floats() const { return tokens_ * score_row(); }
  kernels::ScoreRows rows() const { return {tokens_, tokens_, score_row()}; }
  Operand vectors(const float* values) const { return {values, row()}; }
  Operand scores(const float* values) const { return {values, score_row()}; }
  static Operand transposed(Operand operand) {
    operand.transposed = true;
    return operand;
  }

  Rooms rooms_in(std::byte* scratch) const {
    float* v = floats(scratch);
    float* s = v + kVectors * vector_floats();
    const std::int64_t a = vector_floats(), b = score_floats();
    float* statistics = s + kScores * b;
    return {v, v + a, v + 2 * a, v + 3 * a,  v + 4 * a,
            s, s + b, s + 2 * b, statistics, reinterpret_cast<std::byte*>(statistics + 2 * score_row())};
  }

  /// Rows of a head, `step` values apart -> float rows, zeros beyond their end.
  void load(const T* from, std::int64_t step, float* to) const {
    for (std::int64_t t = 0; t < tokens_; ++t) {
      vector_of<T>().to_float(from + t * step, to + t * row(), width_);
      std::fill(to + t * row() + width_, to + (t + 1) * row(), 0.0f);
    }
  }
  void store(const float* from, T* to, std::int64_t step) const {
    for (std::int64_t t = 0; t < tokens_; ++t) vector_of<T>().from_float(from + t * row(), to + t * step, width_);
  }
  void load_head(const T* input, int n, std::int64_t h, const Rooms& rooms) const {
    const T* head = input + n * tokens_ * 3 * channels_ + h * width_;
    load(head, 3 * channels_, rooms.queries);
    load(head + channels_, 3 * channels_, rooms.keys);
    load(head + 2 * channels_, 3 * channels_, rooms.values);
  }
  void scores_of(const Rooms& rooms) const {
    product_.multiply({tokens_, tokens_, width_}, vectors(rooms.queries), transposed(vectors(rooms.keys)), rooms.probability, score_row(),
                      rooms.product);
  }
  float* statistics(std::byte* saved, int n, std::int64_t h) const { return floats(saved) + (n * options_.heads + h) * tokens_ * 2; }

  bool drops(const ShardInfo& shard) const { return options_.keep < 1 && shard.mode != Mode::infer; }
  void drop(const ShardInfo& shard, int n, std::int64_t h, const float* from, float* to) const {
    kernels::MaskStream stream = dropout_stream(shard, n, name_hash_);
    // Draws come in groups of 16 blocks for 128 values.
    stream.counter[0] = static_cast<std::uint32_t>(h * ((score_floats() + 127) / 128) * 16);
    vector_of<float>().dropout(from, to, score_floats(), stream, dropout_threshold(options_.keep), static_cast<float>(1 / options_.keep));
  }

  /// rooms.output holds the output's gradient.
  void backward_head(const Rooms& rooms, const float* dropped, T* grads) const {
    const Operand grad_output = vectors(rooms.output);
    const auto put = [&](int part) { store(rooms.gradient, grads + part * channels_, 3 * channels_); };
    product_.multiply({tokens_, width_, tokens_}, transposed(scores(dropped)), grad_output, rooms.gradient, row(), rooms.product);
    put(2);
    product_.multiply({tokens_, tokens_, width_}, grad_output, transposed(vectors(rooms.values)), rooms.grad_scores, score_row(),
                      rooms.product);
    kernels::vector_kernels().attention.softmax_grad(rows(), gain_, rooms.probability, dropped, rooms.grad_scores);
    product_.multiply({tokens_, width_, tokens_}, scores(rooms.grad_scores), vectors(rooms.keys), rooms.gradient, row(), rooms.product);
    put(0);
    product_.multiply({tokens_, width_, tokens_}, transposed(scores(rooms.grad_scores)), vectors(rooms.queries), rooms.gradient, row(),
                      rooms.product);
    put(1);
  }

  Attention::Options options_;
  std::int64_t tokens_, channels_, width_;  // width: channels of a head
  int samples_;
  std::uint32_t name_hash_;
  float gain_;
  kernels::StridedProduct product_;
};

}  // namespace

Attention::Attention(Options options) : options_(options) {
  if (options_.heads < 1) throw InputError(Complaint{"attention heads", "at least 1", fmt::format("{}", options_.heads), "set heads"});
  if (!(options_.keep > 0 && options_.keep <= 1))
    throw InputError(Complaint{"attention keep", "a probability above 0, at most 1", fmt::format("{}", options_.keep),
                               "keep is the probability that an attention weight stays"});
}

SampleShape Attention::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  if (in.channels % (3 * options_.heads) != 0)
    throw ShapeError(Complaint{
        "attention", fmt::format("queries, keys and values of {} heads: channels divisible by {}", options_.heads, 3 * options_.heads),
        in.text(), "Choose other heads or widths"});
  return {in.height, in.width, in.channels / 3};
}

Cost Attention::cost(std::span<const SampleShape> inputs) const {
  const SampleShape out = output_shape(inputs);
  const std::int64_t product = out.positions() * out.size();
  return {2 * product, 4 * product, 0};
}

std::vector<Fact> Attention::facts() const {
  return {{"heads", options_.heads, fmt::format(" {} heads", options_.heads)},
          {"keep", options_.keep, options_.keep < 1 ? fmt::format(", keep {}", options_.keep) : ""}};
}

std::unique_ptr<PreparedLayer> Attention::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedAttention>(options.precision, options_, inputs[0], options);
}

}  // namespace reprise::layers
