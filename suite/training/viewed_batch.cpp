#include "suite/training/viewed_batch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"

namespace reprise::training {

ViewedBatch::ViewedBatch(const BatchSource& source, const BatchSource::Selection& selection, int views)
    : keys_(static_cast<std::size_t>(views), *selection.key) {
  for (std::size_t view = 0; view < keys_.size(); ++view) {
    keys_[view].view = static_cast<std::uint32_t>(view);
    BatchSource::Selection own = selection;
    own.key = &keys_[view];
    readers_.push_back(source.batch(own));
  }
}

int views_of(const graph::Graph& net, bool has_policy, bool mixes, std::int64_t shard) {
  int views = 1;
  for (const graph::Head& head : net.heads()) views = std::max(views, head.loss->views());
  const auto require = [&](bool holds, const char* expected, const std::string& found, const char* fix) {
    if (!holds) throw InputError(Complaint{fmt::format("a loss that compares {} views of a sample", views), expected, found, fix});
  };
  if (views == 1) return views;
  require(has_policy, "a list of operations by which views differ", "none", "Put \"augmix\" into augmentation");
  require(!mixes, "samples that are not mixed", "mixing", "Set mixing = []");
  require(shard % views == 0, "shards of whole samples", fmt::format("shard {}", shard), "Set shard to a multiple, 9 for three views");
  return views;
}

}  // namespace reprise::training
