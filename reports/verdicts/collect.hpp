#pragma once
// Finished runs into a folder of evidence.

#include <filesystem>
#include <string>
#include <vector>

#include "suite/records/result_folder.hpp"

namespace reprise::reports {

/// What became of the results of a folder; paths in `added` are those of the copies.
struct Collected {
  std::vector<std::filesystem::path> added;
  std::size_t already_there = 0;
  std::size_t superseded = 0;                   ///< runs that the evidence keeps in superseded/, with these numbers
  std::vector<records::Unreadable> left_out{};  ///< and why: not from a clean commit, damaged, or its copy damaged or with other numbers
};

/// Copies each result in `results` and below to EVIDENCE/PAPER/TRIAL/RUN.h5, without weights: those of a run that others start from are
/// large, and its digests speak for them. A result that is there already, but for timing and provenance, stays as it is. Runs in a folder
/// superseded/ are not looked at. Throws InputError if `results` is no folder, RunError if a copy cannot be written.
Collected collect_runs(const std::filesystem::path& results, const std::filesystem::path& evidence);

}  // namespace reprise::reports
