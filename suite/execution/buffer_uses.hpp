#pragma once
// The buffers of a plan that is being built: which share memory, when each is used, and where it will lie.

#include "suite/execution/plan.hpp"

namespace reprise::execution {

class BufferUses {
 public:
  explicit BufferUses(Plan& plan) : plan_(plan) {}

  Buffer& operator[](BufferId id) { return plan_.buffers[static_cast<std::size_t>(id)]; }
  BufferId add(std::size_t bytes, bool whole = false);
  /// The first channels of rows of `pitch` channels, which `whole` holds.
  BufferId add_first_channels(BufferId whole, std::int64_t pitch);
  /// The one whose memory it shares, itself if none.
  BufferId root(BufferId id) const;
  /// By the operation at `position`, which counts operations over all stages, of the last stage.
  void use(BufferId id, int position);
  void keep_to_the_end(BufferId id, int position);
  bool begins_in(BufferId id, int stage) const { return plan_.buffer(root(id)).first_stage == stage; }
  /// Sets all offsets and the sizes of both arenas.
  void place_all(std::int64_t shards);

 private:
  Plan& plan_;
};

}  // namespace reprise::execution
