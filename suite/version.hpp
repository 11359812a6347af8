#pragma once
// What was built: version, commit, compiler and flags.

#include <map>
#include <string>

namespace reprise {

/// Raised whenever the same recipe would give other numbers; part of every run id, so that old results are not taken for new.
constexpr int kAnswerVersion = 2;

/// "0.1.0"
std::string version();

/// "version", "git_commit", "git_dirty_diff_sha1" ("clean": nothing was changed or added; "unknown": no repository of its own; an archive
/// made by git has its commit all the same), "compiler", "flags", "build_type".
std::map<std::string, std::string> build_facts();

/// What the source tree that was built adds to its commit, new files included; the first 64 KiB.
std::string git_diff();

}  // namespace reprise
