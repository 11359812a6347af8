#include "datasets/mat_reader.hpp"

#include <matio.h>

#include <array>
#include <string>
#include <vector>

#include "datasets/split_reader.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

const std::string kFix = "Fetch it again.";
constexpr std::size_t kHeight = 2, kWidth = 3, kChannels = 3;

/// Pixel of an image, anywhere in a file: its own number for all of them.
std::uint8_t pixel(std::size_t image, std::size_t channel, std::size_t row, std::size_t column) {
  return static_cast<std::uint8_t>(100 * image + 20 * channel + 5 * row + column);
}

struct Labels {
  matio_classes type = MAT_C_UINT8;
  std::vector<double> values;
};

/// A file as MATLAB writes it.
std::filesystem::path write_mat(const std::filesystem::path& path, mat_ft version, const Labels& labels, const char* images_name = "X",
                                matio_classes images_type = MAT_C_UINT8) {
  mat_t* file = Mat_CreateVer(path.c_str(), nullptr, version);
  const std::size_t count = labels.values.size();
  std::array<std::size_t, 4> sizes{kHeight, kWidth, kChannels, count};
  std::vector<std::uint8_t> images;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t channel = 0; channel < kChannels; ++channel)
      for (std::size_t column = 0; column < kWidth; ++column)
        for (std::size_t row = 0; row < kHeight; ++row) images.push_back(pixel(i, channel, row, column));
  const auto add = [&](const char* name, matio_classes type, matio_types data, int rank, std::size_t* dims, void* values) {
    matvar_t* variable = Mat_VarCreate(name, type, data, rank, dims, values, 0);
    ASSERT_EQ(Mat_VarWrite(file, variable, MAT_COMPRESSION_ZLIB), 0) << name;
    Mat_VarFree(variable);
  };
  if (images_type == MAT_C_UINT8) {
    add(images_name, MAT_C_UINT8, MAT_T_UINT8, 4, sizes.data(), images.data());
  } else {
    std::vector<double> numbers(images.begin(), images.end());
    add(images_name, MAT_C_DOUBLE, MAT_T_DOUBLE, 4, sizes.data(), numbers.data());
  }
  std::array<std::size_t, 2> column{count, 1};
  std::vector<double> numbers = labels.values;
  std::vector<std::uint8_t> bytes(numbers.begin(), numbers.end());
  if (labels.type == MAT_C_UINT8)
    add("y", MAT_C_UINT8, MAT_T_UINT8, 2, column.data(), bytes.data());
  else
    add("y", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, column.data(), numbers.data());
  Mat_Close(file);
  return path;
}

ImageSet empty_set() {
  ImageSet set;
  set.channels = kChannels, set.height = kHeight, set.width = kWidth, set.classes = 10;
  return set;
}

class MatReader : public ::testing::Test {
 protected:
  void expect_complaint(const std::filesystem::path& path, std::vector<std::string> parts, const std::string& sha256 = "") {
    parts.push_back(path.string());
    parts.push_back(kFix);
    ImageSet set = empty_set();
    expect_error([&] { append_mat(path, sha256, kFix, set); }, parts);
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "test_32x32.mat";
};

TEST_F(MatReader, turns_columns_into_rows_and_the_last_class_into_the_first) {
  for (const mat_ft version : {MAT_FT_MAT5, MAT_FT_MAT73})
    for (const matio_classes type : {MAT_C_UINT8, MAT_C_DOUBLE}) {
      write_mat(path_, version, {type, {10, 1}});
      ImageSet set = empty_set();
      const std::string digest = append_mat(path_, "", kFix, set);
      EXPECT_EQ(digest.size(), 64u);
      EXPECT_EQ(append_mat(path_, digest, kFix, set), digest);  // a second file follows the first
      ASSERT_EQ(set.count, 4);
      EXPECT_EQ(set.labels, (std::vector<std::int32_t>{0, 1, 0, 1}));
      for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t channel = 0; channel < kChannels; ++channel)
          for (std::size_t row = 0; row < kHeight; ++row)
            for (std::size_t column = 0; column < kWidth; ++column)
              ASSERT_EQ(set.image(static_cast<std::int64_t>(i + 2))[(channel * kHeight + row) * kWidth + column],
                        pixel(i, channel, row, column));
    }
}

