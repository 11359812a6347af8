#include "datasets/amat_reader.hpp"

#include "datasets/manifest.hpp"
#include "datasets/split_reader.hpp"
#include "gzip_bytes.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

const std::string kFix = "Unpack it again.";

Bytes bytes_of(const std::string& text) {
  return Bytes(text.begin(), text.end());
}

class AmatReader : public ::testing::Test {
 protected:
  AmatExamples read(const std::string& text, std::int64_t count) {
    return read_amat(write_file(folder_.path() / "a.amat", bytes_of(text)), count, 2, 3, kFix);
  }
  void expect_complaint(const std::string& text, std::vector<std::string> parts) {
    parts.push_back((folder_.path() / "a.amat").string());
    parts.push_back(kFix);
    expect_error([&] { read(text, 2); }, parts);
  }
  TemporaryFolder folder_;
};

TEST_F(AmatReader, reads_pixels_as_levels_and_labels) {
  const AmatExamples examples = read("0.0 1.0 2.0\n 0.5019608  2e-3\t1.0000000e+00 \r\n", 2);
  EXPECT_EQ(examples.pixels, (Bytes{0, 255, 128, 1}));  // 0.002 is 0.51 of a level
  EXPECT_EQ(examples.labels, (std::vector<std::int32_t>{2, 1}));
}

TEST_F(AmatReader, passes_over_empty_lines_and_a_missing_last_line_break) {
  EXPECT_EQ(read("0 0 1\n\n0 0 2", 2).labels, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(read("\n0 0 1\n0 0 2\n  \n\n", 2).labels, (std::vector<std::int32_t>{1, 2}));
}

TEST_F(AmatReader, reads_a_packed_file) {
  const auto path = write_file(folder_.path() / "a.amat.gz", gzip(bytes_of("0 1 1\n")));
  EXPECT_EQ(read_amat(path, 1, 2, 3, kFix).pixels, (Bytes{0, 255}));
}

TEST_F(AmatReader, names_line_and_column_of_what_is_wrong) {
  expect_complaint("0 0 1\n0 1\n", {"line 2", "3 numbers: 2 pixels and a label", "found 2"});
  expect_complaint("0 0 0 1\n", {"line 1", "3 numbers", "found 4"});
  expect_complaint("0 0 1\n\n0 x 1\n", {"line 3 column 2", "a number", "'x'"});
  expect_complaint("0 0.5z 1\n", {"line 1 column 2", "a number", "'0.5z'"});
  expect_complaint("nan 0 1\n", {"line 1 column 1", "a number", "'nan'"});
  expect_complaint("0 1e999 1\n", {"line 1 column 2", "a number"});
  expect_complaint("0 1.1 1\n", {"line 1 column 2", "a pixel from 0 to 1", "1.1"});
  expect_complaint("-0.1 1 1\n", {"line 1 column 1", "a pixel from 0 to 1", "-0.1"});
  expect_complaint("0 1 3\n", {"line 1 column 3", "a whole number from 0 to 2", "found 3"});
  expect_complaint("0 1 0.5\n", {"line 1 column 3", "a whole number from 0 to 2", "0.5"});
  expect_complaint("0 1 -1\n", {"line 1 column 3", "a whole number from 0 to 2", "-1"});
}

TEST_F(AmatReader, names_a_file_that_is_too_short_or_too_long) {
  expect_complaint("0 0 1\n", {"2 examples", "the end of the file after 1"});
  expect_complaint("", {"2 examples", "the end of the file after 0"});
  expect_complaint("0 0 1\n0 0 1\n0 0 1\n", {"line 3", "the end after 2 examples", "another"});
  expect_error([&] { read_amat(folder_.path() / "none", 1, 2, 3, kFix); }, {"none", "No such file", kFix});
}

/// A split of the published set's shape, made here.
TEST(AmatSplit, is_read_by_its_manifest_entry_and_a_missing_one_says_where_it_comes_from) {
  const TemporaryFolder folder;
  DatasetEntry entry = require_entry("mnist-rot");
  entry.train.count = 2;
  std::string text;
  for (int label : {7, 3}) {
    for (int i = 0; i < 784; ++i) text += i == label ? "1.0 " : "0.0 ";
    text += std::to_string(label) + ".0\n";
  }
  write_file(folder.path() / entry.train.files[0].path, bytes_of(text));
  const ImageSet set = read_split(entry, entry.train, folder.path());
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{7, 3}));
  EXPECT_EQ(set.image(0)[7], 255);
  EXPECT_EQ(set.image(1)[3], 255);
  EXPECT_EQ(set.height, 28);
  expect_error([&] { read_split(entry, entry.test, folder.path()); },
               {"mnist-rot", "float_test.amat", "no such file", "mnist_rotation_new.zip", "mnist-rotated"});
}

}  // namespace
}  // namespace reprise::datasets
