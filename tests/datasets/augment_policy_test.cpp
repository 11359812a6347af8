// Lists of operations: which are drawn how often, and what AugMix makes of its chains.

#include "datasets/augment_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <string>

#include "datasets/sample_source.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

constexpr int kSide = 32;
using Pixels = std::vector<std::uint8_t>;

std::unique_ptr<const AugmentPolicy> policy(const std::string& text) {
  NamedCall call("augmentation", text);
  return make_policy(call);
}

Pixels picture(int channels) {
  Pixels pixels;
  for (int i = 0; i < channels * kSide * kSide; ++i) pixels.push_back(static_cast<std::uint8_t>(11 + (i * 37 + i / 7 * 13) % 226));
  return pixels;
}

/// Bytes as they reach preprocessing; the first of several calls.
Pixels applied(const AugmentPolicy& policy, Pixels pixels, int channels, std::uint64_t sample) {
  random::Generator draws({1, random::Purpose::augmentation, 0, 0, sample});
  Pixels seen;
  std::vector<float> values(pixels.size());
  policy.apply(
      draws, {pixels.data(), channels, kSide, kSide},
      [&](const std::uint8_t* bytes, float*) {
        if (seen.empty()) seen.assign(bytes, bytes + pixels.size());
      },
      values.data());
  return seen;
}

std::string text(const Pixels& pixels) {
  return {pixels.begin(), pixels.end()};
}

TEST(RandAugment, draws_each_of_its_operations_equally_often) {
  constexpr int kDraws = 2800;
  const auto changed = [](const auto& change) {
    Pixels pixels = picture(3);
    change(ByteImage{pixels.data(), 3, kSide, kSide});
    return pixels;
  };
  // Magnitude 18 of 30 is level 6.
  constexpr double kFactor = 0.1 + 6 * 0.18;
  std::map<std::string, int> number_of;  // of the bytes of a changed picture
  const auto expect = [&](int number, const auto& change) {
    EXPECT_TRUE(number_of.emplace(text(changed(change)), number).second) << number;
  };
  expect(0, [](const ByteImage&) {});
  expect(1, auto_contrast);
  expect(2, equalize);
  expect(3, [](const ByteImage& i) { rotate(i, 18, 128); });
  expect(3, [](const ByteImage& i) { rotate(i, -18, 128); });
  expect(4, [](const ByteImage& i) { solarize(i, 256 - 153); });
  expect(5, [](const ByteImage& i) { change_colour(i, kFactor); });
  expect(6, [](const ByteImage& i) { posterize(i, 2); });
  expect(7, [](const ByteImage& i) { change_contrast(i, kFactor); });
  expect(8, [](const ByteImage& i) { change_brightness(i, kFactor); });
  expect(9, [](const ByteImage& i) { change_sharpness(i, kFactor); });
  expect(10, [](const ByteImage& i) { shear_x(i, 0.18, 128); });
  expect(10, [](const ByteImage& i) { shear_x(i, -0.18, 128); });
  expect(11, [](const ByteImage& i) { shear_y(i, 0.18, 128); });
  expect(11, [](const ByteImage& i) { shear_y(i, -0.18, 128); });
  expect(12, [](const ByteImage& i) { translate_x(i, 6, 128); });
  expect(12, [](const ByteImage& i) { translate_x(i, -6, 128); });
  expect(13, [](const ByteImage& i) { translate_y(i, 6, 128); });
  expect(13, [](const ByteImage& i) { translate_y(i, -6, 128); });
  const auto rand_augment = policy("randaugment(count=1,magnitude=18)");
  std::map<int, int> counts;
  for (std::uint64_t i = 0; i < kDraws; ++i) ++counts[number_of.at(text(applied(*rand_augment, picture(3), 3, i)))];
  const double share = kDraws / 14.0, deviation = std::sqrt(kDraws / 14.0 * 13 / 14);
  for (int number = 0; number < 14; ++number) EXPECT_NEAR(counts[number], share, 5 * deviation) << number;
}

TEST(AutoAugment, leaves_as_many_pictures_alone_as_the_probabilities_of_its_pairs_say) {
  constexpr int kDraws = 2000;
  const auto auto_augment = policy("autoaugment");
  int unchanged = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) unchanged += applied(*auto_augment, picture(3), 3, i) == picture(3);
  constexpr double kExpected = 5.58 / 25;  // the mean over pairs of (1 - p) (1 - q)
  EXPECT_NEAR(unchanged, kDraws * kExpected, 5 * std::sqrt(kDraws * kExpected * (1 - kExpected)));
}

/// What AugMix weighs: a preprocessing that gives `own` for the picture and `chains` for the chains in order.
double weighed(const AugmentPolicy& policy, double own, const std::vector<double>& chains, std::uint64_t sample) {
  random::Generator draws({1, random::Purpose::augmentation, 0, 0, sample});
  Pixels pixels = picture(1);
  pixels.resize(16);
  std::vector<float> values(pixels.size());
  std::size_t calls = 0;
  policy.apply(
      draws, {pixels.data(), 1, 4, 4},
      [&](const std::uint8_t*, float* sample_values) {
        const double value = calls == 0 ? own : chains.at(calls - 1);
        std::fill_n(sample_values, pixels.size(), static_cast<float>(value));
        ++calls;
      },
      values.data());
  EXPECT_EQ(calls, chains.size() + 1);
  return static_cast<double>(values[5]);
}

