#include "suite/layers/attention.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/attention.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Attention;
using layers::Mode;

LayerCase case_of(Attention::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase c = five_samples(std::make_shared<Attention>(options), input, precision);
  c.seed = 99, c.step = 7;
  return c;
}

reference::AttentionShape shape_of(const LayerCase& c, std::int64_t heads) {
  return {c.inputs[0].positions(), c.inputs[0].channels / 3, heads};
}

/// Factors [heads, T, T] of the sample in a slot, drawn one by one: draw e of head h is number e of groups that start h times as far as
/// the scores of a head reach, rows of scores padded to 16.
Doubles factors(const LayerCase& c, const Attention::Options& o, std::int64_t slot) {
  const std::int64_t tokens = c.inputs[0].positions(), row = (tokens + 15) / 16 * 16, groups = (tokens * row + 127) / 128;
  const auto purpose = c.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  const random::Stream stream{c.seed, purpose, 3, c.step, static_cast<std::uint64_t>(slot)};
  Doubles result;
  for (std::int64_t h = 0; h < o.heads; ++h)
    for (std::int64_t t = 0; t < tokens; ++t)
      for (std::int64_t s = 0; s < tokens; ++s) {
        const std::int64_t e = t * row + s, word = e % 128 / 2, block = (h * groups + e / 128) * 16 + word % 16;
        const auto drawn = random::words(stream, static_cast<std::uint32_t>(block))[static_cast<std::size_t>(word / 16)];
        result.push_back((e % 2 == 0 ? drawn & 0xFFFF : drawn >> 16) < std::lround(o.keep * 65536) ? 1 / o.keep : 0);
      }
  return result;
}

Reference reference_of(const LayerCase& c, const Attention::Options& o) {
  const auto mask = [c, o](std::int64_t n) { return o.keep < 1 && c.mode != Mode::infer ? factors(c, o, n) : Doubles{}; };
  const reference::AttentionShape shape = shape_of(c, o.heads);
  return of_samples(
      c, [=](const Doubles& x, std::int64_t n, const auto&) { return reference::attention(shape, x, mask(n)); },
      [=](const Doubles& x, std::int64_t n, const auto&, const Doubles& dy) {
        return std::vector<Doubles>{reference::attention_grad(shape, x, dy, mask(n))};
      });
}

/// A score is a sum over a head's channels whose error exp multiplies by the score; the output is a sum over the tokens, gradients are sums
/// of such. In bfloat16 the probabilities are rounded as well, and so are the gradients of the scores.
Roundings roundings_of(const LayerCase& c, std::int64_t heads) {
  constexpr double kLargestScore = 16, kProducts = 3;
  const double width = static_cast<double>(c.inputs[0].channels / 3 / heads), tokens = static_cast<double>(c.inputs[0].positions());
  const double stored = c.precision == Precision::bf16 ? 2 * kRoundoffBf16 / kRoundoffF32 : 0;
  const double roundings = kTranscendental + kLargestScore * sum_of(width) + sum_of(tokens) + stored;
  return {.output = roundings, .gradient = kProducts * roundings, .stored_gradient = 2};
}

TEST(Attention, two_tokens_by_hand) {
  // One head of one channel, q = (ln 3, 0), k = (1, 0), v = (4, 8): weights 3/4 and 1/4, and 1/2 and 1/2.
  LayerCase c = case_of({.heads = 1}, {2, 1, 3});
  c.samples = c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{std::log(3.0), 1, 4, 0, 0, 8}}, {}}, {1, 0});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{5, 6}), kTranscendental, kRoundoffF32);
  // Of the first output: dv = p; ds = p (v - 5) = (-3/4, 3/4); dq = ds · k = -3/4, dk = ds q.
  const double q = std::log(3.0);
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{-0.75, -0.75 * q, 0.75, 0, 0.75 * q, 0.25}), 2 * kTranscendental, kRoundoffF32);
}

TEST(Attention, equals_the_reference_in_both_precisions) {
  // Tokens and channels of a head with and without remainders, odd and even, more than one panel of each.
  for (const auto& [input, heads] : std::vector<std::pair<SampleShape, std::int64_t>>{
           {{1, 1, 6}, 1}, {{3, 3, 30}, 2}, {{5, 1, 15}, 1}, {{4, 4, 96}, 2}, {{17, 1, 54}, 3}, {{6, 8, 102}, 1}, {{65, 1, 192}, 4}})
    for (const double keep : {1.0, 0.75})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const Attention::Options o{.heads = heads, .keep = keep};
        const LayerCase c = case_of(o, input, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, heads)));
      }
}

