#include "datasets/idx_reader.hpp"

#include "gzip_bytes.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {
namespace {

const std::string kFix = "Fetch it again.";

/// Two images of 2x3, elements 0 to 11.
Bytes two_images() {
  Bytes bytes = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3};
  for (std::uint8_t i = 0; i < 12; ++i) bytes.push_back(i);
  return bytes;
}

class IdxReader : public ::testing::Test {
 protected:
  void expect_complaint(const std::string& name, const Bytes& bytes, std::vector<std::string> parts, int order = 3) {
    const auto path = write_file(folder_.path() / name, bytes);
    parts.push_back(path.string());
    parts.push_back(kFix);
    expect_error([&] { read_idx(path, order, kFix); }, parts);
  }
  TemporaryFolder folder_;
};

TEST_F(IdxReader, reads_sizes_values_and_digest_of_a_plain_file) {
  const IdxArray array = read_idx(write_file(folder_.path() / "a-idx3-ubyte", two_images()), 3, kFix);
  EXPECT_EQ(array.sizes, (std::vector<std::int64_t>{2, 2, 3}));
  EXPECT_EQ(array.values, (Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(array.sha256, records::sha256_hex(std::as_bytes(std::span<const std::uint8_t>(two_images()))));
}

TEST_F(IdxReader, sizes_have_four_bytes_the_highest_first) {
  Bytes bytes{0, 0, 8, 1, 0, 1, 2, 3};
  bytes.resize(8 + 0x010203, 7);
  EXPECT_EQ(read_idx(write_file(folder_.path() / "a", bytes), 1, kFix).sizes, (std::vector<std::int64_t>{0x010203}));
}

TEST_F(IdxReader, a_gzip_file_reads_as_its_content_and_has_the_content_digest) {
  const IdxArray plain = read_idx(write_file(folder_.path() / "a", two_images()), 3, kFix);
  const IdxArray packed = read_idx(write_file(folder_.path() / "a.gz", gzip(two_images())), 3, kFix);
  EXPECT_EQ(packed.values, plain.values);
  EXPECT_EQ(packed.sha256, plain.sha256);
}

TEST_F(IdxReader, gzip_members_in_a_row_read_as_one_content) {
  const Bytes whole = two_images();
  Bytes packed = gzip(Bytes(whole.begin(), whole.begin() + 9));
  const Bytes rest = gzip(Bytes(whole.begin() + 9, whole.end()));
  packed.insert(packed.end(), rest.begin(), rest.end());
  EXPECT_EQ(read_idx(write_file(folder_.path() / "a.gz", packed), 3, kFix).values.size(), 12u);
}

TEST_F(IdxReader, names_a_missing_file) {
  expect_error([&] { read_idx(folder_.path() / "none", 3, kFix); }, {(folder_.path() / "none").string(), "No such file", kFix});
}

TEST_F(IdxReader, names_offset_and_magic_of_a_foreign_file) {
  expect_complaint("a", {'P', 'N', 'G', 0, 1, 2}, {"at byte 0", "00 00 08 03", "50 4e 47 00"});
  expect_complaint("a", {}, {"at byte 0", "4 bytes", "0 byte(s)"});
}

TEST_F(IdxReader, names_element_type_and_order) {
  Bytes floats = two_images();
  floats[2] = 0x0d;
  expect_complaint("a", floats, {"at byte 2", "unsigned byte", "0d"});
  expect_complaint("a", two_images(), {"at byte 3", "1 dimension", "3, magic"}, 1);
}

TEST_F(IdxReader, names_the_end_of_a_truncated_file) {
  Bytes bytes = two_images();
  bytes.resize(20);
  expect_complaint("a", bytes, {"at byte 20", "12 values", "end of the file after 4"});
  bytes.resize(9);
  expect_complaint("a", bytes, {"at byte 9", "3 sizes", "end of the file"});
}

TEST_F(IdxReader, names_trailing_bytes) {
  Bytes bytes = two_images();
  bytes.insert(bytes.end(), 5, 0);
  expect_complaint("a", bytes, {"at byte 28", "the end of the file", "5 trailing byte(s)"});
}

TEST_F(IdxReader, refuses_sizes_whose_product_overflows) {
  Bytes bytes = two_images();
  for (std::size_t i = 4; i < 16; ++i) bytes[i] = 0xff;
  expect_complaint("a", bytes, {"at byte 8", "4294967295"});
  bytes = two_images();
  bytes[7] = 0;
  expect_complaint("a", bytes, {"at byte 4", "a size from 1", "found 0"});
}

TEST_F(IdxReader, names_where_a_gzip_file_is_damaged) {
  Bytes whole = two_images();
  whole.resize(16 + 12000, 7);
  whole[5] = 0, whole[6] = 7, whole[7] = 0xd2;  // 2002 images of 6
  Bytes packed = gzip(whole);
  Bytes damaged = packed;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  expect_complaint("a.gz", damaged, {"at byte", "intact gzip data", "incorrect data check"});
  damaged = packed;
  damaged[12] ^= 0xff;
  expect_complaint("a.gz", damaged, {"at byte", "gzip data"});
  damaged = packed;
  damaged.resize(packed.size() - 9);
  expect_complaint("a.gz", damaged, {"at byte " + std::to_string(damaged.size()), "more gzip data", "the end of the file"});
}

TEST_F(IdxReader, names_what_follows_or_replaces_gzip_data) {
  Bytes packed = gzip(two_images());
  const std::size_t end = packed.size();
  packed.insert(packed.end(), {'x', 'y'});
  expect_complaint("a.gz", packed, {"at byte " + std::to_string(end), "another gzip member", "78 79"});
  expect_complaint("a.gz", {'<', 'h', 't', 'm', 'l'}, {"at byte 0", "1f 8b", "3c 68"});
  expect_complaint("a.gz", {}, {"at byte 0", "an empty file"});
}

}  // namespace
}  // namespace reprise::datasets
