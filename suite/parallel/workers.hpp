#pragma once
// Threads. workers.cpp is the only place that includes oneapi/tbb.

#include <cstdint>
#include <functional>
#include <memory>

namespace reprise::parallel {

/// Cores that this process may use (its affinity mask), at least 1.
int available_cores();

/// From here on the calling thread, and those that it starts, take no signals but those that they cause themselves (faults, SIGPIPE). A
/// thread that computes must not: a product of oneDNN for AVX2 (2.6, jit_avx_gemm_f32, more than 252 terms) points the stack register into
/// its workspace, and the frame of a handler would overwrite what lies in front of that.
void block_signals();

/// A fixed number of threads. Every worker enters with one OpenMP thread, so that oneDNN primitives run on the caller alone.
class Workers {
 public:
  /// `threads` 0: one per available core. May exceed the number of cores (slower, same answer).
  explicit Workers(int threads);
  ~Workers();

  int threads() const { return threads_; }

  /// Runs `body` on a thread of these workers; for_each inside it starts without waking anybody twice.
  void enter(const std::function<void()>& body);

  /// Calls body(index, thread) for index in [0, count), each once, thread in [0, threads()). Neighbouring indices tend to
  /// meet the same thread. Returns when all are done; the first exception is rethrown.
  void for_each(std::int64_t count, const std::function<void(std::int64_t index, int thread)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
  int threads_ = 1;
};

}  // namespace reprise::parallel
