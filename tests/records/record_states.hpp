#pragma once
// Folders in the states that writers, killed writers and bad disks leave, and the count of cases that came out well.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "suite/records/checkpoint.hpp"
#include "suite/records/run_record.hpp"
#include "tests/records/sample_record.hpp"

namespace reprise::records::testing {

/// Names in a folder and what is in them; a name that ends in "/" is an empty folder.
using FolderState = std::map<std::string, std::string>;
FolderState state_of(const std::filesystem::path& folder);
/// Makes the folder hold this and nothing else.
void set_state(const std::filesystem::path& folder, const FolderState& state);

/// A checkpoint of some 3 KB that is different in every entry for another generation.
Checkpoint generation(std::int64_t number);
/// The bytes of its file.
std::string checkpoint_bytes(const Checkpoint& checkpoint);
/// Number of the generation that read_checkpoint finds, 0 for nothing, -1 for an InputError. Anything that is not one of them bit by
/// bit is a test failure.
std::int64_t found_generation(const std::filesystem::path& path, std::string* complaint = nullptr);

/// sample_record() with another seed and loss.
RunRecord result_generation(std::int64_t number);
/// The same for read_result; 0 when there is no file.
std::int64_t found_result(const std::filesystem::path& path, std::string* complaint = nullptr);

/// Forks, runs `act` there, and returns the exit code (128 + signal if one ended it). An exception in it is exit code 99.
int exit_code_of(const std::function<void()>& act);

/// Counts cases; says how many were good, and fails the test when one was not.
class Tally {
 public:
  explicit Tally(std::string of) : of_(std::move(of)) {}
  ~Tally();
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  /// Names the first bad cases. Returns `good`.
  bool add(bool good, const std::function<std::string()>& name_of_case);

 private:
  std::string of_;
  long cases_ = 0, good_ = 0;
};

}  // namespace reprise::records::testing
