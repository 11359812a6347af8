#include "suite/records/atomic_file.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::records {
namespace {

namespace fs = std::filesystem;

std::string text_in(const fs::path& file) {
  return std::string(text_of(read_file("text", file)));
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator{});
}

TEST(AtomicFile, a_text_replaces_the_whole_file) {
  const tests::TemporaryFolder folder;
  const fs::path file = folder.path() / "a.txt";
  write_file("text", file, "the first and longer one");
  write_file("text", file, "new");
  EXPECT_EQ(text_in(file), "new");
  EXPECT_EQ(files_in(folder.path()), 1);
  EXPECT_THROW(read_file("text", folder.path() / "absent"), InputError);
}

TEST(AtomicFile, a_file_that_somebody_else_wrote_is_moved_into_a_new_folder) {
  const tests::TemporaryFolder folder;
  write_file("text", folder.path() / "a.part", "content");
  move_into_place("text", folder.path() / "a.part", folder.path() / "new" / "a");
  EXPECT_EQ(text_in(folder.path() / "new" / "a"), "content");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, a_move_that_fails_leaves_the_file_and_says_why) {
  const tests::TemporaryFolder folder;
  write_file("text", folder.path() / "a.part", "content");
  write_file("text", folder.path() / "file", "no folder");
  EXPECT_THROW(move_into_place("text", folder.path() / "a.part", folder.path() / "file" / "a"), RunError);
  EXPECT_THROW(move_into_place("text", folder.path() / "absent.part", folder.path() / "a"), RunError);
  EXPECT_EQ(text_in(folder.path() / "a.part"), "content");
}

}  // namespace
}  // namespace reprise::records
