#pragma once
// A blocked weight format of oneDNN seen as 16 x 16 tiles, so that our own kernels can write and read it several times faster
// than a general reorder. Private to this folder.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suite/kernels/onednn/adapter.hpp"

namespace reprise::kernels::onednn {

/// Finds out by reordering a matrix of indices; not usable() when the format is padded, plain or of another make.
class Tiles {
 public:
  Tiles() = default;
  /// `plain` is [rows, columns] float32, `packed` the kernel's format in float32 or bfloat16.
  Tiles(const dnnl::memory::desc& plain, const dnnl::memory::desc& packed, Type type, std::int64_t rows, std::int64_t columns);

  bool usable() const { return !offsets_.empty(); }
  void pack(const float* plain, std::int64_t rows, std::byte* packed) const;
  /// float32 formats only.
  void unpack(const std::byte* packed, std::int64_t rows, float* plain) const;

 private:
  std::int64_t columns_ = 0, stride_ = 0;
  Type type_ = Type::f32;
  std::vector<std::int32_t> offsets_;
};

}  // namespace reprise::kernels::onednn
