#include "suite/errors.hpp"

#include <gtest/gtest.h>

namespace reprise {
namespace {

TEST(Complaint, says_thing_expected_found_and_fix) {
  EXPECT_EQ((Complaint{"a.h5", "this", "that", "Do so."}.text()), "a.h5: expected this, found that. Do so.");
  EXPECT_EQ((Complaint{"a.h5", "", "that", ""}.text()), "a.h5: found that");
}

TEST(Complaint, control_characters_from_a_file_do_not_cut_the_message_short) {
  const InputError error(Complaint{std::string("a\0b", 3), "\x1b[2J", "\x7f\t", "größer\n"});
  EXPECT_STREQ(error.what(), "a\\x00b: expected \\x1b[2J, found \\x7f\\x09. größer\n");
}

}  // namespace
}  // namespace reprise
