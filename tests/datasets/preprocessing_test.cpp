#include "datasets/preprocessing.hpp"

#include <algorithm>
#include <cmath>

#include "datasets/manifest.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

/// Two images of 2 channels, 1x2: planes {0, 51} {10, 10} and {102, 255} {20, 60}.
ImageSet two_images() {
  ImageSet set;
  set.name = "two", set.split = "train";
  set.count = 2, set.channels = 2, set.height = 1, set.width = 2, set.classes = 2;
  set.pixels = {0, 51, 10, 10, 102, 255, 20, 60};
  set.labels = {0, 1};
  return set;
}

std::vector<float> apply(const Preprocessing& preprocessing, const ImageSet& set, std::int64_t index) {
  std::vector<float> output(static_cast<std::size_t>(set.image_bytes()));
  preprocessing.apply(set.image(index), output.data());
  return output;
}

TEST(Preprocessing, without_stages_gives_bytes_with_channels_last) {
  const ImageSet set = two_images();
  EXPECT_EQ(apply(*Preprocessing::fit({}, set), set, 1), (std::vector<float>{102, 20, 255, 60}));
}

TEST(Preprocessing, scale_divides_by_255) {
  const ImageSet set = two_images();
  const auto scale = Preprocessing::fit({"scale"}, set);
  EXPECT_EQ(apply(*scale, set, 1), (std::vector<float>{102 / 255.f, 20 / 255.f, 1, 60 / 255.f}));
  EXPECT_FALSE(scale->is_expensive());
  EXPECT_NE(scale->table(), nullptr);
}

TEST(Preprocessing, standardize_uses_mean_and_population_deviation_by_channel) {
  // Channel 0: values 0 51 102 255, mean 102, squares 10404 2601 0 23409, variance 9103.5.
  // Channel 1: values 10 10 20 60, mean 25, squares 225 225 25 1225, variance 425.
  const ImageSet set = two_images();
  const auto standardize = Preprocessing::fit({"standardize"}, set);
  const auto fitted = standardize->fitted();
  EXPECT_DOUBLE_EQ(fitted.at("standardize/mean")[0], 102);
  EXPECT_DOUBLE_EQ(fitted.at("standardize/mean")[1], 25);
  EXPECT_DOUBLE_EQ(fitted.at("standardize/std")[0], std::sqrt(9103.5));
  EXPECT_DOUBLE_EQ(fitted.at("standardize/std")[1], std::sqrt(425.0));
  const std::vector<float> output = apply(*standardize, set, 1);
  EXPECT_NEAR(output[0], 0, 1e-7);
  EXPECT_FLOAT_EQ(output[2], static_cast<float>(153 / std::sqrt(9103.5)));
  EXPECT_FLOAT_EQ(output[3], static_cast<float>(35 / std::sqrt(425.0)));
}

TEST(Preprocessing, standardize_takes_given_numbers_in_place_of_fitted_ones) {
  const ImageSet set = two_images();
  const auto given = Preprocessing::fit({"standardize(mean=100/20,std=50/10)"}, set);
  const std::vector<float> output = apply(*given, set, 1);
  EXPECT_FLOAT_EQ(output[2], static_cast<float>((255 - 100) / 50.0));
  EXPECT_FLOAT_EQ(output[3], static_cast<float>((60 - 20) / 10.0));
  expect_error([&] { Preprocessing::fit({"standardize(mean=100/20)"}, set); }, {"both mean and std"});
}

TEST(Preprocessing, a_stage_is_fitted_on_the_output_of_the_stage_before) {
  const auto fitted = Preprocessing::fit({"scale", "standardize", "standardize"}, two_images())->fitted();
  EXPECT_DOUBLE_EQ(fitted.at("standardize/mean")[0], 102 / 255.0);
  EXPECT_NEAR(fitted.at("standardize#2/mean")[0], 0, 1e-15);  // already standardized: 4 values, a few roundings
  EXPECT_NEAR(fitted.at("standardize#2/std")[0], 1, 1e-15);
}

