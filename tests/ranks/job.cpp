#include "job.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"

namespace fs = std::filesystem;

namespace reprise::ranks {

namespace {

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string needed(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) throw std::runtime_error(std::string(variable) + " is not set; start this test with ctest");
  return value;
}

/// Processes with `mark` in their environment.
std::vector<pid_t> marked(const std::string& mark) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (text_of(entry.path() / "environ").find(mark) != std::string::npos) found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

void sleep_seconds(double seconds) {
  usleep(static_cast<useconds_t>(seconds * 1e6));
}

Job::Job(const std::vector<std::string>& command, const fs::path& folder) : folder_(folder) {
  static std::atomic<int> number{0};
  mark_ = "REPRISE_JOB_MARK=" + std::to_string(getpid()) + "-" + std::to_string(number++) + "-";
  fs::create_directories(folder_);
  process_ = fork();
  if (process_ != 0) return;
  setsid();
  putenv(mark_.data());
  const int out = open((folder_ / "stdout").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600),
            err = open((folder_ / "stderr").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

Job::~Job() {
  kill_everything();
  wait(10);
}

bool Job::running() {
  return wait(0) < 0;
}

int Job::wait(double seconds) {
  for (const double begun = now_seconds(); !ended_;) {
    ended_ = waitpid(process_, &status_, WNOHANG) == process_;
    if (ended_) break;
    if (now_seconds() - begun >= seconds) return -1;
    sleep_seconds(0.01);
  }
  return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

std::vector<pid_t> Job::ranks() const {
  std::vector<pid_t> found;
  for (const pid_t process : marked(mark_))
    if (text_of("/proc/" + std::to_string(process) + "/comm") == "reprise\n") found.push_back(process);
  return found;
}

void Job::signal(int number) const {
  ::kill(process_, number);
}

void Job::kill_everything() {
  if (wait(0) < 0) ::kill(process_, SIGKILL);  // just forked, it is not marked until its program starts
  for (const double begun = now_seconds(); now_seconds() - begun < 10; sleep_seconds(0.01)) {
    const std::vector<pid_t> left = marked(mark_);  // some may just have been started
    if (left.empty()) return;
    for (const pid_t process : left) ::kill(process, SIGKILL);
  }
}

bool Job::up() const {
  return errors().find(" ranks are up on ") != std::string::npos;
}

std::string Job::output() const {
  return text_of(folder_ / "stdout");
}
std::string Job::errors() const {
  return text_of(folder_ / "stderr");
}

std::vector<std::string> reprise_run(int ranks, int threads, const fs::path& out, const std::vector<std::string>& arguments) {
  std::vector<std::string> command;
  if (ranks > 0) command = {needed("REPRISE_MPIRUN"), "-n", std::to_string(ranks)};
  for (const std::string& word : {needed("REPRISE_PROGRAM"), std::string("run")}) command.push_back(word);
  command.insert(command.end(), arguments.begin(), arguments.end());
  for (const std::string& word : {std::string("--threads"), std::to_string(threads), std::string("--out"), out.string(),
                                  std::string("--checkpoint-every"), std::string("0.02s")})
    command.push_back(word);
  return command;
}

std::vector<std::string> small_run(const std::string& target, const std::string& set, std::vector<std::string> more) {
  std::vector<std::string> all{target};
  for (const char* setting : {"train_images=200", "test_images=100", "batch=20", "shard=3", "evaluations=4"}) more.emplace_back(setting);
  more.push_back("dataset=" + set);
  for (const std::string& setting : more) all.insert(all.end(), {"--set", setting});
  return all;
}

const std::vector<std::vector<std::string>>& small_runs() {
  static const std::vector<std::vector<std::string>> all{
      small_run("dropout/table2-maxnorm-3x1024", "synthetic-gray28", {"model.hidden=[512,512]", "epochs=40"}),
      small_run("all-cnn/allcnn-c", "synthetic-color32", {"epochs=8"}),
      small_run("logavgexp/resnet8-feature-lae-learned", "synthetic-color32", {"epochs=3"}),
      small_run("softhebb/cifar10-3layer", "synthetic-color32", {"hebbian.epochs=8", "hebbian.shard=3", "epochs=60"})};
  return all;
}

bool wrote_checkpoint(const fs::path& out, fs::file_time_type since) {
  std::error_code gone;  // files come and go meanwhile
  for (fs::recursive_directory_iterator entry(out, gone), end; !gone && entry != end; entry.increment(gone)) {
    if (entry->path().extension() != ".checkpoint") continue;
    std::error_code replaced;
    const fs::file_time_type written = entry->last_write_time(replaced);
    if (!replaced && written >= since) return true;
  }
  return false;
}

std::string result_digest(const fs::path& out) {
  std::error_code ignored;
  std::set<std::string> digests;
  for (const auto& entry : fs::recursive_directory_iterator(out, ignored))
    if (entry.path().extension() == ".h5")
      digests.insert(records::record_digest(records::read_result(entry.path()), records::Part::repeatable));
  return fmt::format("{}", fmt::join(digests, " "));
}

}  // namespace reprise::ranks
