#include "datasets/photograph_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "datasets/byte_statistics.hpp"
#include "datasets/cached_bytes.hpp"
#include "datasets/resized_images.hpp"
#include "datasets/sample_source.hpp"
#include "made_photographs.hpp"

namespace reprise::datasets {
namespace {

/// Photographs of several sizes in one folder.
struct Album {
  TemporaryFolder folder;
  int count = 12;

  Album() {
    for (int i = 0; i < count; ++i) write_file(folder.path() / name(i), jpeg(20 + 3 * i, 26 + i % 4, i));
  }
  static std::string name(int i) { return std::to_string(100 + i) + ".jpg"; }
  PhotographFiles files() const {
    PhotographFiles result;
    const int place = result.add_place(folder.path(), "train/pets");
    for (int i = 0; i < count; ++i) {
      const auto path = folder.path() / name(i);
      result.add_file(place, name(i), i % 3, std::filesystem::file_size(path),
                      std::filesystem::last_write_time(path).time_since_epoch().count());
    }
    return result;
  }
  std::filesystem::path cache() const { return folder.path() / "cache"; }
  std::shared_ptr<ImageSet> set(const PhotographFrame& frame) const {
    auto result = std::make_shared<ImageSet>();
    result->name = "pets", result->split = "train", result->classes = 3, result->class_names = {"a", "b", "c"};
    set_photographs(files(), check_photographs(files(), cache(), folder.path() / "exclude.txt"), frame, *result);
    return result;
  }
};

/// The same images held as bytes.
std::shared_ptr<ImageSet> packed(const ImageSet& set) {
  auto result = std::make_shared<ImageSet>(set);
  result->lazy.reset();
  std::vector<std::uint8_t> room;
  for (std::int64_t i = 0; i < set.count; ++i) {
    const std::uint8_t* image = set.image(i, room);
    result->pixels.insert(result->pixels.end(), image, image + set.image_bytes());
  }
  return result;
}

std::vector<float> fetch(const SampleSource& source, std::int64_t index, const FetchKey* key = nullptr) {
  std::vector<float> output(static_cast<std::size_t>(source.shape().size()), NAN);
  source.fetch(index, key, output.data());
  return output;
}

TEST(PhotographSet, describes_its_photographs) {
  const Album album;
  const auto set = album.set({16, 20, 20});
  EXPECT_EQ(std::tuple(set->count, set->channels, set->height, set->width), std::tuple(12, 3, 16, 16));
  EXPECT_EQ(set->labels, (std::vector<std::int32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}));
  EXPECT_TRUE(set->pixels.empty());
}

TEST(PhotographSet, samples_equal_those_of_the_decoded_images) {
  const Album album;
  const auto set = album.set({16, 20, 20}), bytes = packed(*set);
  const std::vector<std::string> augmentations{"random_crop(size=12)", "flip", "pca_colour(deviation=0.5)"};
  for (const auto& stages :
       {std::vector<std::string>{"photograph(side=16,short_side=20)", "mean_image"}, {"standardize"}, {"scale", "mean_image"}}) {
    const SampleSource lazy(set, Preprocessing::fit(stages, *set, album.cache(), true), augmentations),
        held(bytes, Preprocessing::fit(stages, *bytes, album.cache(), true), augmentations);
    EXPECT_EQ(lazy.shape(), (SampleShape{12, 12, 3}));
    for (std::int64_t i = 0; i < set->count; ++i) {
      const FetchKey key{5, 2};
      ASSERT_EQ(fetch(lazy, i), fetch(held, i)) << stages.back() << " " << i;
      ASSERT_EQ(fetch(lazy, i, &key), fetch(held, i, &key)) << stages.back() << " " << i;
      ASSERT_NE(fetch(lazy, i, &key), fetch(lazy, i));
    }
  }
}

/// Resized from their own size, not from what the set shows of them.
TEST(PhotographSet, at_another_size_is_the_set_of_that_frame) {
  const Album album;
  const auto shown = album.set({16, 18, 24, true}), wanted = album.set({22, 22, 22});
  const auto larger = resized(*shown, 22);
  EXPECT_EQ(larger->labels, shown->labels);
  std::vector<std::uint8_t> room, other;
  for (std::int64_t i = 0; i < shown->count; ++i) {
    const std::uint8_t *found = larger->image(i, room), *expected = wanted->image(i, other);
    EXPECT_TRUE(std::equal(found, found + larger->image_bytes(), expected)) << i;
  }
}

TEST(PhotographSet, threads_fetch_what_one_thread_fetches) {
  const Album album;
  const auto set = album.set({16, 18, 24, true});
  const SampleSource source(set, Preprocessing::fit({"mean_image"}, *set, album.cache()), {"random_crop(size=12)", "flip"});
  const FetchKey key{3, 7};
  std::vector<std::vector<float>> together(12);
  std::vector<std::int64_t> order{11, 3, 5};
  source.announce(order);
  {
    std::vector<std::jthread> threads;
    for (std::int64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::int64_t i = t; i < 12; i += 4) together[static_cast<std::size_t>(i)] = fetch(source, i, &key);
      });
  }
  for (std::int64_t i = 0; i < 12; ++i) {
    ASSERT_EQ(together[static_cast<std::size_t>(i)], fetch(source, i, &key));
    const FetchKey other{3, 8};
    EXPECT_NE(together[static_cast<std::size_t>(i)], fetch(source, i, &other));
  }
}

