#include "datasets/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace reprise::datasets {

void in_parallel(std::int64_t count, std::int64_t block, const std::function<void(std::int64_t first, std::int64_t last)>& work) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::int64_t failed = std::numeric_limits<std::int64_t>::max();
  std::mutex failure_mutex;
  const auto take_blocks = [&] {
    for (std::int64_t first = next.fetch_add(block); first < count; first = next.fetch_add(block)) {
      try {
        work(first, std::min(count, first + block));
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (first < failed) failed = first, failure = std::current_exception();
        next = count;  // blocks are taken in order, so those below are at work or done
      }
    }
  };
  const std::int64_t blocks = (count + block - 1) / block;
  const std::int64_t threads = std::min<std::int64_t>(blocks, std::max(1u, std::thread::hardware_concurrency()));
  {
    std::vector<std::jthread> workers;
    for (std::int64_t i = 1; i < threads; ++i) workers.emplace_back(take_blocks);
    take_blocks();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace reprise::datasets
