// The main of tests that run under mpirun: every rank runs every test; one rank reports, and any rank's failure fails the job.

#include "mpi_main.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <exception>

namespace reprise::ranks {

namespace {

Session* the_session = nullptr;

/// What other ranks than the first have to say: failures, with their rank.
class FailuresOnly : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.failed())
      std::fprintf(stderr, "rank %d: %s:%d: %s\n", session().rank(), result.file_name(), result.line_number(), result.message());
  }
};

}  // namespace

Session& session() {
  return *the_session;
}

}  // namespace reprise::ranks

int main(int argc, char** argv) {
  reprise::ranks::Session session;
  reprise::ranks::the_session = &session;
  testing::InitGoogleTest(&argc, argv);
  if (session.rank() != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new reprise::ranks::FailuresOnly);
  }
  return RUN_ALL_TESTS();
}