TEST(PhotographSet, a_damaged_photograph_is_named_before_it_is_needed) {
  const Album album;
  const auto exclusions = album.folder.path() / "exclude.txt";
  const auto check = [&] { check_photographs(album.files(), album.cache(), exclusions); };
  Bytes bytes = read_file(album.folder.path() / Album::name(4));
  bytes.resize(bytes.size() - 100);
  write_file(album.folder.path() / Album::name(4), bytes);
  expect_error(check,
               {"train/pets/104.jpg at byte ", "an intact JPEG", "Premature end", "write train/pets/104.jpg on a line of", "exclude.txt"});
  write_file(album.folder.path() / Album::name(2), {1, 2, 3});
  expect_error(check, {"train/pets/102.jpg", "(1 more are damaged)"});
}

TEST(PhotographSet, what_was_checked_is_not_decoded_again) {
  const Album album;
  const auto first = check_photographs(album.files(), album.cache(), "exclude.txt");
  const PhotographFiles listed = album.files();
  std::filesystem::remove(album.folder.path() / Album::name(4));
  EXPECT_EQ(check_photographs(listed, album.cache(), "exclude.txt"), first);
  EXPECT_THROW(check_photographs(listed, album.folder.path() / "another", "exclude.txt"), InputError);
}

TEST(PhotographSet, digest_changes_with_a_file_a_label_and_a_class_name) {
  const Album album;
  const std::string before = album.set({16, 16, 16})->digest;
  EXPECT_EQ(album.set({8, 8, 8})->digest, before);  // the frame is in the recipe
  write_file(album.folder.path() / Album::name(3), jpeg(29, 29, 77));
  EXPECT_NE(album.set({16, 16, 16})->digest, before);
}

TEST(PhotographSet, random_frames_are_drawn_by_key) {
  const Album album;
  const auto set = album.set({16, 16, 24, true}), still = album.set({16, 16, 16});
  const SampleSource drawn(set, Preprocessing::fit({"scale"}, *set), {}), plain(still, Preprocessing::fit({"scale"}, *still), {});
  const FetchKey key{1, 1};
  int moved = 0;
  for (std::int64_t i = 0; i < 12; ++i) {
    EXPECT_EQ(fetch(drawn, i), fetch(plain, i));
    moved += fetch(drawn, i, &key) != fetch(drawn, i) ? 1 : 0;
  }
  EXPECT_GT(moved, 10);
}

TEST(ByteStatistics, sums_by_hand) {
  ImageSet set;
  set.count = 2, set.channels = 3, set.height = 1, set.width = 2;
  set.pixels = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
  const ByteStatistics statistics = measure_bytes(set, {});
  EXPECT_EQ(statistics.sums, (std::vector<std::int64_t>{11, 22, 33, 44, 55, 66}));
  EXPECT_EQ(statistics.products[1], 1 * 3 + 2 * 4 + 10 * 30 + 20 * 40);
  EXPECT_EQ(statistics.products[1], statistics.products[3]);
  EXPECT_EQ(statistics.histogram[256 + 30], 1);
}

