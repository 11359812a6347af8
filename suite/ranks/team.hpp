#pragma once
// A team: the ranks that train one net together. Ranks of one node share memory; nodes send each other messages.
//
// Positions in a team are node-major: the ranks of a node are neighbours, so whatever is cut into contiguous shares by
// position is contiguous by node, too. Calls marked *collective* have to be made by all ranks of the team in one order.
// Every wait is watched: one that lasts longer than the watchdog allows throws RunError with the ranks that are missing.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "suite/tensor/memory.hpp"

namespace reprise::ranks {

/// Indices [first, last).
struct Range {
  std::int64_t first = 0, last = 0;
  std::int64_t count() const { return last - first; }
  bool operator==(const Range&) const = default;
};

/// Part `part` of [0, count) cut into `parts` contiguous pieces of nearly one size; part 0 is empty only if count is 0.
Range share_of(std::int64_t count, int part, int parts);

/// Bytes on their way between nodes. Made by Team::send_across; moves on when polled.
class Messages;

class Team {
 public:
  /// A team of this process alone: every call below works and waits for nobody. The build without MPI has no other.
  static Team& alone();

  struct State;
  explicit Team(std::unique_ptr<State> state);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int rank() const;  ///< position in the team
  int size() const;
  int node() const;
  int nodes() const;
  int local_rank() const;  ///< position among the ranks of this node
  int local_size() const;
  bool is_root() const { return rank() == 0; }
  bool leads_node() const { return local_rank() == 0; }
  Range ranks_of(int of_node) const;

  Range share(std::int64_t count) const { return share_of(count, rank(), size()); }
  /// What all ranks of a node have together.
  Range node_share(std::int64_t count, int of_node) const;
  /// A cut among the ranks of this node alone, for work that every node does.
  Range local_share(std::int64_t count) const { return share_of(count, local_rank(), local_size()); }

  /// Zeroed memory that all ranks of this node share. Collective. Throws RunError if the node has no more.
  Memory memory(std::size_t bytes);

  /// Returns when all ranks of this node are here; what they wrote before can then be read. Collective. `what` names the
  /// place in the watchdog's message.
  void synchronise(const char* what);

  /// Item i of [0, count) lies at base + offsets[i] and ends at offsets[i + 1], in memory that the node shares; a node's ranks
  /// wrote their node_share(count). Afterwards every node has all. Synchronises before and after. Collective.
  void gather(std::byte* base, std::span<const std::size_t> offsets, const char* what);
  void gather(std::byte* base, std::size_t item_bytes, std::int64_t count, const char* what);

  /// One message to and one from every other node, by this node's leader alone; entry n belongs to node n, one's own is unused.
  struct Bytes {
    std::byte* data = nullptr;
    std::size_t size = 0;
  };
  std::unique_ptr<Messages> send_across(const std::vector<Bytes>& to, const std::vector<Bytes>& from, const char* what);

  /// From the root to all. Collective.
  void broadcast(void* data, std::size_t bytes, const char* what);
  std::vector<std::byte> broadcast(std::vector<std::byte> data, const char* what);
  /// Whether any rank says yes. Collective.
  bool any(bool mine, const char* what);
  /// Runs `action` on the root alone; what it throws is thrown on all ranks, with its kind. Collective.
  void on_root(const std::function<void()>& action, const char* what);

  /// True if all ranks arrive within `seconds`; for finding out whether what failed here failed everywhere. May be
  /// called once, after an error, when other waits may still be open.
  bool all_arrive(double seconds);

  /// "rank 3 on node7": a position's rank in the session, and its host. Of alone() and without MPI "rank 0".
  std::string name_of(int position) const;

  /// Seconds that a wait may last (default 600). 0: for ever.
  void set_watchdog(double seconds);

 private:
  std::unique_ptr<State> state_;
};

class Messages {
 public:
  virtual ~Messages() = default;
  /// Moves messages on; true when all have come and gone. Open MPI makes no progress by itself, so call it now and then.
  virtual bool poll() = 0;
  /// Waits for all of them. Throws RunError naming the ranks whose messages did not come in time.
  virtual void finish() = 0;
};

}  // namespace reprise::ranks
