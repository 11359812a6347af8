#include "datasets/sample_source.hpp"

#include <cmath>
#include <thread>

#include "datasets/augmentation.hpp"
#include "suite/errors.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

std::shared_ptr<const ImageSet> images(const std::string& name, std::int64_t count) {
  return std::make_shared<ImageSet>(load(name, "/nowhere", {count, 1}).train);
}

std::vector<float> fetch(const SampleSource& source, std::int64_t index, const FetchKey* key = nullptr) {
  std::vector<float> output(static_cast<std::size_t>(source.shape().size()), NAN);
  source.fetch(index, key, output.data());
  return output;
}

/// The augmented image by its definition: each output pixel looked up in the plain image.
std::vector<float> moved(const std::vector<float>& plain, const AxisMaps& maps, std::size_t channels) {
  std::vector<float> output;
  for (const int row : maps.rows)
    for (const int column : maps.columns)
      for (std::size_t c = 0; c < channels; ++c)
        output.push_back(
            row < 0 || column < 0
                ? 0.0f
                : plain[(static_cast<std::size_t>(row) * maps.columns.size() + static_cast<std::size_t>(column)) * channels + c]);
  return output;
}

TEST(SampleSource, describes_its_images) {
  const auto set = images("synthetic-color32", 30);
  const SampleSource source(set, Preprocessing::fit({"scale"}, *set), {});
  EXPECT_EQ(source.count(), 30);
  EXPECT_EQ(source.classes(), 10);
  EXPECT_EQ(source.shape(), (SampleShape{32, 32, 3}));
  EXPECT_EQ(source.label(13), 3);
  EXPECT_EQ(source.bytes_held(), 0);
  EXPECT_EQ(&source.images(), set.get());
}

TEST(SampleSource, without_key_gives_the_preprocessed_image) {
  const auto set = images("synthetic-color32", 30);
  const auto pipeline = Preprocessing::fit({"scale", "standardize"}, *set);
  const SampleSource source(set, pipeline, {"flip", "crop(pad=4)"});
  std::vector<float> expected(3072);
  pipeline->apply(set->image(7), expected.data());
  EXPECT_EQ(fetch(source, 7), expected);
}

TEST(SampleSource, augments_alike_whether_the_pipeline_is_a_table_or_not) {
  const std::vector<std::string> augmentations = {"flip", "crop(pad=4)", "translate(pixels=3)", "crop(pad=2,mode=reflect)"};
  for (const char* name : {"synthetic-color32", "synthetic-gray28"}) {
    const auto set = images(name, 60);
    const auto channels = static_cast<std::size_t>(set->channels);
    const Augmentations drawn(augmentations, set->height, set->width);
    for (const auto& stages : {std::vector<std::string>{"scale", "standardize"}, {"gcn"}}) {
      const SampleSource source(set, Preprocessing::fit(stages, *set), augmentations);
      for (std::int64_t i = 0; i < 60; ++i) {
        const FetchKey key{5, 2};
        AxisMaps maps;
        drawn.draw(5, 2, static_cast<std::uint64_t>(i), maps);
        ASSERT_EQ(fetch(source, i, &key), moved(fetch(source, i), maps, channels)) << name << " " << stages[0] << " " << i;
      }
    }
  }
}

TEST(SampleSource, pads_with_zero_after_preprocessing) {
  const auto set = images("synthetic-color32", 20);
  const SampleSource source(set, Preprocessing::fit({"scale", "standardize"}, *set), {"crop(pad=31)"});
  const FetchKey key{1, 0};
  int zeros = 0;
  for (std::int64_t i = 0; i < 20; ++i)
    for (const float value : fetch(source, i, &key)) zeros += value == 0.0f;  // no byte of these images standardizes to 0
  EXPECT_GT(zeros, 20 * 3072 / 4);
}