TEST_F(MatReader, refuses_what_is_no_such_file) {
  expect_complaint(path_, {"No such file"});
  expect_complaint(write_file(folder_.path() / "png.mat", Bytes(600, 0x89)), {"version 5 or 7.3"});
  expect_complaint(write_mat(path_, MAT_FT_MAT5, {MAT_C_UINT8, {1}}), {"SHA-256 00ff"}, "00ff");
  expect_complaint(write_mat(path_, MAT_FT_MAT5, {MAT_C_UINT8, {1}}, "images"), {"variable X", "none"});
  expect_complaint(write_mat(path_, MAT_FT_MAT5, {MAT_C_UINT8, {1}}, "X", MAT_C_DOUBLE), {"variable X", "uint8"});
}

TEST_F(MatReader, refuses_a_file_of_version_4) {
  mat_t* file = Mat_CreateVer(path_.c_str(), nullptr, MAT_FT_MAT4);
  std::array<std::size_t, 2> sizes{1, 1};
  double one = 1;
  matvar_t* variable = Mat_VarCreate("y", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, sizes.data(), &one, 0);
  Mat_VarWrite(file, variable, MAT_COMPRESSION_NONE);
  Mat_VarFree(variable);
  Mat_Close(file);
  expect_complaint(path_, {"version 5 or 7.3", "version 4"});
}

TEST_F(MatReader, refuses_other_sizes_and_labels) {
  write_mat(path_, MAT_FT_MAT5, {MAT_C_UINT8, {1, 2}});
  ImageSet set = empty_set();
  set.width = 4;
  expect_error([&] { append_mat(path_, "", kFix, set); }, {"variable X", "[2, 4, 3, count]", "[2, 3, 3, 2]"});
  expect_complaint(write_mat(path_, MAT_FT_MAT5, {MAT_C_UINT8, {1, 11}}), {"variable y", "from 1 to 10", "11 for image 2"});
  expect_complaint(write_mat(path_, MAT_FT_MAT5, {MAT_C_DOUBLE, {1.5, 2}}), {"variable y", "1.5 for image 1"});
  expect_complaint(write_mat(path_, MAT_FT_MAT5, {MAT_C_UINT8, {0}}), {"variable y", "0 for image 1"});
}

/// A set of the manifest's kind, from two files.
TEST_F(MatReader, a_split_joins_its_files_in_order) {
  DatasetEntry entry;
  entry.name = "digits";
  entry.format = Format::mat;
  entry.channels = kChannels, entry.height = kHeight, entry.width = kWidth;
  for (int i = 0; i < 10; ++i) entry.class_names.push_back(std::to_string(i));
  entry.train = {{{"digits/train.mat", 0, ""}, {"digits/extra.mat", 0, ""}}, 3, {1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, ""};
  std::filesystem::create_directories(folder_.path() / "digits");
  ImageSet set = empty_set();
  entry.train.files[0].sha256 = append_mat(write_mat(folder_.path() / "digits/train.mat", MAT_FT_MAT5, {MAT_C_UINT8, {2}}), "", kFix, set);
  expect_error([&] { read_split(entry, entry.train, folder_.path()); }, {"extra.mat", "no such file"});
  entry.train.files[1].sha256 =
      append_mat(write_mat(folder_.path() / "digits/extra.mat", MAT_FT_MAT5, {MAT_C_UINT8, {10, 1}}), "", kFix, set);
  EXPECT_EQ(read_split(entry, entry.train, folder_.path()).labels, (std::vector<std::int32_t>{2, 0, 1}));
}

}  // namespace
}  // namespace reprise::datasets
