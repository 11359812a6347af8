#pragma once
// Layers that compute with other weights than the layer stores.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// f of one parameter, or of a few that follow one another: the layer stores x and computes with f(x). Thread-safe.
class WeightMap {
 public:
  virtual ~WeightMap() = default;
  /// Parameters of the layer that are x.
  virtual std::size_t stored_parameters() const { return 1; }
  virtual std::int64_t effective_count() const = 0;
  /// Floats that show() leaves for pull_back(), such as the slopes of f.
  virtual std::int64_t kept_count() const { return 0; }
  /// Overwrites effective = f(stored), and kept.
  virtual void show(std::span<const float* const> stored, float* effective, float* kept) const = 0;
  /// Overwrites grad_stored, the gradient by x, from the gradient by f(x); null for what does not train.
  virtual void pull_back(const float* kept, const float* grad_effective, std::span<float* const> grad_stored) const = 0;
};

/// `inner` with f of what is stored in place of its parameters, `maps[p]` giving parameter p. load_weights() packs f(x); backward() maps
/// each shard's gradient back, so that sums and optimizer have the stored size. Where f is the identity the bits are those of `inner`.
/// `inner` must not couple samples. All parts of a load must be loaded once before the next load begins.
std::unique_ptr<PreparedLayer> with_effective_weights(std::unique_ptr<PreparedLayer> inner,
                                                      std::vector<std::unique_ptr<const WeightMap>> maps);

}  // namespace reprise::layers
