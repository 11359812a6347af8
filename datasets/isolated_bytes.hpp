#pragma once
// Bytes from a child process: a library that may crash, hang or leak on damaged data takes only the child along.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <type_traits>

namespace reprise::datasets {

/// How the child ended before it had sent what was asked for: "signal 11 (Segmentation fault)".
class ChildEnded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class IsolatedBytes {
 public:
  using Send = std::function<void(const void* bytes, std::size_t count)>;

  /// Forks; the child calls `produce` and ends. It shares nothing with this process but a pipe, is silent, and leaves no core file.
  /// `produce` must need no other thread of this process. When nothing comes for `patience`, the child counts as hanging.
  explicit IsolatedBytes(const std::function<void(const Send&)>& produce, std::chrono::seconds patience = std::chrono::seconds(60));
  ~IsolatedBytes();
  IsolatedBytes(const IsolatedBytes&) = delete;
  IsolatedBytes& operator=(const IsolatedBytes&) = delete;

  /// The next bytes that were sent. An InputError of `produce` is thrown here as an InputError, any other exception as a RunError;
  /// RunError, too, when the child was killed (the system may have run out of memory); ChildEnded when it ended otherwise or hangs.
  void read(void* to, std::size_t count);
  template <typename T>
  T value() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    read(&value, sizeof value);
    return value;
  }

 private:
  void read_pipe(void* to, std::size_t count);
  void next_piece();
  [[noreturn]] void fail_ended();

  std::chrono::seconds patience_;
  ::pid_t child_ = -1;
  int pipe_ = -1;
  std::size_t left_ = 0;  ///< of the piece that is being read
};

}  // namespace reprise::datasets
