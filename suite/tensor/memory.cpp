#include "suite/tensor/memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "suite/errors.hpp"

namespace reprise {

namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;
}

Memory::Memory(std::size_t size) : size_(size) {
  if (size == 0) return;
  const std::size_t alignment = size >= kHugePage ? kHugePage : kAlignment;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  data_ = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded));
  if (data_ == nullptr)
    throw RunError(Complaint{fmt::format("memory for {} MiB", size >> 20), "", "the system has no more",
                             "Use a smaller batch, shard or precision bf16; `reprise plan` forecasts memory"});
  if (alignment == kHugePage) madvise(data_, rounded, MADV_HUGEPAGE);
  std::memset(data_, 0, size);
}

Memory::Memory(Memory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), release_(std::exchange(other.release_, nullptr)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(release_, other.release_);
  return *this;
}

Memory::~Memory() {
  if (release_ != nullptr)
    release_(data_, size_);
  else
    std::free(data_);
}

}  // namespace reprise
