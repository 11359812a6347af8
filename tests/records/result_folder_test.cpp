#include "suite/records/result_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "sample_record.hpp"
#include "suite/errors.hpp"

namespace reprise::records {
namespace {

namespace fs = std::filesystem;
using testing::message_of;

class ResultFolderTest : public ::testing::Test {
 protected:
  fs::path make(const std::string& name) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x";
    return path;
  }
  std::vector<std::string> names(const std::vector<fs::path>& paths) const {
    std::vector<std::string> names;
    for (const fs::path& path : paths) names.push_back(path.lexically_relative(folder_.path()).generic_string());
    return names;
  }
  std::vector<std::string> unreadable(const ResultFolder& found) const {
    std::vector<fs::path> paths;
    for (const Unreadable& one : found.unreadable) paths.push_back(one.path);
    return names(paths);
  }

  testing::TemporaryFolder folder_;
};

using Names = std::vector<std::string>;

TEST_F(ResultFolderTest, sorts_files_by_what_they_are) {
  for (const char* name : {"p/t/b.h5", "p/t/a.h5", "p/t/c.checkpoint", "p/t/c.checkpoint.previous", "p/t/d.checkpoint.new", "p/t/c.lock",
                           "p/t/c.jsonl", "p/t/.a.h5.12-0.new", "p/t/notes.txt", "old/x.h5"})
    make(name);
  const ResultFolder found = list_result_folder(folder_.path(), {"old"});
  EXPECT_EQ(names(found.results), (Names{"p/t/a.h5", "p/t/b.h5"}));
  EXPECT_EQ(names(found.checkpoints), (Names{"p/t/c.checkpoint", "p/t/d.checkpoint"}));
  EXPECT_EQ(names(found.locks), Names{"p/t/c.lock"});
  EXPECT_EQ(names(found.streams), Names{"p/t/c.jsonl"});
  EXPECT_EQ(names(found.temporaries), Names{"p/t/.a.h5.12-0.new"});
  EXPECT_TRUE(found.unreadable.empty());
}

TEST_F(ResultFolderTest, follows_links_and_enters_each_folder_once) {
  make("real/a.h5");
  fs::create_directory_symlink("real", folder_ / "again");
  fs::create_directory_symlink("..", folder_ / "real/up");
  const testing::TemporaryFolder elsewhere;
  std::ofstream(elsewhere / "b.h5") << "x";
  fs::create_directory_symlink(elsewhere.path(), folder_ / "scratch");
  const ResultFolder found = list_result_folder(folder_.path());
  EXPECT_EQ(found.results.size(), 2u);
  EXPECT_TRUE(found.unreadable.empty());
}

TEST_F(ResultFolderTest, names_links_to_nowhere_and_in_circles_and_goes_on) {
  make("a/one.h5"), make("z/two.h5");
  fs::create_symlink("gone.h5", folder_ / "a/dangling.h5");
  fs::create_symlink("circle", folder_ / "circle");
  fs::create_directory(folder_ / "a/folder.h5");
  const ResultFolder found = list_result_folder(folder_.path());
  EXPECT_EQ(names(found.results), (Names{"a/one.h5", "z/two.h5"}));
  EXPECT_EQ(unreadable(found), (Names{"a/dangling.h5", "circle"}));
}

TEST_F(ResultFolderTest, names_a_folder_without_permission_and_goes_on) {
  make("a/one.h5"), make("closed/two.h5");
  fs::permissions(folder_.path(), fs::perms(0755));
  fs::permissions(folder_ / "closed", fs::perms::none);
  const uid_t me = ::geteuid();
  constexpr uid_t kNobody = 65534;  // root may read everything
  if (me == 0) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const ResultFolder found = list_result_folder(folder_.path());
  if (me == 0) {
    ASSERT_EQ(::seteuid(me), 0);
  }
  fs::permissions(folder_ / "closed", fs::perms::owner_all);
  EXPECT_EQ(names(found.results), Names{"a/one.h5"});
  EXPECT_EQ(unreadable(found), Names{"closed"});
}

TEST_F(ResultFolderTest, is_refused_where_there_is_none) {
  EXPECT_NE(message_of<InputError>([&] { list_result_folder(folder_ / "none"); }).find("none"), std::string::npos);
}

}  // namespace
}  // namespace reprise::records
