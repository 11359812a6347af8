#pragma once
// A checkpoint: named arrays and values in one flat file that survives a kill at any instruction, a full disk and flipped bits.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/records/run_record.hpp"

namespace reprise::records {

/// State of a run between two steps. Each map has its own names.
struct Checkpoint {
  std::map<std::string, std::int64_t> numbers;         ///< "step", "seed"
  std::map<std::string, std::string> texts;            ///< "run_id"; any bytes
  std::map<std::string, Tensor> tensors;               ///< weights, momenta
  std::map<std::string, std::vector<double>> doubles;  ///< sums and series that need double precision
  std::map<std::string, std::vector<std::int64_t>> integers;
  std::map<std::string, std::vector<std::uint8_t>> bytes;

  bool operator==(const Checkpoint& other) const;  ///< by bits: not-a-number equals itself
};

/// Replaces the checkpoint NAME = `path`: writes NAME.new, forces it to disk, reads it back and compares, renames NAME to NAME.previous
/// and NAME.new to NAME, forces the folder to disk. Wherever a process is killed in this, read_checkpoint finds the checkpoint that was
/// there before or the new one. RunError on any failure; then too. One process at a time.
void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

/// NAME, else a whole NAME.new, else NAME.previous; nothing when there is none. InputError naming file, byte, expected and
/// found when NAME and NAME.previous, as far as they are there, are damaged. `warning`, if given, gets the damage of NAME when another had
/// to be taken, else "".
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path, std::string* warning = nullptr);

/// Removes NAME.previous, NAME.new and NAME, as far as they are there.
void remove_checkpoint(const std::filesystem::path& path);

}  // namespace reprise::records