TEST(SampleSource, fills_with_black_as_padding_before_preprocessing_does) {
  const auto set = images("synthetic-color32", 30);
  const auto pipeline = Preprocessing::fit({"scale", "standardize(mean=0.5/0.4/0.3,std=0.5/0.5/0.5)"}, *set);
  const SampleSource zeros(set, pipeline, {"translate(pixels=9)"}), black(set, pipeline, {"translate(pixels=9,fill=black)"});
  int filled = 0;
  for (std::int64_t index = 0; index < 30; ++index) {
    const FetchKey key{7, 2};
    const std::vector<float> left = fetch(zeros, index, &key), right = fetch(black, index, &key);
    for (std::size_t i = 0; i < left.size(); ++i) {
      const float of_black[] = {-1.0f, -0.8f, -0.6f};
      if (left[i] == right[i]) continue;
      EXPECT_EQ(left[i], 0.0f);
      EXPECT_FLOAT_EQ(right[i], of_black[i % 3]);
      ++filled;
    }
  }
  EXPECT_GT(filled, 3000);
  const auto whitened = Preprocessing::fit({"gcn", "zca"}, *set);
  EXPECT_THROW(SampleSource(set, whitened, {"translate(fill=black)"}), InputError);
}

TEST(SampleSource, stores_whitened_images_in_half_precision) {
  // 28x28 of 300 images: whitened values are of size 1, half precision rounds to 2^-11 of a value.
  const TemporaryFolder folder;
  const auto set = images("synthetic-gray28", 300);
  const auto pipeline = Preprocessing::fit({"gcn(scale=1)", "zca(epsilon=0.1)"}, *set, folder.path());
  const SampleSource source(set, pipeline, {"flip"}), again(set, pipeline, {});
  EXPECT_EQ(source.bytes_held(), 300 * 784 * 2);
  std::vector<float> expected(784);
  for (std::int64_t i = 0; i < 300; ++i) {
    pipeline->apply(set->image(i), expected.data());
    const std::vector<float> stored = fetch(source, i);
    ASSERT_EQ(stored, fetch(again, i));
    // Besides the rounding: one image and a block of images may be summed in another order, 784 roundings of float32.
    for (std::size_t j = 0; j < 784; ++j) ASSERT_NEAR(stored[j], expected[j], std::abs(expected[j]) * 0x1p-11 + 784 * 0x1p-23);
  }
}

TEST(SampleSource, flips_stored_images_too) {
  const TemporaryFolder folder;
  const auto set = images("synthetic-gray28", 40);
  const SampleSource source(set, Preprocessing::fit({"zca(epsilon=10)"}, *set, folder.path()), {"flip"});
  const Augmentations drawn({"flip"}, 28, 28);
  for (std::int64_t i = 0; i < 40; ++i) {
    const FetchKey key{1, 1};
    AxisMaps maps;
    drawn.draw(1, 1, static_cast<std::uint64_t>(i), maps);
    ASSERT_EQ(fetch(source, i, &key), moved(fetch(source, i), maps, 1));
  }
}

TEST(SampleSource, threads_fetch_what_one_thread_fetches) {
  const auto set = images("synthetic-color32", 200);
  const SampleSource source(set, Preprocessing::fit({"gcn"}, *set), {"flip", "crop(pad=4)"});
  std::vector<std::vector<float>> together(200);
  {
    std::vector<std::jthread> threads;
    for (std::int64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::int64_t i = t; i < 200; i += 4) {
          const FetchKey key{3, 1};
          together[static_cast<std::size_t>(i)] = fetch(source, i, &key);
        }
      });
  }
  const FetchKey key{3, 1};
  for (std::int64_t i = 0; i < 200; ++i) ASSERT_EQ(together[static_cast<std::size_t>(i)], fetch(source, i, &key));
}

TEST(SampleSource, names_an_unknown_augmentation) {
  const auto set = images("synthetic-gray28", 10);
  expect_error([&] { SampleSource(set, Preprocessing::fit({}, *set), {"zoom"}); }, {"augmentation 'zoom'"});
}

}  // namespace
}  // namespace reprise::datasets
