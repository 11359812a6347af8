#include "suite/records/digest.hpp"

#include <gtest/gtest.h>

namespace reprise::records {
namespace {

TEST(Digest, sha256_gives_the_values_of_fips_180) {
  EXPECT_EQ(sha256_hex(std::string_view("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string_view("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, xxh3_gives_the_values_of_its_specification) {
  // XXH3 of the empty input with seed 0, from the sanity tests of xxHash.
  EXPECT_EQ(xxh3_64({}), 0x2D06800538D394C2ull);
  EXPECT_EQ(xxh3_hex({}), "99aa06d3014798d86001c324468d497f");
}

TEST(Digest, pieces_do_not_matter) {
  const std::string text(1000, 'x');
  Sha256 sha256;
  Xxh3 narrow(Xxh3::Width::bits64), wide(Xxh3::Width::bits128);
  for (std::size_t at = 0, length = 0; at < text.size(); at += length, ++length) {
    const Bytes piece = bytes_of(std::string_view(text).substr(at, length));
    sha256.add(piece);
    narrow.add(piece);
    wide.add(piece);
  }
  EXPECT_EQ(sha256.finish_hex(), sha256_hex(std::string_view(text)));
  EXPECT_EQ(sha256.finish_hex(), sha256_hex(std::string_view("")));  // a new message has begun
  EXPECT_EQ(narrow.finish64(), xxh3_64(bytes_of(text)));
  EXPECT_EQ(wide.finish_hex(), xxh3_hex(bytes_of(text)));
}

TEST(Digest, hex_digits_of_the_64_bit_digest_start_with_the_most_significant) {
  Xxh3 digest(Xxh3::Width::bits64);
  EXPECT_EQ(digest.finish_hex(), "2d06800538d394c2");
}

}  // namespace
}  // namespace reprise::records
