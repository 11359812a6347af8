#include "suite/execution/buffer_uses.hpp"

#include <algorithm>

#include "suite/execution/arena_placement.hpp"

namespace reprise::execution {

BufferId BufferUses::add(std::size_t bytes, bool whole) {
  Buffer fresh;
  fresh.bytes = aligned(std::max<std::size_t>(bytes, 1));
  if (!whole && bytes > 0) fresh.bytes = bytes;  // slices of a batch buffer must be contiguous
  fresh.whole = whole;
  plan_.buffers.push_back(fresh);
  return static_cast<BufferId>(plan_.buffers.size()) - 1;
}

BufferId BufferUses::add_first_channels(BufferId whole, std::int64_t pitch) {
  Buffer view;
  view.bytes = plan_.buffer(whole).bytes;
  view.alias_of = whole;
  view.pitch = pitch;
  plan_.buffers.push_back(view);
  return static_cast<BufferId>(plan_.buffers.size()) - 1;
}

BufferId BufferUses::root(BufferId id) const {
  while (plan_.buffer(id).alias_of != kNoBuffer) id = plan_.buffer(id).alias_of;
  return id;
}

void BufferUses::use(BufferId id, int position) {
  if (id == kNoBuffer) return;
  Buffer& b = (*this)[root(id)];
  const int s = static_cast<int>(plan_.stages.size()) - 1;
  if (b.first_stage < 0) b.first_stage = s, b.first_position = position;
  if (b.first_stage != s) b.crosses_stages = true;
  b.last_stage = s;
  b.last_position = position;
  if (plan_.stages.back().kind != Stage::Kind::shards) b.crosses_stages = true;
}

void BufferUses::keep_to_the_end(BufferId id, int position) {
  Buffer& b = (*this)[root(id)];
  b.last_stage = static_cast<int>(plan_.stages.size()) - 1;
  b.last_position = position;
}

void BufferUses::place_all(std::int64_t shards) {
  for (const bool batch : {false, true}) {
    std::vector<Interval> intervals;
    std::vector<Buffer*> owners;
    for (Buffer& b : plan_.buffers) {
      if (b.alias_of != kNoBuffer || b.first_stage < 0 || b.crosses_stages != batch) continue;
      const std::size_t bytes = b.whole ? b.bytes : batch ? aligned(b.bytes * static_cast<std::size_t>(shards)) : aligned(b.bytes);
      intervals.push_back({bytes, batch ? b.first_stage : b.first_position, batch ? b.last_stage : b.last_position});
      owners.push_back(&b);
    }
    (batch ? plan_.batch_arena_bytes : plan_.thread_arena_bytes) = place(intervals);
    for (std::size_t i = 0; i < owners.size(); ++i) owners[i]->offset = intervals[i].offset;
  }
  for (std::size_t i = 0; i < plan_.buffers.size(); ++i) {
    Buffer& b = plan_.buffers[i];
    if (b.alias_of == kNoBuffer) continue;
    const Buffer& owner = plan_.buffer(root(static_cast<BufferId>(i)));
    b.offset = owner.offset;
    b.crosses_stages = owner.crosses_stages;
  }
}

}  // namespace reprise::execution
