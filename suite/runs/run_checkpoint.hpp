#pragma once
// Whose a checkpoint is, and whether a run may go on from it.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "suite/records/checkpoint.hpp"

namespace reprise::runs {

struct CheckpointOwner {
  std::string run_id, arithmetic;
  bool force = false;                            ///< the run begins anew; an interrupted one that this build began so goes on
  std::function<void(const std::string&)> note;  ///< what the user should know of; may be empty
};

/// Writes into a checkpoint whose it is.
void sign(const CheckpointOwner& owner, records::Checkpoint& checkpoint);

/// The checkpoint to go on from; none if there is none or the run begins anew, for which it is removed. Throws InputError if it is of
/// another run or arithmetic, or damaged.
std::optional<records::Checkpoint> read_own(const CheckpointOwner& owner, const std::filesystem::path& checkpoint);

std::string checkpoint_digest(const records::Checkpoint& checkpoint);

}  // namespace reprise::runs
