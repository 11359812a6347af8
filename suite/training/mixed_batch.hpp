#pragma once
// A batch whose samples are mixed with others of it.

#include <memory>
#include <vector>

#include "datasets/mixing.hpp"
#include "suite/execution/executor.hpp"

namespace reprise::training {

/// Reads samples of `batch`, which it keeps a reference to. Samples are fetched again where they are partners, so that nothing is exchanged
/// between shards. Inside a net, partners are slots of one shard.
class MixedBatch : public execution::BatchReader {
 public:
  MixedBatch(const execution::BatchReader& batch, datasets::Mix mix, const SampleShape& sample, std::uint64_t seed, std::uint64_t step,
             std::int64_t count, std::int64_t shard);
  void fetch(std::int64_t slot, float* output) const override;
  std::int32_t label(std::int64_t slot) const override { return mixed_label(slot).main_class(); }
  bool mixes() const override { return true; }
  losses::MixedLabel mixed_label(std::int64_t slot) const override;
  const layers::RowMixing* row_mixing() const override { return mixes_rows_ ? &rows_ : nullptr; }

 private:
  std::int64_t slot_of(std::size_t part, std::int64_t slot) const {
    return part == 0 ? slot : partners_[part - 1][static_cast<std::size_t>(slot)];
  }

  const execution::BatchReader& batch_;
  datasets::Mix mix_;
  SampleShape sample_;
  bool mixes_rows_;
  std::vector<std::vector<std::int64_t>> partners_;
  layers::RowMixing rows_;
};

/// What a recipe asks for, for samples of this shape and the net's places. Null: nothing. Throws InputError for a recipe that does not fit,
/// and for a net with a head that knows no mixed targets.
std::unique_ptr<const datasets::Mixing> make_mixing(const std::vector<std::string>& texts, const graph::Graph& net);

}  // namespace reprise::training