TEST(AugMix, weights_of_the_picture_and_of_its_chains_are_those_of_the_paper) {
  constexpr int kDraws = 1500;
  const auto augmix = policy("augmix");
  double own = 0, own_square = 0, first = 0, first_square = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double m = weighed(*augmix, 1, {0, 0, 0}, i), w = weighed(*augmix, 0, {1, 0, 0}, i);
    ASSERT_NEAR(m + w + weighed(*augmix, 0, {0, 1, 0}, i) + weighed(*augmix, 0, {0, 0, 1}, i), 1, 1e-5);
    own += m / kDraws, own_square += m * m / kDraws;
    if (m < 0.99) first += w / (1 - m) / kDraws, first_square += w * w / (1 - m) / (1 - m) / kDraws;
  }
  EXPECT_NEAR(own, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(own_square - own * own, 1.0 / 12, 5 * 0.08 / std::sqrt(kDraws));
  // Dirichlet(1, 1, 1): mean 1/3, variance 1/18. A hundredth of the draws is left out.
  EXPECT_NEAR(first, 0.99 / 3, 5 * std::sqrt(1.0 / 18 / kDraws) + 0.005);
  EXPECT_NEAR(first_square, 0.99 / 6, 5 * 0.2 / std::sqrt(kDraws) + 0.005);
}

TEST(AugMix, black_stays_black_and_the_picture_itself_is_not_changed) {
  const auto augmix = policy("augmix(severity=10)");
  for (std::uint64_t i = 0; i < 50; ++i) {
    random::Generator draws({1, random::Purpose::augmentation, 0, 0, i});
    Pixels black(kSide * kSide, 0);
    std::vector<float> values(black.size());
    augmix->apply(
        draws, {black.data(), 1, kSide, kSide}, [&](const std::uint8_t* bytes, float* sample) { std::copy_n(bytes, black.size(), sample); },
        values.data());
    EXPECT_EQ(values, std::vector<float>(black.size(), 0.0f));
    EXPECT_EQ(applied(*augmix, picture(3), 3, i), picture(3));  // what comes first to preprocessing
  }
}

TEST(AugmentPolicy, sees_the_moved_picture_with_black_around_it_and_is_painted_over_last) {
  ImageSet set;
  set.name = "pictures", set.split = "train", set.digest = "pictures";
  set.count = 100, set.channels = 1, set.height = set.width = 8, set.classes = 2;
  for (int i = 0; i < 6400; ++i) set.pixels.push_back(static_cast<std::uint8_t>(40 + (i * 37 + i / 9 * 5) % 160));
  set.labels.assign(100, 0);
  const auto images = std::make_shared<const ImageSet>(set);
  const auto scale = Preprocessing::fit({"scale"}, set);
  const SampleSource source(images, scale, {"translate(pixels=3,fill=zeros)", "augmix", "cutout(size=2,fill=7)"});
  const Augmentations moves({"translate(pixels=3,fill=zeros)"}, 8, 8);
  const auto augmix = policy("augmix");
  std::vector<float> expected(64), found(64);
  for (std::int64_t i = 0; i < 100; ++i) {
    const FetchKey key{1, 2};
    AxisMaps maps;
    moves.draw(1, 2, static_cast<std::uint64_t>(i), maps);
    Pixels moved;
    for (const int row : maps.rows)
      for (const int column : maps.columns) moved.push_back(row < 0 || column < 0 ? std::uint8_t{0} : set.image(i)[row * 8 + column]);
    random::Generator draws({1, random::Purpose::augmentation, 1, 2, static_cast<std::uint64_t>(i)});  // place 1 of the list
    augmix->apply(
        draws, {moved.data(), 1, 8, 8}, [&](const std::uint8_t* bytes, float* values) { scale->apply(bytes, values); }, expected.data());
    source.fetch(i, &key, found.data());
    int painted = 0;
    for (std::size_t p = 0; p < 64; ++p) {
      painted += found[p] == 7;
      if (found[p] != 7) {
        ASSERT_EQ(found[p], expected[p]);
      }
    }
    ASSERT_TRUE(painted >= 1 && painted <= 4);
    source.fetch(i, nullptr, found.data());
    scale->apply(set.image(i), expected.data());
    ASSERT_EQ(found, expected);  // a test image is left alone
  }
}

TEST(AugmentPolicy, refuses_a_second_policy_crops_and_whitening) {
  expect_error([] { Augmentations({"autoaugment", "augmix"}, 8, 8); }, {"augmix", "one policy"});
  expect_error([] { Augmentations({"randaugment(magnitude=31)"}, 8, 8); }, {"randaugment", "magnitude"});
  ImageSet set;
  set.name = "white", set.split = "train", set.digest = "white";
  set.count = 2, set.channels = 1, set.height = set.width = 8, set.classes = 2;
  set.pixels.assign(128, 255), set.labels.assign(2, 0);
  const auto images = std::make_shared<const ImageSet>(set);
  expect_error(
      [&] {
        SampleSource(images, Preprocessing::fit({"scale"}, set), {"random_crop(size=4)", "autoaugment"});
      },
      {"operations on bytes", "a crop"});
}

}  // namespace
}  // namespace reprise::datasets
