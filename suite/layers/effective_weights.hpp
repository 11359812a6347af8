#pragma once
// Layers that compute with other weights than the layer stores.

#include <cstdint>
#include <memory>
#include <vector>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// f of one parameter: the layer stores x and computes with f(x). Thread-safe.
class WeightMap {
 public:
  virtual ~WeightMap() = default;
  virtual std::int64_t effective_count() const = 0;
  /// Floats that show() leaves for pull_back(), such as the slopes of f.
  virtual std::int64_t kept_count() const { return 0; }
  /// Overwrites effective = f(stored), and kept.
  virtual void show(const float* stored, float* effective, float* kept) const = 0;
  /// Overwrites grad_stored, the gradient by x, from the gradient by f(x).
  virtual void pull_back(const float* kept, const float* grad_effective, float* grad_stored) const = 0;
};

/// `inner` with f of its parameters in place of them, `maps[p]` being f of parameter p. load_weights() packs f(x); backward() maps each
/// shard's gradient back, so that sums and optimizer have the stored size. Where f is the identity the bits are those of `inner`.
/// `inner` must not couple samples. All parts of a load must be loaded once before the next load begins.
std::unique_ptr<PreparedLayer> with_effective_weights(std::unique_ptr<PreparedLayer> inner,
                                                      std::vector<std::unique_ptr<const WeightMap>> maps);

}  // namespace reprise::layers
