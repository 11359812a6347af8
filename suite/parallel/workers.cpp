#include "suite/parallel/workers.hpp"

#include <omp.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>
#include <sched.h>

#include <algorithm>
#include <csignal>

namespace reprise::parallel {

namespace {

/// What the threads of an arena begin with: one OpenMP thread, and workers take no signals (see block_signals()).
class ThreadStart : public tbb::task_scheduler_observer {
 public:
  explicit ThreadStart(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) { observe(true); }
  ~ThreadStart() override { observe(false); }
  void on_scheduler_entry(bool is_worker) override {
    omp_set_num_threads(1);
    if (is_worker) block_signals();
  }
};

// TBB is a library that the thread sanitizer does not see into: what its fork and join order is told here. Nothing in other builds.
#ifdef __SANITIZE_THREAD__
extern "C" void __tsan_release(void* place);
extern "C" void __tsan_acquire(void* place);
void before(char& place) {
  __tsan_release(&place);
}
void after(char& place) {
  __tsan_acquire(&place);
}
#else
void before(char&) {}
void after(char&) {}
#endif

}  // namespace

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

void block_signals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPIPE}) sigdelset(&signals, own);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

struct Workers::State {
  explicit State(int threads)
      : allowed(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(std::max(threads, available_cores()))),
        arena(threads),
        observer(arena) {}
  tbb::global_control allowed;
  tbb::task_arena arena;
  ThreadStart observer;
};

Workers::Workers(int threads) : threads_(threads > 0 ? threads : available_cores()) {
  state_ = std::make_unique<State>(threads_);
}

Workers::~Workers() = default;

void Workers::enter(const std::function<void()>& body) {
  char begun = 0, ended = 0;
  before(begun);
  state_->arena.execute([&] {
    after(begun);
    body();
    before(ended);
  });
  after(ended);
}

void Workers::for_each(std::int64_t count, const std::function<void(std::int64_t, int)>& body) {
  if (count <= 0) return;
  char begun = 0, ended = 0;
  before(begun);
  state_->arena.execute([&] {
    // Halving down to single tasks keeps neighbours on one thread.
    tbb::parallel_for(
        tbb::blocked_range<std::int64_t>(0, count, 1),
        [&](const tbb::blocked_range<std::int64_t>& range) {
          const int thread = tbb::this_task_arena::current_thread_index();
          after(begun);
          for (std::int64_t i = range.begin(); i != range.end(); ++i) body(i, thread);
          before(ended);
        },
        tbb::simple_partitioner());
  });
  after(ended);
}

}  // namespace reprise::parallel
