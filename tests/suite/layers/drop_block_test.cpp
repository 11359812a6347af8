#include "suite/layers/drop_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::DropBlock;
using layers::Mode;

LayerCase case_of(const DropBlock::Options& options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase c = five_samples(std::make_shared<DropBlock>(options), input, precision);
  c.seed = 99, c.step = 7;
  return c;
}

/// Mask of a sample: places in order of rows, columns and channels, a word each.
std::vector<bool> mask(const LayerCase& c, const DropBlock::Options& o, std::int64_t slot) {
  const SampleShape& map = c.inputs[0];
  std::vector<bool> kept(static_cast<std::size_t>(map.size()), true);
  const double keep = o.ramps ? 1 - (1 - o.keep) * c.progress : o.keep;
  const std::int64_t s = std::min({o.size, map.height, map.width});
  const double H = static_cast<double>(map.height), W = static_cast<double>(map.width), side = static_cast<double>(s);
  const double gamma = (1 - keep) / (side * side) * H * W / ((H - side + 1) * (W - side + 1));
  const auto purpose = c.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  random::Generator draws({c.seed, purpose, 3, c.step, static_cast<std::uint64_t>(slot)});
  for (std::int64_t y = 0; y + s <= map.height; ++y)
    for (std::int64_t x = 0; x + s <= map.width; ++x)
      for (std::int64_t k = 0; k < map.channels; ++k) {
        if (static_cast<double>(draws.next_word()) >= gamma * 0x1p32) continue;
        for (std::int64_t i = 0; i < s * s; ++i)
          kept[static_cast<std::size_t>(((y + i / s) * map.width + x + i % s) * map.channels + k)] = false;
      }
  return kept;
}

Reference reference_of(const LayerCase& c, const DropBlock::Options& o) {
  const auto times = [=](Doubles x, std::int64_t n) {
    if (c.mode == Mode::infer) return x;
    const std::vector<bool> kept = mask(c, o, n);
    const double ones = static_cast<double>(std::count(kept.begin(), kept.end(), true));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] *= kept[i] ? static_cast<double>(x.size()) / ones : 0;
    return x;
  };
  return of_samples(
      c, [=](const Doubles& x, std::int64_t n, const auto&) { return times(x, n); },
      [=](const Doubles&, std::int64_t n, const auto&, const Doubles& dy) { return std::vector<Doubles>{times(dy, n)}; });
}

TEST(DropBlock, squares_are_dropped_and_the_rest_is_scaled_by_the_mask) {
  for (const Mode mode : {Mode::train, Mode::infer, Mode::infer_with_dropout})
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const DropBlock::Options& options : {DropBlock::Options{.keep = 0.7, .size = 2, .ramps = false},
                                                {.keep = 0.5, .size = 3, .ramps = true},
                                                {.keep = 0.8, .size = 9, .ramps = false},
                                                {.keep = 1, .size = 2, .ramps = false}}) {
        LayerCase c = case_of(options, {4, 5, 7}, precision);
        c.mode = mode, c.progress = 0.75;
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {}));
        if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {}));
      }
}

/// The share of a map's values that is dropped, and the standard error of its mean over independent maps.
struct Share {
  double mean, error;
};
Share dropped(const DropBlock::Options& options, SampleShape map, double progress) {
  constexpr int kImages = 64;
  LayerCase c = case_of(options, map);
  c.samples = kImages, c.shards = 1, c.count = kImages, c.progress = progress;
  const auto values = static_cast<std::size_t>(kImages * map.size());
  const Doubles output = run_layer(c, {{Doubles(values, 1.0)}, {}}).output;
  const std::size_t channels = static_cast<std::size_t>(map.channels), positions = static_cast<std::size_t>(map.positions());
  Doubles shares;
  for (std::size_t n = 0; n < kImages; ++n)
    for (std::size_t k = 0; k < channels; ++k) {
      double zeros = 0;
      for (std::size_t p = 0; p < positions; ++p) zeros += output[(n * positions + p) * channels + k] == 0;
      shares.push_back(zeros / static_cast<double>(positions));
    }
  double mean = 0, square = 0;
  for (const double share : shares) mean += share, square += share * share;
  const double count = static_cast<double>(shares.size());
  mean /= count, square /= count;
  return {mean, std::sqrt((square - mean * mean) / count)};
}

/// A position is dropped unless none of the squares that cover it is there.
double expected_share(double keep, std::int64_t size, const SampleShape& map) {
  const auto covering = [size](std::int64_t at, std::int64_t length) {
    return static_cast<double>(std::min(at, length - size) - std::max<std::int64_t>(at - size + 1, 0) + 1);
  };
  const double gamma = DropBlock::gamma(keep, size, map);
  double sum = 0;
  for (std::int64_t y = 0; y < map.height; ++y)
    for (std::int64_t x = 0; x < map.width; ++x) sum += 1 - std::pow(1 - gamma, covering(y, map.height) * covering(x, map.width));
  return sum / static_cast<double>(map.positions());
}

TEST(DropBlock, the_dropped_share_is_what_gamma_says) {
  const SampleShape map{8, 8, 32};
  EXPECT_NEAR(DropBlock::gamma(0.9, 3, map), 0.1 / 9 * 64 / 36, 1e-15);
  EXPECT_NEAR(DropBlock::gamma(0.9, 20, map), 0.1, 1e-15);  // one square as large as the map: a tenth of the maps
  for (const double keep : {0.9, 0.7}) {
    const Share share = dropped({.keep = keep, .size = 3, .ramps = false}, map, 0);
    EXPECT_NEAR(share.mean, expected_share(keep, 3, map), 5 * share.error);
    EXPECT_LT(share.mean, 1 - keep);  // squares overlap
  }
}

TEST(DropBlock, the_share_ramps_up_over_training) {
  const SampleShape map{8, 8, 32};
  const DropBlock::Options options{.keep = 0.7, .size = 3, .ramps = true};
  EXPECT_EQ(dropped(options, map, 0).mean, 0);
  for (const double progress : {0.5, 1.0}) {
    const Share share = dropped(options, map, progress);
    EXPECT_NEAR(share.mean, expected_share(1 - 0.3 * progress, 3, map), 5 * share.error);
  }
}

TEST(DropBlock, the_mean_of_a_sample_stays_and_maps_are_dropped_independently) {
  LayerCase c = case_of({.keep = 0.6, .size = 2, .ramps = false}, {6, 6, 16});
  const Doubles output = run_layer(c, {{Doubles(static_cast<std::size_t>(c.rows() * 576), 1.0)}, {}}).output;
  for (std::size_t n = 0; n < 5; ++n) {
    double sum = 0, different = 0;
    for (std::size_t i = 0; i < 576; ++i) sum += output[n * 576 + i];
    for (std::size_t p = 0; p < 36; ++p) different += (output[n * 576 + p * 16] == 0) != (output[n * 576 + p * 16 + 1] == 0);
    EXPECT_NEAR(sum, 576, 576 * 4 * kRoundoffF32);
    EXPECT_GT(different, 0);
  }
}

TEST(DropBlock, draws_do_not_depend_on_the_cut_into_shards) {
  expect_draws_do_not_depend_on_shards(case_of({.keep = 0.5, .size = 2, .ramps = false}, {3, 4, 3}));
}

TEST(DropBlock, refuses_options_that_make_no_sense) {
  for (const double keep : {0.0, 1.5, std::nan("")}) EXPECT_THROW(DropBlock({.keep = keep}), InputError) << keep;
  EXPECT_THROW(DropBlock({.size = 0}), InputError);
}

}  // namespace
}  // namespace reprise::tests
