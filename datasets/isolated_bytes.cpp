#include "datasets/isolated_bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

enum class Kind : std::uint64_t { data, input_error, other_error };

/// Before each piece that goes through the pipe.
struct Head {
  Kind kind = Kind::data;
  std::uint64_t bytes = 0;
};

constexpr std::uint64_t kLongestMessage = 1 << 20;

/// When the reader is gone, so is the child: SIGPIPE.
void write_pipe(int pipe, const void* from, std::size_t count) {
  for (const char* at = static_cast<const char*>(from); count > 0;) {
    const ssize_t written = ::write(pipe, at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);
    at += written;
    count -= static_cast<std::size_t>(written);
  }
}

void send(int pipe, Kind kind, const void* from, std::size_t count) {
  const Head head{kind, count};
  write_pipe(pipe, &head, sizeof head);
  write_pipe(pipe, from, count);
}

/// Faults end the child and nothing else: handlers of this program would report a crash of the program. Requests to stop, which reach
/// all of a job, are the parent's to answer: a child that they ended would look like a damaged file.
void become_quiet() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE}) ::signal(signal, SIG_DFL);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) ::signal(signal, SIG_IGN);
  const struct rlimit no_core {};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
}

/// The child goes when its parent does, also when that was killed: one that loops for ever writes nothing and would never meet SIGPIPE.
void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

[[noreturn]] void run_child(pid_t parent, int pipe, const std::function<void(const IsolatedBytes::Send&)>& produce) {
  die_with(parent);
  become_quiet();
  const auto send_text = [&](Kind kind, const std::string& text) { send(pipe, kind, text.data(), text.size()); };
  try {
    produce([&](const void* bytes, std::size_t count) { send(pipe, Kind::data, bytes, count); });
  } catch (const InputError& error) {
    send_text(Kind::input_error, error.what());
  } catch (const std::exception& error) {
    send_text(Kind::other_error, error.what());
  }
  ::_exit(0);
}

}  // namespace

IsolatedBytes::IsolatedBytes(const std::function<void(const Send&)>& produce, std::chrono::seconds patience) : patience_(patience) {
  int ends[2] = {-1, -1};
  const pid_t parent = ::getpid();
  if (::pipe2(ends, O_CLOEXEC) == 0) child_ = ::fork();
  if (child_ == 0) run_child(parent, ends[1], produce);
  const int error = errno;
  pipe_ = ends[0];
  if (ends[1] >= 0) ::close(ends[1]);
  if (child_ > 0) return;
  if (pipe_ >= 0) ::close(pipe_);
  throw RunError(
      {"a child process to read a file in", "to start one", std::strerror(error), "Raise the limit of processes or open files."});
}

IsolatedBytes::~IsolatedBytes() {
  ::close(pipe_);
  if (child_ < 0) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void IsolatedBytes::read(void* to, std::size_t count) {
  for (char* at = static_cast<char*>(to); count > 0;) {
    if (left_ == 0) next_piece();
    const std::size_t bytes = std::min(left_, count);
    read_pipe(at, bytes);
    at += bytes;
    count -= bytes;
    left_ -= bytes;
  }
}

void IsolatedBytes::next_piece() {
  Head head;
  read_pipe(&head, sizeof head);
  if (head.kind == Kind::data) {
    left_ = head.bytes;
    return;
  }
  std::string text(std::min(head.bytes, kLongestMessage), '\0');
  read_pipe(text.data(), text.size());
  if (head.kind == Kind::input_error) throw InputError(text);
  throw RunError(text);
}

void IsolatedBytes::read_pipe(void* to, std::size_t count) {
  for (char* at = static_cast<char*>(to); count > 0;) {
    struct pollfd waiting {
      pipe_, POLLIN, 0
    };
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(patience_).count()));
    if (ready == 0) throw ChildEnded(fmt::format("no progress for {} s", patience_.count()));
    const ssize_t got = ready < 0 ? -1 : ::read(pipe_, at, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_ended();
    at += got;
    count -= static_cast<std::size_t>(got);
  }
}

void IsolatedBytes::fail_ended() {
  int status = 0;
  pid_t ended = -1;
  while ((ended = ::waitpid(child_, &status, 0)) < 0 && errno == EINTR) {
  }
  child_ = -1;
  if (ended > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    throw RunError({"the child process that reads a file", "to end by itself", "it was killed",
                    "If the system had no more memory, take fewer images or a machine with more"});
  if (ended > 0 && WIFSIGNALED(status)) throw ChildEnded(fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status))));
  throw ChildEnded("an early end");
}

}  // namespace reprise::datasets
