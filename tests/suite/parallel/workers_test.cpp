#include "suite/parallel/workers.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

namespace reprise::parallel {
namespace {

TEST(Workers, every_index_runs_once_on_a_thread_in_range) {
  for (const int threads : {1, 2, 4}) {
    Workers workers(threads);
    std::vector<std::atomic<int>> seen(1000);
    std::atomic<bool> in_range{true};
    workers.for_each(1000, [&](std::int64_t i, int thread) {
      ++seen[static_cast<std::size_t>(i)];
      if (thread < 0 || thread >= threads) in_range = false;
    });
    for (const auto& count : seen) EXPECT_EQ(count, 1);
    EXPECT_TRUE(in_range);
  }
}

TEST(Workers, hold_openmp_to_one_thread) {
  Workers workers(3);
  std::atomic<int> most{0};
  workers.for_each(50, [&](std::int64_t, int) { most = std::max(most.load(), omp_get_max_threads()); });
  EXPECT_EQ(most, 1);
}

TEST(Workers, pass_on_the_exception_of_a_task) {
  Workers workers(2);
  EXPECT_THROW(workers.for_each(10,
                                [](std::int64_t i, int) {
                                  if (i == 7) throw std::runtime_error("seven");
                                }),
               std::runtime_error);
}

}  // namespace
}  // namespace reprise::parallel