TEST(Attention, gradients_equal_central_differences) {
  for (const double keep : {1.0, 0.6}) {
    const Attention::Options o{.heads = 2, .keep = keep};
    const LayerCase c = case_of(o, {5, 1, 18});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, 2)));
  }
}

TEST(Attention, equal_tokens_pass_through) {
  // Whatever the scores, a mean of equal values is that value: every probability is 1 / T.
  LayerCase c = case_of({.heads = 2}, {3, 3, 24});
  LayerValues values = random_values(c, 5);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(values.inputs[0].size()); ++i) {
    const std::int64_t sample = i / (9 * 24), channel = i % 24;
    values.inputs[0][static_cast<std::size_t>(i)] = values.inputs[0][static_cast<std::size_t>(sample * 9 * 24 + channel)];
  }
  const Doubles output = run_layer(c, values).output;
  Doubles expected;
  for (std::size_t i = 0; i < values.inputs[0].size(); ++i)
    if (i % 24 >= 16) expected.push_back(values.inputs[0][i]);
  EXPECT_NEAR_ARRAY(output, expected, kTranscendental + sum_of(9), kRoundoffF32);
}

TEST(Attention, permuted_tokens_give_permuted_outputs) {
  const LayerCase c = case_of({.heads = 2}, {7, 1, 24});
  LayerValues values = random_values(c, 5), turned = values;
  const auto from = [](std::int64_t i, std::int64_t width) {  // token t of the turned sample is token 3 t mod 7
    const std::int64_t sample = i / (7 * width), token = i / width % 7;
    return static_cast<std::size_t>((sample * 7 + token * 3 % 7) * width + i % width);
  };
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(turned.inputs[0].size()); ++i)
    turned.inputs[0][static_cast<std::size_t>(i)] = values.inputs[0][from(i, 24)];
  const Doubles output = run_layer(c, values).output;
  Doubles expected;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(output.size()); ++i) expected.push_back(output[from(i, 8)]);
  EXPECT_NEAR_ARRAY(run_layer(c, turned).output, expected, 8 * (kTranscendental + sum_of(7)), kRoundoffF32);
}

TEST(Attention, inference_drops_nothing_and_masks_are_redrawn_every_step) {
  LayerCase c = case_of({.heads = 2, .keep = 0.5}, {4, 4, 24}), whole = case_of({.heads = 2}, {4, 4, 24});
  const LayerValues values = random_values(c, 5);
  const Doubles first = run_layer(c, values).output;
  c.step = 8;
  EXPECT_NE(run_layer(c, values).output, first);
  c.mode = Mode::infer;
  EXPECT_EQ(run_layer(c, values).output, run_layer(whole, values).output);
  c.mode = Mode::infer_with_dropout;
  EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, {.heads = 2, .keep = 0.5}), roundings_of(c, 2)));
}

TEST(Attention, masks_do_not_depend_on_the_cut_into_shards) {
  LayerCase two = case_of({.heads = 2, .keep = 0.5}, {4, 4, 24}), six = two;
  six.samples = 1, six.shards = 6;
  const LayerValues values = random_values(two, 5);
  EXPECT_EQ(run_layer(two, values).output, run_layer(six, values).output);
}

TEST(Attention, counts_two_products_forward_and_four_back) {
  const std::vector<SampleShape> input{{8, 8, 768}};
  const auto cost = Attention({.heads = 4}).cost(input);
  EXPECT_EQ(cost.forward_macs, 2 * 64 * 64 * 256);
  EXPECT_EQ(cost.grad_input_macs, 4 * 64 * 64 * 256);
}

TEST(Attention, refuses_what_does_not_fit) {
  EXPECT_THROW(Attention({.heads = 0}), InputError);
  EXPECT_THROW(Attention({.heads = 1, .keep = 0}), InputError);
  const std::vector<SampleShape> input{{4, 4, 20}};
  EXPECT_THROW(Attention({.heads = 2}).output_shape(input), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
