#pragma once
// Training samples mixed with others of their batch, and what each contributes to the target.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/erasing.hpp"

namespace reprise::datasets {

/// How the samples of one batch are mixed. Part 0 is the sample itself, part k its k-th partner.
struct Mix {
  enum class Kind {
    blend,     ///< a weighted sum of two samples
    patches,   ///< rectangles of the parts, the later over the earlier
    features,  ///< a weighted sum of two rows inside the net
  };
  struct Part {
    double share = 1;                 ///< of the target; of a blend, of the sample, too
    Rectangle to{};                   ///< of patches: where it stands
    int from_top = 0, from_left = 0;  ///< and where it is taken from
  };
  Kind kind = Kind::blend;
  std::vector<Part> parts{};  ///< one: the sample is not mixed
  int place = 0;              ///< of features: in the net

  /// sources [parts] of [height, width, channels] each -> output.
  void apply(const std::vector<const float*>& sources, int height, int width, int channels, float* output) const;
};

/// The value of a Beta(alpha, alpha) distribution below which the share u of it lies.
double beta_quantile(double alpha, double u);

/// One way to mix, with its arguments read.
class MixingRule;

/// Names and arguments:
///   "mixup(alpha=1)"        share l ~ Beta(alpha, alpha) of the sample, the rest of a partner (Zhang et al. 2017, arXiv 1710.09412)
///   "cutmix(alpha=1)"       a rectangle of a partner, sqrt(1 - l) of height and width, about any pixel, cut off at the edges; a class's
///                           share is the area that is seen of it (Yun et al. 2019, arXiv 1905.04899)
///   "ricap(alpha=0.3)"      the sample and three partners in four corners, divided at (l H, m W), each cropped anywhere (Takahashi et al.
///                           2018, arXiv 1811.09030)
///   "manifold(alpha=2)"     as mixup, at one of the net's places for it, every one equally likely (Verma et al. 2019, arXiv 1806.05236)
/// All take probability=1: of a batch to be mixed. Of several, each batch draws one.
class Mixing {
 public:
  /// Samples of height x width. `places`: of the net's feature_mix layers. Throws InputError for an unknown name or argument, and where a
  /// rule needs places and there are none, or the other way round.
  Mixing(const std::vector<std::string>& texts, int height, int width, int places);
  ~Mixing();
  bool is_empty() const { return rules_.empty(); }
  /// Depends on seed and step alone; parts of a batch that is not mixed: one.
  Mix draw(std::uint64_t seed, std::uint64_t step) const;

 private:
  int height_, width_, places_;
  std::vector<std::unique_ptr<const MixingRule>> rules_;
};

/// Partner `part` (1 to 3) of every slot of a batch: a permutation within blocks of `block` slots (of the whole batch if that is `count`).
std::vector<std::int64_t> partners(std::uint64_t seed, std::uint64_t step, int part, std::int64_t count, std::int64_t block);

}  // namespace reprise::datasets
