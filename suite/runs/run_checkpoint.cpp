#include "suite/runs/run_checkpoint.hpp"

#include <fmt/format.h>

#include <map>

#include "suite/errors.hpp"
#include "suite/records/checkpoint_format.hpp"
#include "suite/records/digest.hpp"
#include "suite/runs/provenance.hpp"
#include "suite/runs/run_trial.hpp"
#include "suite/version.hpp"

namespace reprise::runs {

namespace {

/// --force is for a new build, too: what another build began is not gone on with.
std::string build() {
  const std::map<std::string, std::string> facts = build_facts();
  return facts.at("git_commit") + " " + facts.at("git_dirty_diff_sha1");
}

void require_own(const CheckpointOwner& owner, const records::Checkpoint& saved, const std::filesystem::path& checkpoint) {
  const auto require = [&](const char* key, const std::string& expected, const std::string& fix) {
    const auto found = saved.texts.find(key);
    if (found != saved.texts.end() && found->second == expected) return;
    throw InputError(Complaint{fmt::format("checkpoint {}, {}", checkpoint.string(), key), expected,
                               found == saved.texts.end() ? "none: it is of an earlier version" : found->second, fix});
  };
  require("run_id", owner.run_id, "It is of another run: remove it, or run again with --force");
  require("arithmetic", owner.arithmetic,
          "Two instruction sets round differently. Pin the one that the run began with (the lowest: " + kLowestArithmetic +
              "), or begin again: --force");
}

}  // namespace

void sign(const CheckpointOwner& owner, records::Checkpoint& checkpoint) {
  checkpoint.texts["run_id"] = owner.run_id;
  checkpoint.texts["arithmetic"] = owner.arithmetic;
  if (owner.force) checkpoint.texts[kForced] = build();
}

std::optional<records::Checkpoint> read_own(const CheckpointOwner& owner, const std::filesystem::path& checkpoint) {
  try {
    std::string damage;
    std::optional<records::Checkpoint> saved = records::read_checkpoint(checkpoint, &damage);
    if (!damage.empty() && owner.note) owner.note(damage + "; the one before it is taken");
    if (!saved) return saved;
    const auto forced = saved->texts.find(kForced);
    const bool is_meant = !owner.force || (forced != saved->texts.end() && forced->second == build());
    if (is_meant) {
      require_own(owner, *saved, checkpoint);
      return saved;
    }
  } catch (const InputError&) {
    if (!owner.force) throw;
  }
  records::remove_checkpoint(checkpoint);
  return std::nullopt;
}

std::string checkpoint_digest(const records::Checkpoint& checkpoint) {
  records::Xxh3 digest(records::Xxh3::Width::bits128);
  records::serialise(checkpoint, [&](records::Bytes bytes) { digest.add(bytes); });
  return digest.finish_hex();
}

}  // namespace reprise::runs
