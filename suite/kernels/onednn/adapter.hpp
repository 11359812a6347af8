#pragma once
// The little of oneDNN that the kernels share; serves API versions 2 and 3. Private to this folder.

#include <cstddef>
#include <dnnl.hpp>
#include <string>

#include <omp.h>

#include "suite/tensor/memory.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::kernels::onednn {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

/// A primitive cuts its work by the number of OpenMP threads its MAKER may use, so making one takes this guard: the bits of a
/// result must not depend on the number of cores.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

inline dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// The calling thread's stream. A thread that computes through it is held to one OpenMP thread from then on: some primitives
/// look at the limit when they run.
inline dnnl::stream& stream() {
  thread_local dnnl::stream mine = [] {
    omp_set_num_threads(1);
    return dnnl::stream(engine());
  }();
  return mine;
}

inline Type type_of(Precision precision) {
  return precision == Precision::f32 ? Type::f32 : Type::bf16;
}

/// User-managed scratchpads, so that a primitive may run on several threads at once.
inline dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

inline dnnl::memory wrap(const dnnl::memory::desc& desc, const void* data) {
  return dnnl::memory(desc, engine(), const_cast<void*>(data));
}

/// Whether data in `desc` is plain, so that a reorder can be skipped.
inline bool same(const dnnl::memory::desc& a, const dnnl::memory::desc& b) {
  return a == b;
}

}  // namespace reprise::kernels::onednn