TEST(Preprocessing, gcn_divides_by_the_deviation_or_by_the_norm_of_the_centred_image) {
  // Image 0: values 0 10 51 10, mean 17.75; squared differences 315.0625 60.0625 1105.5625 60.0625, sum 1540.75.
  const ImageSet set = two_images();
  const std::vector<float> by_std = apply(*Preprocessing::fit({"gcn(scale=2)"}, set), set, 0);
  const std::vector<float> by_norm = apply(*Preprocessing::fit({"gcn(scale=2,by=norm)"}, set), set, 0);
  const double centred[4] = {-17.75, -7.75, 33.25, -7.75};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FLOAT_EQ(by_std[i], static_cast<float>(2 * centred[i] / std::sqrt(1540.75 / 4)));
    EXPECT_FLOAT_EQ(by_norm[i], static_cast<float>(2 * centred[i] / std::sqrt(1540.75)));
  }
}

TEST(Preprocessing, gcn_leaves_a_constant_image_at_zero) {
  ImageSet set = two_images();
  std::fill(set.pixels.begin(), set.pixels.end(), std::uint8_t{7});
  EXPECT_EQ(apply(*Preprocessing::fit({"gcn"}, set), set, 0), std::vector<float>(4, 0.0f));
}

TEST(Preprocessing, stages_after_gcn_see_its_output) {
  const Dataset data = load("synthetic-color32", "/nowhere", {300, 10});
  const auto pipeline = Preprocessing::fit({"gcn(scale=1)", "standardize", "scale"}, data.train);
  EXPECT_EQ(pipeline->table(), nullptr);
  std::vector<double> sums(3, 0.0), squares(3, 0.0);
  std::vector<float> output(3072);
  for (std::int64_t i = 0; i < data.train.count; ++i) {
    pipeline->apply(data.train.image(i), output.data());
    for (std::size_t j = 0; j < 3072; ++j) sums[j % 3] += output[j] * 255.0, squares[j % 3] += output[j] * 255.0 * output[j] * 255.0;
  }
  for (std::size_t c = 0; c < 3; ++c) {
    // float32 values of size 1: rounding 6e-8 each, averaged; 1e-6 is far above it and far below any real error.
    EXPECT_NEAR(sums[c] / (300 * 1024), 0, 1e-6);
    EXPECT_NEAR(squares[c] / (300 * 1024), 1, 1e-6);
  }
}

TEST(Preprocessing, a_batch_equals_its_images_one_by_one) {
  const Dataset data = load("synthetic-color32", "/nowhere", {40, 10});
  for (const auto& stages : {std::vector<std::string>{"scale", "standardize"}, {"gcn"}}) {
    const auto pipeline = Preprocessing::fit(stages, data.train);
    std::vector<float> batch(40 * 3072);
    pipeline->apply_batch(data.train.pixels.data(), 40, batch.data());
    for (std::int64_t i = 0; i < 40; ++i)
      ASSERT_EQ(apply(*pipeline, data.train, i), std::vector<float>(batch.begin() + i * 3072, batch.begin() + (i + 1) * 3072));
  }
}

TEST(Preprocessing, names_unknown_stages_arguments_and_a_constant_channel) {
  const ImageSet set = two_images();
  expect_error([&] { Preprocessing::fit({"whiten"}, set); }, {"'whiten'", "scale, centre, standardize, gcn, zca"});
  expect_error([&] { Preprocessing::fit({"gcn(size=3)"}, set); }, {"'gcn(size=3)'", "by, epsilon, scale", "'size'"});
  expect_error([&] { Preprocessing::fit({"scale(by=2)"}, set); }, {"no arguments", "'by'"});
  expect_error([&] { Preprocessing::fit({"zca(epsilon=-1)"}, set); }, {"epsilon", "'-1'"});
  ImageSet flat = set;
  std::fill(flat.pixels.begin(), flat.pixels.end(), std::uint8_t{7});
  expect_error([&] { Preprocessing::fit({"standardize"}, flat); }, {"'standardize' on train 'two'", "0 in channel 0"});
  expect_error([&] { Preprocessing::fit({"scale"}, ImageSet()); }, {"at least one training image"});
}

}  // namespace
}  // namespace reprise::datasets
