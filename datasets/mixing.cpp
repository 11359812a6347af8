#include "datasets/mixing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "datasets/named_call.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

constexpr const char *kMixup = "mixup", *kCutMix = "cutmix", *kRicap = "ricap", *kManifold = "manifold";

double uniform(random::Generator& draws) {
  return static_cast<double>(draws.next_uniform());
}

int below(random::Generator& draws, int bound) {
  return static_cast<int>(draws.next_below(static_cast<std::uint32_t>(bound)));
}

}  // namespace

class MixingRule {
 public:
  MixingRule(NamedCall& call, double alpha)
      : alpha_(call.get_double("alpha", alpha, 0.001, 1000)), probability_(call.get_double("probability", 1, 0, 1)) {
    call.check_all_used();
  }
  virtual ~MixingRule() = default;
  virtual Mix draw(random::Generator& draws, int height, int width, int places) const = 0;
  virtual bool mixes_features() const { return false; }
  double probability() const { return probability_; }

 protected:
  double share(random::Generator& draws) const { return beta_quantile(alpha_, uniform(draws)); }

 private:
  double alpha_, probability_;
};

namespace {

class Mixup : public MixingRule {
 public:
  explicit Mixup(NamedCall& call) : MixingRule(call, 1) {}
  Mix draw(random::Generator& draws, int, int, int) const override {
    const double own = share(draws);
    return {.kind = Mix::Kind::blend, .parts = {{.share = own}, {.share = 1 - own}}};
  }
};

class Manifold : public MixingRule {
 public:
  explicit Manifold(NamedCall& call) : MixingRule(call, 2) {}
  Mix draw(random::Generator& draws, int, int, int places) const override {
    const double own = share(draws);
    return {.kind = Mix::Kind::features, .parts = {{.share = own}, {.share = 1 - own}}, .place = below(draws, places)};
  }
  bool mixes_features() const override { return true; }
};

class CutMix : public MixingRule {
 public:
  explicit CutMix(NamedCall& call) : MixingRule(call, 1) {}
  Mix draw(random::Generator& draws, int height, int width, int) const override {
    const double side = std::sqrt(1 - share(draws));
    const auto [top, bottom] = span(draws, side, height);
    const auto [left, right] = span(draws, side, width);
    const double area = static_cast<double>((bottom - top) * (right - left)) / (height * width);
    return {.kind = Mix::Kind::patches,
            .parts = {{.share = 1 - area, .to = {0, 0, height, width}},
                      {.share = area, .to = {top, left, bottom - top, right - left}, .from_top = top, .from_left = left}}};
  }

 private:
  /// The share `side` of a length about any of its pixels, halves rounded down, as the authors' code has it.
  static std::pair<int, int> span(random::Generator& draws, double side, int length) {
    const int half = static_cast<int>(length * side) / 2, centre = below(draws, length);
    return {std::max(centre - half, 0), std::min(centre + half, length)};
  }
};

class Ricap : public MixingRule {
 public:
  explicit Ricap(NamedCall& call) : MixingRule(call, 0.3) {}
  Mix draw(random::Generator& draws, int height, int width, int) const override {
    const int column = static_cast<int>(std::lround(width * share(draws))), row = static_cast<int>(std::lround(height * share(draws)));
    Mix mix{.kind = Mix::Kind::patches};
    for (const Rectangle& to : {Rectangle{0, 0, row, column}, Rectangle{0, column, row, width - column},
                                Rectangle{row, 0, height - row, column}, Rectangle{row, column, height - row, width - column}}) {
      const int from_left = below(draws, width - to.width + 1), from_top = below(draws, height - to.height + 1);
      mix.parts.push_back({static_cast<double>(to.height * to.width) / (height * width), to, from_top, from_left});
    }
    return mix;
  }
};

}  // namespace

double beta_quantile(double alpha, double u) {
  return boost::math::ibeta_inv(alpha, alpha, u);
}

void Mix::apply(const std::vector<const float*>& sources, int height, int width, int channels, float* output) const {
  if (kind == Kind::blend) {
    const auto own = static_cast<float>(parts[0].share), others = static_cast<float>(parts[1].share);
    for (int i = 0; i < height * width * channels; ++i) output[i] = own * sources[0][i] + others * sources[1][i];
    return;
  }
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const Part& part = parts[k];
    for (int y = 0; y < part.to.height; ++y) {
      const float* from = sources[k] + static_cast<std::ptrdiff_t>((part.from_top + y) * width + part.from_left) * channels;
      std::copy_n(from, part.to.width * channels,
                  output + static_cast<std::ptrdiff_t>((part.to.top + y) * width + part.to.left) * channels);
    }
  }
}

Mixing::Mixing(const std::vector<std::string>& texts, int height, int width, int places) : height_(height), width_(width), places_(places) {
  bool mixes_features = false;
  for (const std::string& text : texts) {
    NamedCall call("mixing", text);
    if (call.name() == kMixup)
      rules_.push_back(std::make_unique<const Mixup>(call));
    else if (call.name() == kCutMix)
      rules_.push_back(std::make_unique<const CutMix>(call));
    else if (call.name() == kRicap)
      rules_.push_back(std::make_unique<const Ricap>(call));
    else if (call.name() == kManifold)
      rules_.push_back(std::make_unique<const Manifold>(call));
    else
      call.fail_unknown({kMixup, kCutMix, kRicap, kManifold});
    mixes_features |= rules_.back()->mixes_features();
  }
  if (mixes_features != (places > 0))
    throw InputError(Complaint{"mixing of features", mixes_features ? "a net with places for it" : "mixing with \"manifold\"",
                               mixes_features ? "a net without" : fmt::format("a net with {} places and no such mixing", places),
                               "Set mixing and the model's places together"});
}

Mixing::~Mixing() = default;

Mix Mixing::draw(std::uint64_t seed, std::uint64_t step) const {
  random::Generator draws({seed, random::Purpose::mixing, 0, step, 0});
  const std::size_t which = rules_.size() > 1 ? draws.next_below(static_cast<std::uint32_t>(rules_.size())) : 0;
  const MixingRule& rule = *rules_[which];
  if (rule.probability() < 1 && uniform(draws) >= rule.probability()) return {.parts = {{}}};
  return rule.draw(draws, height_, width_, places_);
}

std::vector<std::int64_t> partners(std::uint64_t seed, std::uint64_t step, int part, std::int64_t count, std::int64_t block) {
  std::vector<std::int64_t> all = random::permutation(seed, random::Purpose::partners, 4 * step + static_cast<std::uint64_t>(part), count);
  if (block >= count) return all;
  // Of each block, its slots in the order in which the permutation of all has them.
  std::vector<std::vector<std::int64_t>> of_block(static_cast<std::size_t>((count + block - 1) / block));
  for (const std::int64_t slot : all) of_block[static_cast<std::size_t>(slot / block)].push_back(slot);
  std::vector<std::int64_t> inside;
  for (const auto& slots : of_block) inside.insert(inside.end(), slots.begin(), slots.end());
  return inside;
}

}  // namespace reprise::datasets
