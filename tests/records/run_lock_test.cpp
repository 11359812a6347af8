#include "suite/records/run_lock.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>

#include "sample_record.hpp"
#include "suite/errors.hpp"

namespace reprise::records {
namespace {

namespace fs = std::filesystem;

class Lock : public ::testing::Test {
 protected:
  records::testing::TemporaryFolder folder_;
  fs::path path_ = folder_ / "run.lock";
};

TEST_F(Lock, is_refused_while_another_holds_it_and_given_afterwards) {
  {
    const RunLock first(path_);
    EXPECT_TRUE(fs::exists(path_));
    try {
      const RunLock second(path_);
      FAIL() << "given twice";
    } catch (const RunError& error) {
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos) << error.what();
    }
    EXPECT_TRUE(fs::exists(path_));  // the one that was refused leaves it
  }
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_NO_THROW(RunLock{path_});
}

TEST_F(Lock, is_given_where_a_killed_process_left_its_file) {
  std::ofstream(path_) << "";
  EXPECT_NO_THROW(RunLock{path_});
}

TEST_F(Lock, goes_to_the_file_that_is_there_not_to_one_that_was_removed) {
  std::optional<RunLock> first(std::in_place, path_);
  fs::remove(path_);  // by hand, say
  const RunLock second(path_);
  first.reset();  // must not take the second's away
  EXPECT_THROW(RunLock{path_}, RunError);
}

TEST_F(Lock, of_a_folder_that_cannot_be_written_refuses_nothing) {
  EXPECT_NO_THROW(RunLock{folder_.path() / "not" / "there.lock"});
}

}  // namespace
}  // namespace reprise::records
