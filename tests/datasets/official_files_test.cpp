// Loading the official files: needs them, and is skipped without.

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "datasets/manifest.hpp"
#include "datasets/photograph_layout.hpp"
#include "datasets/preprocessing.hpp"
#include "datasets/split_reader.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

std::filesystem::path official_directory() {
  const char* variable = std::getenv("REPRISE_DATA");
  return variable != nullptr ? variable : "";
}

bool is_here(const std::string& name) {
  const DatasetEntry& entry = require_entry(name);
  if (entry.format == Format::container) return false;  // a container that users write themselves
  if (entry.format == Format::videos) return false;     // tests have made ones
  if (entry.format == Format::photographs) return has_photographs(entry, official_directory());
  for (const SplitEntry* split : {&entry.train, &entry.test})
    for (const FileEntry& file : split->files)
      if (locate(entry, file, official_directory()).empty()) return false;
  return true;
}

#define SKIP_WITHOUT(name) \
  if (!is_here(name)) GTEST_SKIP() << "the files of " << name << " are not here; set REPRISE_DATA, or: reprise data fetch " << name

TEST(OfficialFiles, every_set_that_is_here_passes_its_checks) {
  int found = 0;
  for (const DatasetEntry& entry : manifest()) {
    if (entry.is_derived() || !is_here(entry.name)) continue;
    ++found;
    const Dataset data = load(entry.name, official_directory());
    EXPECT_EQ(data.train.count, entry.train.count) << entry.name;
    EXPECT_EQ(data.test.classes, entry.classes()) << entry.name;
  }
  if (found == 0) GTEST_SKIP() << "no official files; set REPRISE_DATA";
}

TEST(OfficialFiles, a_selection_is_a_fixed_subset_in_the_order_of_the_files) {
  SKIP_WITHOUT("fashion-mnist");
  const Dataset whole = load("fashion-mnist", official_directory()), part = load("fashion-mnist", official_directory(), {1000, 0});
  ASSERT_EQ(part.train.count, 1000);
  EXPECT_EQ(part.test.digest, whole.test.digest);
  std::int64_t at = 0;
  for (std::int64_t i = 0; i < 1000; ++i, ++at) {
    while (at < whole.train.count && !std::equal(part.train.image(i), part.train.image(i) + 784, whole.train.image(at))) ++at;
    ASSERT_LT(at, whole.train.count) << "image " << i << " comes too early or not at all";
    ASSERT_EQ(part.train.labels[static_cast<std::size_t>(i)], whole.train.labels[static_cast<std::size_t>(at)]);
  }
  // Measured once: another choice of images would make runs of different versions differ.
  EXPECT_EQ(part.train.digest, "fca6c47fe64ae0ee745a867cd5be439fe27eb10399e34f57f87c626bb5723c4d");
  expect_error([] { load("fashion-mnist", official_directory(), {60001, 0}); }, {"train", "60000", "60001"});
}

TEST(OfficialFiles, held_out_images_leave_the_training_set_and_stand_in_for_the_test_set) {
  SKIP_WITHOUT("fashion-mnist");
  // All but 1,000 images held out: what is left is what a selection of 1,000 trains on.
  const Dataset part = load("fashion-mnist", official_directory(), {1000, 0}),
                held = load("fashion-mnist", official_directory(), {0, 0, 59000});
  EXPECT_EQ(held.train.digest, part.train.digest);
  EXPECT_EQ(held.test.count, 59000);
  EXPECT_EQ(held.test.split, "held out of train");
  const Dataset whole = load("fashion-mnist", official_directory());
  std::vector<std::int64_t> classes(10, 0);
  for (const ImageSet* set : {&held.train, &held.test})
    for (const std::int32_t label : set->labels) ++classes[static_cast<std::size_t>(label)];
  EXPECT_EQ(classes, class_histogram(whole.train));
  expect_error([] { load("fashion-mnist", official_directory(), {59001, 0, 1000}); }, {"train", "59000", "59001"});
  expect_error([] { load("fashion-mnist", official_directory(), {0, 0, 60000}); }, {"held-out", "59999", "held_out_images"});
  expect_error([] { load("synthetic-gray28", "", {0, 0, 10}); }, {"held-out", "'synthetic-gray28'"});
}

