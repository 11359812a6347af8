#pragma once
// The system calls that records are written and read with, in one place, so that a test can step between each of them and the disk:
// count them, end the process at the n-th, or let the n-th fail. In production nobody does, and a call costs one look at a null pointer
// more.

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <limits>

namespace reprise::records::disk {

enum class Call { make_folder, open, read, write, sync, close, rename, remove, lock };

/// What becomes of a call.
struct Ruling {
  int error = 0;                                                    ///< not 0: the call fails with this errno, without effect
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();  ///< a read or write is cut to this many bytes, at least one
};

/// Sees every call of the process; a call that is made once more because a signal interrupted it counts once.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual Ruling before(Call call) = 0;
  virtual void after(Call call) = 0;
};

/// From now on `witness` sees every call; nullptr: nobody. Not while another thread reads or writes records.
void admit(Witness* witness);

// Like the system calls that they make: below 0 and errno on failure. Interrupted calls are made again.
int make_folder(const std::filesystem::path& folder);
int open(const std::filesystem::path& path, int flags);  ///< O_CLOEXEC is added; a new file gets mode 0666
ssize_t read(int descriptor, void* to, std::size_t bytes);
ssize_t write(int descriptor, const void* from, std::size_t bytes);
int sync(int descriptor);
int close(int descriptor);
int rename(const std::filesystem::path& from, const std::filesystem::path& to);
int remove(const std::filesystem::path& path);  ///< of a file
int lock(int descriptor);                       ///< for this process alone; EWOULDBLOCK if another has it

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) disk::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

}  // namespace reprise::records::disk
