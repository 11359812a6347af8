#include "datasets/cifar_reader.hpp"

#include <numeric>

#include "suite/records/digest.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

const std::string kFix = "Fetch it again.";

/// Records with these label bytes; pixel j of record i is (i + j) mod 251.
Bytes records(const std::vector<Bytes>& labels) {
  Bytes bytes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    bytes.insert(bytes.end(), labels[i].begin(), labels[i].end());
    for (std::size_t j = 0; j < 3072; ++j) bytes.push_back(static_cast<std::uint8_t>((i + j) % 251));
  }
  return bytes;
}

ImageSet empty_set() {
  ImageSet set;
  set.channels = 3, set.height = 32, set.width = 32;
  return set;
}

class CifarReader : public ::testing::Test {
 protected:
  void expect_complaint(const Bytes& bytes, CifarKind kind, std::vector<std::string> parts) {
    const auto path = write_file(folder_.path() / "data_batch_1.bin", bytes);
    parts.push_back(path.string());
    parts.push_back(kFix);
    ImageSet set = empty_set();
    expect_error([&] { append_cifar(path, kind, kFix, set); }, parts);
  }
  TemporaryFolder folder_;
};

TEST_F(CifarReader, appends_labels_and_planes_of_cifar10) {
  const Bytes bytes = records({{3}, {9}});
  const auto path = write_file(folder_.path() / "a.bin", bytes);
  ImageSet set = empty_set();
  EXPECT_EQ(append_cifar(path, CifarKind::cifar10, kFix, set), records::sha256_hex(std::as_bytes(std::span(bytes))));
  append_cifar(path, CifarKind::cifar10, kFix, set);
  EXPECT_EQ(set.count, 4);
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{3, 9, 3, 9}));
  EXPECT_EQ(set.image(1)[0], 1);              // red of the first pixel
  EXPECT_EQ(set.image(1)[1024], 1025 % 251);  // green of it
}

TEST_F(CifarReader, keeps_the_fine_label_of_cifar100) {
  ImageSet set = empty_set();
  append_cifar(write_file(folder_.path() / "a.bin", records({{19, 99}, {0, 42}})), CifarKind::cifar100, kFix, set);
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{99, 42}));
  EXPECT_EQ(set.image(1)[0], 1);
}

TEST_F(CifarReader, reads_files_longer_than_one_read) {
  ImageSet set = empty_set();
  append_cifar(write_file(folder_.path() / "a.bin", records(std::vector<Bytes>(2003, Bytes{5}))), CifarKind::cifar10, kFix, set);
  EXPECT_EQ(set.count, 2003);
  EXPECT_EQ(set.image(2002)[0], 2002 % 251);
}

TEST_F(CifarReader, names_the_byte_of_a_label_out_of_range) {
  expect_complaint(records({{3}, {10}}), CifarKind::cifar10, {"at byte 3073", "a label below 10", "found 10"});
  expect_complaint(records({{3, 4}, {20, 4}}), CifarKind::cifar100, {"at byte 3074", "a label below 20", "found 20"});
  expect_complaint(records({{3, 100}}), CifarKind::cifar100, {"at byte 1", "a label below 100", "found 100"});
}

TEST_F(CifarReader, names_the_byte_where_an_incomplete_record_starts) {
  Bytes bytes = records({{3}, {4}});
  bytes.resize(bytes.size() - 1);
  expect_complaint(bytes, CifarKind::cifar10, {"at byte 3073", "a record of 3073 bytes", "3072 byte(s)"});
  expect_complaint({}, CifarKind::cifar10, {"at byte 0", "an empty file"});
}

TEST_F(CifarReader, names_a_missing_file) {
  ImageSet set = empty_set();
  expect_error([&] { append_cifar(folder_.path() / "none.bin", CifarKind::cifar10, kFix, set); }, {"none.bin", "No such file", kFix});
}

}  // namespace
}  // namespace reprise::datasets