TEST(OfficialFiles, a_canvas_selection_holds_the_images_of_the_base_selection) {
  SKIP_WITHOUT("fashion-mnist");
  const Dataset base = load("fashion-mnist", official_directory(), {50, 20});
  const Dataset canvas = load("fashion-mnist-canvas64", official_directory(), {50, 20});
  EXPECT_EQ(canvas.train.height, 64);
  EXPECT_EQ(canvas.train.labels, base.train.labels);
  for (std::int64_t i = 0; i < 50; ++i) {
    std::int64_t base_sum = 0, canvas_sum = 0;
    for (std::int64_t j = 0; j < base.train.image_bytes(); ++j) base_sum += base.train.image(i)[j];
    for (std::int64_t j = 0; j < canvas.train.image_bytes(); ++j) canvas_sum += canvas.train.image(i)[j];
    ASSERT_EQ(canvas_sum, base_sum);
  }
}

TEST(OfficialFiles, a_rotated_set_holds_other_digits_in_its_two_splits_and_one_choice_is_part_of_another) {
  SKIP_WITHOUT("mnist");
  const Dataset whole = load("mnist-rotated", official_directory()), part = load("mnist-rotated", official_directory(), {0, 0, 2000});
  EXPECT_EQ(whole.train.count, 12000);
  EXPECT_EQ(whole.test.count, 50000);
  EXPECT_EQ(part.train.count, 10000);
  const auto images_of = [](const ImageSet& set) {
    std::set<std::string> images;
    for (std::int64_t i = 0; i < set.count; ++i) images.emplace(set.image(i), set.image(i) + set.image_bytes());
    return images;
  };
  // No two images are alike, so none is in both splits and the held-out images are training images.
  std::set<std::string> all = images_of(whole.train), test = images_of(whole.test);
  EXPECT_EQ(all.size(), 12000u);
  all.merge(test);
  EXPECT_EQ(all.size(), 62000u);
  std::set<std::string> kept = images_of(part.train);
  kept.merge(images_of(part.test));
  EXPECT_EQ(kept, images_of(whole.train));
  // Measured once: other angles or another order would make runs of different versions differ.
  EXPECT_EQ(whole.train.digest, "89671cdf45f958d4c77bd204f89ce10c496930718ab2967bebaaed371553d16d");
  EXPECT_EQ(whole.test.digest, "7c824ef8b6f0fad083f62eda223059488025c2a7d159ac458f53ad03b454bd53");
}

TEST(OfficialFiles, a_truncated_copy_is_named_with_offset_and_fix) {
  SKIP_WITHOUT("fashion-mnist");
  const DatasetEntry& entry = require_entry("fashion-mnist");
  const TemporaryFolder folder;
  for (const FileEntry& file : entry.train.files) {
    std::filesystem::create_directories((folder.path() / file.path).parent_path());
    std::filesystem::copy_file(locate(entry, file, official_directory()), folder.path() / file.path);
  }
  std::filesystem::resize_file(folder.path() / entry.train.files[0].path, 1000000);
  expect_error([&] { load("fashion-mnist", folder.path()); }, {(folder.path() / entry.train.files[0].path).string(), "at byte 1000000",
                                                               "more gzip data", "reprise data fetch fashion-mnist"});
}

// Published: Krizhevsky's statistics as the literature rounds them, to four places.
TEST(OfficialFiles, standardize_finds_the_published_mean_and_deviation_of_cifar10) {
  SKIP_WITHOUT("cifar-10");
  const Dataset data = load("cifar-10", official_directory());
  const auto fitted = Preprocessing::fit({"scale", "standardize"}, data.train)->fitted();
  const double mean[3] = {0.4914, 0.4822, 0.4465}, deviation[3] = {0.2470, 0.2435, 0.2616};
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(fitted.at("standardize/mean")[c], mean[c], 0.5e-4);
    EXPECT_NEAR(fitted.at("standardize/std")[c], deviation[c], 0.5e-4);
  }
}

}  // namespace
}  // namespace reprise::datasets
