#include "datasets/stl10_reader.hpp"

#include <gtest/gtest.h>

#include "datasets/split_reader.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

/// Images of 2 x 3 pixels in 2 channels.
ImageSet small_set() {
  ImageSet set;
  set.channels = 2, set.height = 2, set.width = 3, set.classes = 4;
  return set;
}

/// As in the file: column by column. The pixel in row y, column x of channel c has the value 100 image + 10 c + 3 y + x.
Bytes columns(int images) {
  Bytes bytes;
  for (int i = 0; i < images; ++i)
    for (int c = 0; c < 2; ++c)
      for (int x = 0; x < 3; ++x)
        for (int y = 0; y < 2; ++y) bytes.push_back(static_cast<std::uint8_t>(100 * i + 10 * c + 3 * y + x));
  return bytes;
}

TEST(Stl10Reader, puts_columns_into_rows_and_counts_labels_from_zero) {
  const TemporaryFolder folder;
  const auto images = write_file(folder.path() / "X.bin", columns(2)), labels = write_file(folder.path() / "y.bin", {4, 1});
  ImageSet set = small_set();
  append_stl10(images, labels, 2, "Mend it.", set);
  EXPECT_EQ(set.count, 2);
  EXPECT_EQ(set.pixels, (Bytes{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 100, 101, 102, 103, 104, 105, 110, 111, 112, 113, 114, 115}));
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{3, 0}));
  append_stl10(images, "", 2, "Mend it.", set);
  EXPECT_EQ(set.count, 4);
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{3, 0, 0, 0}));
  EXPECT_EQ(set.pixels[24 + 1], 1);
}

TEST(Stl10Reader, refuses_files_that_are_no_such_images) {
  const TemporaryFolder folder;
  const auto images = write_file(folder.path() / "X.bin", columns(2)), labels = write_file(folder.path() / "y.bin", {4, 5});
  ImageSet set = small_set();
  expect_error([&] { append_stl10(folder.path() / "none.bin", "", 2, "Mend it.", set); }, {"none.bin", "readable", "Mend it."});
  expect_error([&] { append_stl10(images, "", 3, "Mend it.", set); }, {"X.bin", "36 bytes", "24", "Mend it."});
  expect_error([&] { append_stl10(images, labels, 2, "Mend it.", set); }, {"y.bin at byte 1", "from 1 to 4", "5"});
  write_file(folder.path() / "y.bin", {0, 1});
  expect_error([&] { append_stl10(images, labels, 2, "Mend it.", set); }, {"y.bin at byte 0", "found 0"});
  write_file(folder.path() / "y.bin", {1});
  expect_error([&] { append_stl10(images, labels, 2, "Mend it.", set); }, {"y.bin", "2 bytes", "1"});
}

TEST(Stl10Reader, entries_say_what_the_files_have) {
  for (const DatasetEntry& entry : stl10_entries()) {
    EXPECT_EQ(entry.train.files.front().content_bytes, entry.train.count * 3 * 96 * 96);
    if (entry.name == "stl-10") {
      EXPECT_EQ(entry.test.files.front().content_bytes, entry.test.count * 3 * 96 * 96);
    }
    EXPECT_EQ(entry.archive.sha256, "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866");
  }
}

TEST(Stl10Reader, a_whole_split_without_labels) {
  const TemporaryFolder folder;
  DatasetEntry entry = stl10_entries().at(1);
  entry.channels = 2, entry.height = 2, entry.width = 3;
  entry.train.count = 2;
  write_file(folder.path() / entry.train.files.front().path, columns(2));
  const ImageSet set = read_split(entry, entry.train, folder.path());
  EXPECT_EQ(set.count, 2);
  EXPECT_EQ(set.classes, 1);
  EXPECT_EQ(set.pixels[3], 3);
}

void write_folds(const std::filesystem::path& folder, const std::string& text) {
  write_file(folder / "stl10_binary/fold_indices.txt", Bytes(text.begin(), text.end()));
}

TEST(FoldsOf, reads_a_subset_a_line) {
  const TemporaryFolder folder;
  write_folds(folder.path(), "3 1 4999 \n0 7\n");
  EXPECT_EQ(folds_of("stl-10", folder.path()), (std::vector<std::vector<std::int64_t>>{{1, 3, 4999}, {0, 7}}));
}

TEST(FoldsOf, refuses_what_are_no_subsets) {
  const TemporaryFolder folder;
  expect_error([&] { folds_of("cifar-10", folder.path()); }, {"cifar-10", "subsets"});
  expect_error([&] { folds_of("stl-10", folder.path()); }, {"fold_indices.txt", "readable"});
  for (const auto& [text, expected] : {std::pair{"1 5000\n", "below 5000"},
                                       {"1 two\n", "'two'"},
                                       {"1 -2\n", "'-2'"},
                                       {"4 1 4\n", "4 again"},
                                       {"1\n\n2\n", "line 2"},
                                       {"", "empty"}}) {
    write_folds(folder.path(), text);
    expect_error([&] { folds_of("stl-10", folder.path()); }, {"fold_indices.txt", expected});
  }
}

}  // namespace
}  // namespace reprise::datasets
