#pragma once

#include <gtest/gtest.h>

#include <string>

#include "suite/records/result_file.hpp"
#include "suite/runs/run_trial.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::runs {

/// Runs into folders of their own, on two threads and data that are made up.
class RunFolder : public testing::Test {
 protected:
  RunOptions options(const std::string& out) const {
    RunOptions options;
    options.data = folder_.path();
    options.out = folder_.path() / out;
    options.threads = 2;
    return options;
  }
  /// Seed 2.
  records::RunRecord run(const recipes::Recipe& recipe, const std::string& out = "out") const {
    return records::read_result(run_trial(recipe, 2, options(out)).file);
  }

  tests::TemporaryFolder folder_;
};

}  // namespace reprise::runs
