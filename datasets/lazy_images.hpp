#pragma once
// Images that are made when they are asked for: decoded from files that stay compressed, cut out of others, composed of several.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/fetch_key.hpp"
#include "datasets/warp.hpp"

namespace reprise::datasets {

/// The pixels of an ImageSet that does not hold any. Labels, shape, classes and digest are the set's.
class LazyImages {
 public:
  virtual ~LazyImages() = default;
  /// Image `index` as bytes [channels, height, width] of the set. What is drawn for it depends on `key` and `index` only; `key` null:
  /// nothing is drawn, as in tests. Thread-safe.
  virtual void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const = 0;
  /// These will be asked for soon, in about this order: files can be read meanwhile.
  virtual void announce(std::span<const std::int64_t> indices) const { (void)indices; }
  /// How image `index` shows those that it is made of, where that is by an affine map of each: from its pixels to theirs, for each channel.
  /// Empty: it is not known.
  virtual std::vector<AffineMap> maps_of(std::int64_t index, const FetchKey* key) const {
    return (void)index, (void)key, std::vector<AffineMap>{};
  }
  /// The same images at another size: the shorter side `side`, of which the central square is seen. Null: they can only be resized as they
  /// are made.
  virtual std::shared_ptr<const LazyImages> at_side(int side) const { return (void)side, nullptr; }
  /// Two sets of one digest and one description have the same images.
  virtual std::string description() const = 0;
  virtual std::int64_t bytes_held() const = 0;
};

}  // namespace reprise::datasets
