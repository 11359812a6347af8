#include "suite/training/mixed_batch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/layers/feature_mix.hpp"

namespace reprise::training {

MixedBatch::MixedBatch(const execution::BatchReader& batch, datasets::Mix mix, const SampleShape& sample, std::uint64_t seed,
                       std::uint64_t step, std::int64_t count, std::int64_t shard)
    : batch_(batch),
      mix_(std::move(mix)),
      sample_(sample),
      mixes_rows_(mix_.kind == datasets::Mix::Kind::features && mix_.parts.size() > 1) {
  for (std::size_t part = 1; part < mix_.parts.size(); ++part)
    partners_.push_back(datasets::partners(seed, step, static_cast<int>(part), count, mixes_rows_ ? shard : count));
  if (mixes_rows_) rows_ = {mix_.place, static_cast<float>(mix_.parts[0].share), partners_[0]};
}

void MixedBatch::fetch(std::int64_t slot, float* output) const {
  if (mixes_rows_ || mix_.parts.size() == 1) return batch_.fetch(slot, output);
  const auto size = static_cast<std::size_t>(sample_.size());
  thread_local std::vector<float> samples;
  samples.resize(mix_.parts.size() * size);
  std::vector<const float*> sources;
  for (std::size_t part = 0; part < mix_.parts.size(); ++part) {
    batch_.fetch(slot_of(part, slot), samples.data() + part * size);
    sources.push_back(samples.data() + part * size);
  }
  mix_.apply(sources, static_cast<int>(sample_.height), static_cast<int>(sample_.width), static_cast<int>(sample_.channels), output);
}

losses::MixedLabel MixedBatch::mixed_label(std::int64_t slot) const {
  losses::MixedLabel label;
  for (std::size_t part = 0; part < mix_.parts.size(); ++part)
    label.add(batch_.label(slot_of(part, slot)), static_cast<float>(mix_.parts[part].share));
  return label;
}

std::unique_ptr<const datasets::Mixing> make_mixing(const std::vector<std::string>& texts, const graph::Graph& net) {
  int places = 0;
  for (const graph::Node& node : net.nodes())
    if (const auto* layer = dynamic_cast<const layers::FeatureMix*>(node.layer.get())) places = std::max(places, layer->place() + 1);
  const SampleShape& input = net.node(0).shape;
  auto mixing = std::make_unique<const datasets::Mixing>(texts, static_cast<int>(input.height), static_cast<int>(input.width), places);
  if (mixing->is_empty()) return nullptr;
  for (const graph::Head& head : net.heads())
    if (head.target == losses::Target::label && !head.loss->takes_mixed_labels())
      throw InputError(Complaint{fmt::format("mixing, for head '{}'", head.name), "a loss that takes shares of several classes",
                                 std::string(head.loss->name()), "Set mixing = []"});
  return mixing;
}

}  // namespace reprise::training
