#include "suite/hebbian/feature_store.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <vector>

#include "suite/control_groups.hpp"
#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::hebbian {

using kernels::bf16;

FeatureStore::FeatureStore(std::int64_t count, std::int64_t size, Precision precision, ranks::Team& team)
    : size_(size), precision_(precision), memory_(team.memory(static_cast<std::size_t>(bytes(count, size, precision)))) {}

std::int64_t FeatureStore::bytes(std::int64_t count, std::int64_t size, Precision precision) {
  return count * size * static_cast<std::int64_t>(bytes_of(precision));
}

void FeatureStore::put(std::int64_t first, std::int64_t count, const void* values, Precision stored_as) {
  const std::int64_t floats = count * size_;
  std::byte* to = memory_.data() + static_cast<std::size_t>(first * size_) * bytes_of(precision_);
  const auto& kernel = kernels::vector_kernels();
  if (stored_as == precision_)
    std::memcpy(to, values, static_cast<std::size_t>(floats) * bytes_of(precision_));
  else if (precision_ == Precision::bf16)
    kernel.b16.from_float(static_cast<const float*>(values), reinterpret_cast<bf16*>(to), floats);
  else
    kernel.b16.to_float(static_cast<const bf16*>(values), reinterpret_cast<float*>(to), floats);
}

void FeatureStore::gather(ranks::Team& team, std::int64_t first, std::span<const std::int64_t> slots) {
  const std::size_t image_bytes = static_cast<std::size_t>(size_) * bytes_of(precision_);
  std::vector<std::size_t> offsets;
  for (const std::int64_t slot : slots) offsets.push_back(static_cast<std::size_t>(first + slot) * image_bytes);
  team.gather(memory_.data(), offsets, "exchange of features");
}

void FeatureStore::fetch(std::int64_t index, float* output) const {
  const std::byte* from = memory_.data() + static_cast<std::size_t>(index * size_) * bytes_of(precision_);
  if (precision_ == Precision::f32)
    std::memcpy(output, from, static_cast<std::size_t>(size_) * sizeof(float));
  else
    kernels::vector_kernels().b16.to_float(reinterpret_cast<const bf16*>(from), output, size_);
}

namespace {

class FeatureReader : public execution::BatchReader {
 public:
  FeatureReader(const FeatureStore& store, const FeatureBatches& batches, const training::BatchSource::Selection& selection)
      : store_(store), batches_(batches), selection_(selection) {}
  void fetch(std::int64_t slot, float* output) const override { store_.fetch(selection_.index(slot), output); }
  std::int32_t label(std::int64_t slot) const override { return batches_.label(selection_.index(slot)); }

 private:
  const FeatureStore& store_;
  const FeatureBatches& batches_;
  training::BatchSource::Selection selection_;
};

}  // namespace

std::unique_ptr<const execution::BatchReader> FeatureBatches::batch(const Selection& selection) const {
  return std::make_unique<FeatureReader>(store_, *this, selection);
}

void require_memory(std::int64_t feature_bytes, Precision precision) {
  const std::int64_t available = available_memory().bytes;
  if (available == 0 || feature_bytes <= available) return;
  throw InputError(Complaint{"cached features", fmt::format("{} MiB of memory ({})", feature_bytes >> 20, name_of(precision)),
                             fmt::format("{} MiB available", available >> 20),
                             precision == Precision::f32
                                 ? "Store them in half the space with --set hebbian.features=bf16, or use fewer images or a narrower net"
                                 : "Use fewer images or a narrower net"});
}

}  // namespace reprise::hebbian
