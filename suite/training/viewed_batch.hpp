#pragma once
// A batch in which each sample stands several times, one after another: as it is, and changed by its list of operations.

#include <memory>
#include <vector>

#include "suite/training/batch_source.hpp"

namespace reprise::training {

/// Slot i is view i % views of sample i / views. Keeps references to what the selection points at, but for its key.
class ViewedBatch : public execution::BatchReader {
 public:
  ViewedBatch(const BatchSource& source, const BatchSource::Selection& selection, int views);
  void fetch(std::int64_t slot, float* output) const override { reader(slot).fetch(slot / views(), output); }
  std::int32_t label(std::int64_t slot) const override { return reader(slot).label(slot / views()); }
  int views() const override { return static_cast<int>(readers_.size()); }

 private:
  const execution::BatchReader& reader(std::int64_t slot) const { return *readers_[static_cast<std::size_t>(slot % views())]; }

  std::vector<datasets::FetchKey> keys_;
  std::vector<std::unique_ptr<const execution::BatchReader>> readers_;
};

/// How many times the heads of a net see a training sample. Throws InputError if that is more than once and samples have no list of
/// operations, are mixed, or do not fit whole into shards of this size.
int views_of(const graph::Graph& net, bool has_policy, bool mixes, std::int64_t shard);

}  // namespace reprise::training
