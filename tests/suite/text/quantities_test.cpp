#include "suite/text/quantities.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"

namespace reprise::text {
namespace {

TEST(Duration, reads_hours_minutes_seconds_and_bare_seconds) {
  EXPECT_EQ(parse_duration("--time-limit", "55m"), 3300);
  EXPECT_EQ(parse_duration("--time-limit", "1h30m"), 5400);
  EXPECT_EQ(parse_duration("--time-limit", "90s"), 90);
  EXPECT_EQ(parse_duration("--time-limit", "1.5h"), 5400);
  EXPECT_EQ(parse_duration("--time-limit", "300"), 300);
}

TEST(Duration, refuses_anything_else_and_names_the_flag) {
  for (const char* text : {"", "m", "55 m", "-5m", "5x", "0", "1h-3m", "nan", "inf", "1e3"}) {
    try {
      parse_duration("--time-limit", text);
      ADD_FAILURE() << "accepted '" << text << "'";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("--time-limit: expected a duration"), std::string::npos) << error.what();
    }
  }
}

TEST(Integer, is_decimal_and_bounded) {
  EXPECT_EQ(parse_integer("--seed", "0", 0, 100), 0);
  EXPECT_EQ(parse_integer("--seed", "010", 0, 100), 10);
  EXPECT_EQ(parse_integer("--seed", "-7", -10, 100), -7);
  for (const char* text : {"", "1.5", "1e3", "0x10", " 1", "1 ", "+1", "101", "-1", "9223372036854775807", "9223372036854775808", "many"}) {
    try {
      parse_integer("--seed", text, 0, 100);
      ADD_FAILURE() << "accepted '" << text << "'";
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find("--seed: expected a whole number from 0 to 100, found '" + std::string(text) + "'"), 0u);
    }
  }
}

TEST(Number, is_finite_and_bounded) {
  EXPECT_EQ(parse_number("--latency", "2.5", 0, 100), 2.5);
  EXPECT_EQ(parse_number("--latency", "1e-3", 0, 100), 1e-3);
  for (const char* text : {"", "nan", "inf", "-1", "1e400", "2,5", "100.5"}) {
    try {
      parse_number("--latency", text, 0, 100);
      ADD_FAILURE() << "accepted '" << text << "'";
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find("--latency: expected a number from 0 to 100, found '" + std::string(text) + "'"), 0u);
    }
  }
}

TEST(Duration, is_written_in_the_two_largest_units) {
  EXPECT_EQ(duration_text(0.42), "0.4 s");
  EXPECT_EQ(duration_text(12.3), "12 s");
  EXPECT_EQ(duration_text(59.7), "1 min 00 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(4020), "1 h 07 min");
  EXPECT_EQ(duration_text(183600), "2 d 03 h");
}

TEST(Bytes, are_written_with_binary_prefixes) {
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(3482), "3.4 KiB");
  EXPECT_EQ(bytes_text(std::int64_t{651} << 20), "651 MiB");
}

TEST(Count, has_three_significant_digits_and_a_prefix) {
  EXPECT_EQ(count_text(930), "930");
  EXPECT_EQ(count_text(1283000), "1.28 M");
  EXPECT_EQ(count_text(45.23e9), "45.2 G");
  EXPECT_EQ(count_text(999.7), "1.00 k");
  EXPECT_EQ(count_text(281.3e12), "281 T");
}

TEST(Plural, is_for_all_numbers_but_one) {
  EXPECT_EQ(plural(1, "run", "runs"), "1 run");
  EXPECT_EQ(plural(0, "run", "runs"), "0 runs");
  EXPECT_EQ(plural(12, "run", "runs"), "12 runs");
}

}  // namespace
}  // namespace reprise::text