TEST(ByteStatistics, axes_of_colour_are_orthogonal_and_add_up_to_the_covariance) {
  const Album album;
  const auto set = album.set({16, 16, 16});
  const ByteStatistics statistics = measure_bytes(*set, album.cache());
  EXPECT_EQ(measure_bytes(*set, album.cache()).sums, statistics.sums);  // now from the cache
  EXPECT_EQ(measure_bytes(*packed(*set), {}).products, statistics.products);
  const std::vector<double> axes = colour_axes(statistics);
  const auto dot = [&](std::size_t i, std::size_t j) {
    return axes[3 * i] * axes[3 * j] + axes[3 * i + 1] * axes[3 * j + 1] + axes[3 * i + 2] * axes[3 * j + 2];
  };
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NEAR(dot(i, j), 0, 1e-9 * dot(0, 0));
      EXPECT_GE(dot(j, j), dot(i, i));
    }
  const double pixels = 12 * 256;
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t d = 0; d < 3; ++d) {
      double mean_c = 0, mean_d = 0;
      for (std::size_t p = 0; p < 256; ++p)
        mean_c += static_cast<double>(statistics.sums[c * 256 + p]) / pixels,
            mean_d += static_cast<double>(statistics.sums[d * 256 + p]) / pixels;
      const double expected = static_cast<double>(statistics.products[3 * c + d]) / pixels - mean_c * mean_d;
      EXPECT_NEAR(axes[c] * axes[d] + axes[3 + c] * axes[3 + d] + axes[6 + c] * axes[6 + d], expected, 1e-9 * dot(0, 0));
    }
}

TEST(SampleSource, pca_colour_moves_all_pixels_along_the_axes_of_colour) {
  const Album album;
  const auto set = album.set({16, 16, 16});
  const std::vector<double> axes = colour_axes(measure_bytes(*set, album.cache()));
  const auto pipeline = Preprocessing::fit({"scale", "mean_image"}, *set, album.cache(), true);
  const SampleSource moved(set, pipeline, {"pca_colour(deviation=0.1)"}), plain(set, pipeline, {});
  double sum = 0;
  int draws = 0;
  for (std::uint64_t epoch = 0; epoch < 50; ++epoch)
    for (std::int64_t i = 0; i < 12; ++i) {
      const FetchKey key{1, epoch};
      const std::vector<float> a = fetch(moved, i, &key), b = fetch(plain, i);
      std::array<double, 3> move{};
      for (std::size_t c = 0; c < 3; ++c) {
        move[c] = 255.0 * (a[c] - b[c]);
        for (std::size_t p = 0; p < 256; ++p) ASSERT_NEAR(255.0 * (a[3 * p + c] - b[3 * p + c]), move[c], 1e-3);
      }
      // Along the first axis, in units of its length: normal with deviation 0.1.
      const double length = axes[0] * axes[0] + axes[1] * axes[1] + axes[2] * axes[2];
      const double part = (move[0] * axes[0] + move[1] * axes[1] + move[2] * axes[2]) / length;
      sum += part * part, ++draws;
    }
  EXPECT_NEAR(std::sqrt(sum / draws), 0.1, 0.1 * 4 / std::sqrt(2.0 * draws));
}

TEST(SampleSource, pca_colour_needs_colours_and_stages_that_keep_them) {
  const Album album;
  const auto set = album.set({16, 16, 16});
  expect_error([&] { Preprocessing::fit({"gcn"}, *set, album.cache(), true); }, {"pca_colour", "another stage"});
  const auto grey = std::make_shared<ImageSet>(load("synthetic-gray28", "/nowhere", {20, 1}).train);
  expect_error([&] { Preprocessing::fit({"scale"}, *grey, album.cache(), true); }, {"pca_colour", "images of 1 channels"});
  expect_error([&] { Preprocessing::fit({"scale", "photograph(side=16)"}, *set); }, {"photograph", "in front of all other stages"});
  expect_error([&] { Preprocessing::fit({"photograph(side=17)"}, *set); }, {"photograph", "images of 17 x 17"});
  expect_error([&] { Preprocessing::fit({"gcn", "mean_image"}, *set); }, {"mean_image", "Move it to the front"});
}

TEST(CachedBytes, are_found_by_their_key_alone_and_only_whole) {
  const TemporaryFolder folder;
  const auto path = cached_file(folder.path(), "kind", "key");
  EXPECT_FALSE(read_cached(path, "key"));
  write_cached(path, "key", {std::as_bytes(std::span("abc"))});
  ASSERT_TRUE(read_cached(path, "key"));
  EXPECT_EQ(read_cached(path, "key")->size(), 4u);
  EXPECT_FALSE(read_cached(path, "another"));
  Bytes bytes = read_file(path);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 1;
    write_file(path, bytes);
    EXPECT_FALSE(read_cached(path, "key")) << i;
    bytes[i] ^= 1;
  }
  bytes.pop_back();
  write_file(path, bytes);
  EXPECT_FALSE(read_cached(path, "key"));
  write_cached("/proc/nowhere/x.bin", "key", {});
}

}  // namespace
}  // namespace reprise::datasets
