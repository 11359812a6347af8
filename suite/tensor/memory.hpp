#pragma once
// Raw memory for arenas: 64-byte aligned, on huge pages where the system grants them, zeroed.

#include <cstddef>

namespace reprise {

/// Owns `size` zeroed bytes. Large buffers ask for huge pages: a convolution walks megabytes with large strides.
class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t size);
  /// Takes over memory made elsewhere (a shared window); `release` gives it back.
  using Release = void (*)(std::byte* data, std::size_t size);
  Memory(std::byte* data, std::size_t size, Release release) : data_(data), size_(size), release_(release) {}
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  std::byte* data() const { return data_; }
  float* floats() const { return reinterpret_cast<float*>(data_); }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  Release release_ = nullptr;  ///< null: std::free
};

constexpr std::size_t kAlignment = 64;
constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace reprise
