#include "datasets/image_set.hpp"

#include <algorithm>
#include <cstdlib>

#include "datasets/digest.hpp"
#include "datasets/split_reader.hpp"
#include "tiny_set.hpp"

namespace reprise::datasets {
namespace {

TEST(DataDirectory, is_the_given_one_then_the_variable_then_the_cache) {
  const char* before = std::getenv("REPRISE_DATA");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("REPRISE_DATA", "/somewhere", 1);
  EXPECT_EQ(data_directory("/given"), "/given");
  EXPECT_EQ(data_directory(""), "/somewhere");
  ::unsetenv("REPRISE_DATA");
  EXPECT_EQ(data_directory(""), std::filesystem::path(std::getenv("HOME")) / ".cache/reprise/data");
  if (before != nullptr) ::setenv("REPRISE_DATA", kept.c_str(), 1);
}

TEST(ReadSplit, gives_the_images_when_all_is_as_the_manifest_says) {
  const TemporaryFolder folder;
  const TinySet tiny;
  tiny.write(folder.path());
  const ImageSet set = read_split(tiny.entry, tiny.entry.train, folder.path());
  EXPECT_EQ(set.count, 4);
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{0, 1, 0, 1}));
  EXPECT_EQ(set.image(3)[0], 13);
  EXPECT_EQ(class_histogram(set), (std::vector<std::int64_t>{2, 2}));
}

TEST(ReadSplit, names_the_missing_file_and_how_to_get_it) {
  const TemporaryFolder folder;
  const TinySet tiny;
  tiny.write(folder.path());
  std::filesystem::remove(folder.path() / tiny.paths[1]);
  expect_error([&] { read_split(tiny.entry, tiny.entry.train, folder.path()); },
               {"'tiny'", (folder.path() / tiny.paths[1]).string(), "no such file", "reprise data fetch tiny", "--data"});
}

/// Changes one of the four files and expects the reading of its split to complain; `agree`: the manifest lists the changed file.
void expect_complaint(std::size_t file, std::size_t at, std::uint8_t value, bool agree, std::vector<std::string> parts) {
  const TemporaryFolder folder;
  TinySet tiny;
  tiny.contents[file][at] = value;
  if (agree) tiny.renew_digests();
  tiny.write(folder.path());
  parts.push_back((folder.path() / tiny.paths[file]).string());
  parts.push_back("reprise data fetch tiny");
  expect_error([&] { read_split(tiny.entry, file < 2 ? tiny.entry.train : tiny.entry.test, folder.path()); }, parts);
}

TEST(ReadSplit, names_both_digests_when_a_pixel_or_a_label_changed) {
  expect_complaint(0, 20, 99, false, {"SHA-256 " + TinySet().file(0).sha256});
  expect_complaint(3, 9, 1, false, {"SHA-256 " + TinySet().file(3).sha256});
}

TEST(ReadSplit, names_the_byte_of_a_label_out_of_range) {
  expect_complaint(1, 9, 2, false, {"at byte 9", "a label below 2", "found 2"});
}

TEST(ReadSplit, names_both_histograms) {
  expect_complaint(1, 8, 1, true, {"images a class [2, 2]", "[1, 3]"});
}

TEST(ReadSplit, names_both_shapes) {
  expect_complaint(0, 11, 4, false, {"at byte 32", "32 values", "after 16"});  // 4x4x2 needs more values than there are
  const TemporaryFolder folder;
  TinySet tiny;
  tiny.contents[0][11] = 1, tiny.contents[0][15] = 4;
  tiny.write(folder.path());
  expect_error([&] { read_split(tiny.entry, tiny.entry.train, folder.path()); }, {"at byte 4", "[4, 2, 2]", "[4, 1, 4]"});
}

TEST(ReadSplit, accepts_another_order_only_where_the_manifest_allows_it) {
  const TemporaryFolder folder;
  TinySet tiny;
  tiny.write(folder.path());
  const std::string order_free = order_free_digest(read_split(tiny.entry, tiny.entry.train, folder.path()));
  std::rotate(tiny.contents[0].begin() + 16, tiny.contents[0].begin() + 20, tiny.contents[0].end());
  std::rotate(tiny.contents[1].begin() + 8, tiny.contents[1].begin() + 9, tiny.contents[1].end());
  tiny.write(folder.path());
  EXPECT_THROW(read_split(tiny.entry, tiny.entry.train, folder.path()), InputError);
  tiny.entry.train.order_free_sha256 = order_free;
  EXPECT_EQ(read_split(tiny.entry, tiny.entry.train, folder.path()).labels, (std::vector<std::int32_t>{1, 0, 1, 0}));
}

TEST(Load, names_an_unknown_set_and_a_selection_that_is_too_large) {
  const TemporaryFolder folder;
  expect_error([&] { load("imagenette", folder.path()); }, {"'imagenette'", "synthetic-gray28"});
  expect_error([&] { load("../secret", folder.path()); }, {"'../secret'"});
  expect_error([&] { load("synthetic-gray28", folder.path(), {-1, 0}); }, {"train", "'synthetic-gray28'", "-1"});
}

}  // namespace
}  // namespace reprise::datasets
