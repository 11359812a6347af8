#include "datasets/npy_reader.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "datasets/npy_header.hpp"
#include "npy_bytes.hpp"

namespace reprise::datasets {
namespace {

TEST(NpyFile, reads_numbers_where_they_lie) {
  const TemporaryFolder folder;
  for (const int version : {1, 2}) {
    const auto path = write_file(folder.path() / "a.npy", npy_bytes(npy_dictionary("|u1", "(2, 3)"), {1, 2, 3, 4, 5, 6}, version));
    const NpyFile file(path, "Mend it.");
    EXPECT_EQ(file.type(), NpyType::uint8);
    EXPECT_EQ(file.shape(), (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(file.bytes(), 6);
    Bytes some(3);
    file.read(2, some);
    EXPECT_EQ(some, (Bytes{3, 4, 5}));
  }
}

TEST(NpyFile, is_refused_unless_it_is_of_the_wanted_type_and_shape) {
  const TemporaryFolder folder;
  const NpyFile file(write_file(folder.path() / "a.npy", npy_bytes(npy_dictionary("<i4", "(2,)"), Bytes(8))), "Mend it.");
  file.require(NpyType::int32, {2});
  expect_error([&] { file.require(NpyType::int32, {2, 1}); }, {"a.npy", "int32 [2, 1]", "found int32 [2]", "Mend it."});
  expect_error([&] { file.require(NpyType::uint8, {2}); }, {"uint8 [2]", "found int32 [2]"});
}

TEST(NpyFile, refuses_what_it_does_not_read_with_file_and_byte) {
  const TemporaryFolder folder;
  const Bytes good = npy_bytes(npy_dictionary("|u1", "(2, 3)"), Bytes(6));
  const auto refused = [&](const Bytes& bytes, const std::vector<std::string>& parts) {
    const auto path = write_file(folder.path() / "a.npy", bytes);
    expect_error([&] { NpyFile(path, "Mend it."); }, parts);
  };
  expect_error([&] { NpyFile(folder.path() / "none.npy", "Mend it."); }, {"none.npy", "readable", "No such file", "Mend it."});
  refused(Bytes(good.begin(), good.begin() + 5), {"a.npy at byte 5", "the end of the file", "Mend it."});
  refused(Bytes(200), {"at byte 0", "a .npy file"});
  Bytes other = good;
  other[6] = 3;
  refused(other, {"at byte 6", "1.0 or 2.0", "found 3.0"});
  other[6] = 1, other[7] = 1;
  refused(other, {"at byte 6", "found 1.1"});
  refused(Bytes(good.begin(), good.begin() + 60), {"at byte 60", "more of the header"});
  refused(npy_bytes(npy_dictionary("|u1", "(2, 3)", "True"), Bytes(6)), {"at byte 10", "C order", "Fortran order"});
  for (const char* type : {"<f4", ">i4", "|b1", "<u2", "|O", "|S6"})
    refused(npy_bytes(npy_dictionary(type, "(2, 3)"), Bytes(24)), {"|u1, <i4 or <i8", std::string("'") + type + "'"});
  refused(npy_bytes(npy_dictionary("|u1", "(2, 3)"), Bytes(5)), {"at byte 128", "6 bytes of uint8 [2, 3]", "found 5"});
  refused(npy_bytes(npy_dictionary("<i8", "(2, 3)"), Bytes(49)), {"48 bytes of int64 [2, 3]", "found 49"});
  refused(npy_bytes(npy_dictionary("|u1", "(1000000000000, 1000000000000)"), {}), {"size that can be"});
  Bytes long_header = npy_bytes(npy_dictionary("|u1", "(2, 3)"), Bytes(6), 2);
  long_header[11] = 1;  // 16 MiB
  refused(long_header, {"at byte 8", "at most 1048576 bytes"});
}

TEST(NpyHeader, takes_keys_in_any_order_and_what_older_programs_wrote) {
  NpyHeaderFault fault;
  for (const auto& [text, shape] :
       {std::pair{std::string("{\"shape\":(5L,),\"descr\":\"|u1\",\"fortran_order\":False}"), std::vector<std::int64_t>{5}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (), }   \n", {}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", {2, 3}}}) {
    const auto header = parse_npy_header(text, fault);
    ASSERT_TRUE(header) << text << fault.expected;
    EXPECT_EQ(header->type, "|u1");
    EXPECT_FALSE(header->fortran_order);
    EXPECT_EQ(header->shape, shape) << text;
  }
}

TEST(NpyHeader, tells_where_a_text_is_no_header) {
  const std::pair<std::string, std::string> wrong[] = {
      {"", "'{'"},
      {"{}", "the keys"},
      {"{'descr': '|u1', 'fortran_order': False}", "the keys"},
      {"{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': ()}", "each once"},
      {"{'order': 3}", "each once"},
      {"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': ()}", "one type of numbers"},
      {"{'descr': '|u1', 'fortran_order': 0, 'shape': ()}", "True or False"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}", "a size from 0"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2 3)}", "')'"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (2", "')'"},
      {"{'descr': '|u1, 'fortran_order': False, 'shape': ()}", "'}'"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': ()} x", "the end of the header"}};
  for (const auto& [text, expected] : wrong) {
    NpyHeaderFault fault;
    EXPECT_FALSE(parse_npy_header(text, fault)) << text;
    EXPECT_NE(fault.expected.find(expected), std::string::npos) << text << " -> " << fault.expected;
    EXPECT_FALSE(fault.found.empty());
    EXPECT_LE(fault.at, text.size());
  }
}

TEST(NpyLabels, are_read_from_each_type_of_whole_numbers) {
  const TemporaryFolder folder;
  for (const auto& [type, bytes] : {std::pair{"|u1", std::size_t{1}}, {"<i4", 4}, {"<i8", 8}}) {
    const auto path = write_file(folder.path() / "y.npy", npy_bytes(npy_dictionary(type, "(3,)"), little_endian({9, 0, 4}, bytes)));
    EXPECT_EQ(read_npy_labels(path, 3, 10, "Mend it."), (std::vector<std::int32_t>{9, 0, 4})) << type;
    expect_error([&] { read_npy_labels(path, 3, 9, "Mend it."); }, {"y.npy, number 0", "below 9", "found 9", "Mend it."});
    expect_error([&] { read_npy_labels(path, 4, 10, "Mend it."); }, {"y.npy", "[4]", "[3]"});
  }
  for (const std::size_t bytes : {std::size_t{4}, std::size_t{8}}) {
    const auto path =
        write_file(folder.path() / "y.npy", npy_bytes(npy_dictionary(bytes == 4 ? "<i4" : "<i8", "(2,)"), little_endian({1, -1}, bytes)));
    expect_error([&] { read_npy_labels(path, 2, 10, "Mend it."); }, {"number 1", "found -1"});
  }
}

}  // namespace
}  // namespace reprise::datasets
