#pragma once
// Features of a whole set of images, computed once and read every epoch.

#include <cstdint>
#include <span>

#include "datasets/sample_source.hpp"
#include "suite/execution/executor.hpp"
#include "suite/ranks/team.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::hebbian {

class FeatureStore {
 public:
  FeatureStore() = default;
  /// Room for `count` images of `size` features, shared by the ranks of a node. Collective.
  FeatureStore(std::int64_t count, std::int64_t size, Precision precision, ranks::Team& team = ranks::Team::alone());

  /// Bytes that a store takes.
  static std::int64_t bytes(std::int64_t count, std::int64_t size, Precision precision);

  /// Stores features of images [first, first + count); different images may be stored at once.
  void put(std::int64_t first, std::int64_t count, const void* values, Precision stored_as);
  /// Brings what each rank has put to every node: rank r of n put images [first + slots[i], first + slots[i + 1]) for i in its share of
  /// [0, slots.size() - 1). Collective.
  void gather(ranks::Team& team, std::int64_t first, std::span<const std::int64_t> slots);
  /// Features of one image as float32. Thread-safe.
  void fetch(std::int64_t index, float* output) const;

 private:
  std::int64_t size_ = 0;
  Precision precision_ = Precision::f32;
  Memory memory_;
};

/// Throws InputError with both numbers and the way out if features of so many bytes do not fit into memory.
void require_memory(std::int64_t feature_bytes, Precision precision);

/// Batches of stored features with the labels of the images they are of.
class FeatureReader : public execution::BatchReader {
 public:
  /// Entries of `order` (all in order if null) from `first` on.
  FeatureReader(const FeatureStore& store, const datasets::SampleSource& labels, const std::vector<std::int64_t>* order, std::int64_t first)
      : store_(store), labels_(labels), order_(order), first_(first) {}
  void fetch(std::int64_t slot, float* output) const override { store_.fetch(index(slot), output); }
  std::int32_t label(std::int64_t slot) const override { return labels_.label(index(slot)); }

 private:
  std::int64_t index(std::int64_t slot) const {
    return order_ != nullptr ? (*order_)[static_cast<std::size_t>(first_ + slot)] : first_ + slot;
  }
  const FeatureStore& store_;
  const datasets::SampleSource& labels_;
  const std::vector<std::int64_t>* order_;
  std::int64_t first_;
};

}  // namespace reprise::hebbian
