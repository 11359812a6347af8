#pragma once
// Learned and random sequences of operations on the bytes of a training sample, before it is preprocessed.

#include <functional>
#include <memory>

#include "datasets/named_call.hpp"
#include "datasets/pixel_operations.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

class AugmentPolicy {
 public:
  virtual ~AugmentPolicy() = default;
  /// Bytes [channels, height, width] to a sample. `image` may be changed; `preprocess` makes a sample [height, width, channels] of bytes.
  using Preprocess = std::function<void(const std::uint8_t* image, float* sample)>;
  virtual void apply(random::Generator& draws, const ByteImage& image, const Preprocess& preprocess, float* sample) const = 0;
};

inline constexpr const char *kAutoAugment = "autoaugment", *kRandAugment = "randaugment", *kAugMix = "augmix";

/// The policy of that name, or null:
///   "autoaugment"            one of the 25 pairs of operations that were found for CIFAR-10, each with its probability and level (Cubuk et
///                            al. 2018, arXiv 1805.09501, table 7)
///   "randaugment(count=2,magnitude=14,largest=30)"   operations of 14, each equally likely, at the level magnitude / largest (Cubuk et al.
///                            2019, arXiv 1909.13719)
///   "augmix(width=3,severity=3)"   m sample + (1 - m) sum of w_k chain_k(sample): chains of one to three of nine operations of drawn
///   level,
///                            m uniform, the w uniform over weights that add up to 1 (Hendrycks et al. 2019, arXiv 1912.02781)
/// Levels go from 0 to 10 as in the authors' code: shear 0.3 slopes, translation ten 32nds of the side (augmix: a third), rotation 30
/// degrees, posterize 4 down to 0 bits, solarize 256 down to 0, colour, contrast, brightness and sharpness 0.1 to 1.9; shear, translation
/// and rotation go either way. What comes from outside is grey 128 (augmix: black).
std::unique_ptr<const AugmentPolicy> make_policy(NamedCall& call);

}  // namespace reprise::datasets
