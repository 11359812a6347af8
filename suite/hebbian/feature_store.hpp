#pragma once
// Features of a whole set of images, computed once and read every epoch.

#include <cstdint>
#include <memory>
#include <span>

#include "datasets/sample_source.hpp"
#include "suite/execution/executor.hpp"
#include "suite/ranks/team.hpp"
#include "suite/tensor/memory.hpp"
#include "suite/training/batch_source.hpp"

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

/// Throws InputError with both numbers and the remedy if `bytes` of features do not fit into memory.
void require_memory(std::int64_t feature_bytes, Precision precision);

/// Stored features with the labels of the images they are of.
class FeatureBatches : public training::BatchSource {
 public:
  FeatureBatches(const FeatureStore& store, const datasets::SampleSource& images) : store_(store), images_(images) {}
  std::int64_t count() const override { return images_.count(); }
  std::int32_t label(std::int64_t index) const override { return images_.label(index); }
  std::unique_ptr<const execution::BatchReader> batch(const Selection& selection) const override;

 private:
  const FeatureStore& store_;
  const datasets::SampleSource& images_;
};

}  // namespace reprise::hebbian
