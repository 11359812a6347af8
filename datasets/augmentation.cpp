#include "datasets/augmentation.hpp"

#include <algorithm>
#include <numeric>

#include "datasets/named_call.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

random::Generator draws_of(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample) {
  return random::Generator({seed, random::Purpose::augmentation, place, epoch, sample});
}

/// Mirrors an index into [0, size) without repeating the edge; needs -size < index < 2 * size - 1.
int reflected(int index, int size) {
  if (index < 0) return -index;
  return index < size ? index : 2 * (size - 1) - index;
}

/// Left becomes right, with probability 1/2.
class Flip : public Augmentation {
 public:
  void apply(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const override {
    if ((draws_of(seed, place, epoch, sample).next_word() & 1) != 0) std::reverse(maps.columns.begin(), maps.columns.end());
  }
};

/// Flips at random before epoch 0, and in every odd epoch the other images (Jordan 2024, section 3.6, arXiv 2404.00498): two epochs in a
/// row show both sides of each image.
class AlternatingFlip : public Augmentation {
 public:
  void apply(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const override {
    if (((draws_of(seed, place, 0, sample).next_word() ^ epoch) & 1) != 0) std::reverse(maps.columns.begin(), maps.columns.end());
  }
};

/// A move by up to `reach` pixels each way, every one of the (2 reach + 1)^2 moves equally likely. A random crop of the image
/// padded by `reach` is the same thing, which is why "crop" and "translate" share it.
class Move : public Augmentation {
 public:
  Move(int reach, bool reflect) : reach_(reach), reflect_(reflect) {}
  void apply(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const override {
    random::Generator draws = draws_of(seed, place, epoch, sample);
    const auto moves = static_cast<std::uint32_t>(2 * reach_ + 1);
    shift(maps.rows, static_cast<int>(draws.next_below(moves)) - reach_, reflect_);
    shift(maps.columns, static_cast<int>(draws.next_below(moves)) - reach_, reflect_);
  }

 private:
  int reach_;
  bool reflect_;
};

/// `black` becomes true where the text asks for black beyond the border.
std::unique_ptr<const Augmentation> make(const std::string& text, int shorter_side, bool& black) {
  NamedCall call("augmentation", text);
  std::unique_ptr<const Augmentation> made;
  if (call.name() == "flip") {
    made = std::make_unique<Flip>();
  } else if (call.name() == "alternating_flip") {
    made = std::make_unique<AlternatingFlip>();
  } else if (call.name() == "crop") {
    const int pad = call.get_int("pad", 4, 0, shorter_side - 1);
    made = std::make_unique<Move>(pad, call.get_choice("mode", {"zeros", "reflect"}) == "reflect");
  } else if (call.name() == "translate") {
    made = std::make_unique<Move>(call.get_int("pixels", 5, 0, shorter_side - 1), false);
    black |= call.get_choice("fill", {"zeros", "black"}) == "black";
  } else {
    call.fail_unknown({"flip", "alternating_flip", "crop", "translate"});
  }
  call.check_all_used();
  return made;
}

}  // namespace

void AxisMaps::reset(int height, int width) {
  rows.resize(static_cast<std::size_t>(height));
  columns.resize(static_cast<std::size_t>(width));
  std::iota(rows.begin(), rows.end(), 0);
  std::iota(columns.begin(), columns.end(), 0);
}

void shift(std::vector<int>& map, int offset, bool reflect) {
  const std::vector<int>::size_type size = map.size();
  thread_local std::vector<int> before;
  before = map;
  for (std::size_t i = 0; i < size; ++i) {
    int from = static_cast<int>(i) + offset;
    if (reflect) from = reflected(from, static_cast<int>(size));
    const bool is_inside = from >= 0 && from < static_cast<int>(size);
    map[i] = is_inside ? before[static_cast<std::size_t>(from)] : AxisMaps::kOutside;
  }
}

Augmentations::Augmentations(const std::vector<std::string>& texts, int height, int width) : height_(height), width_(width) {
  for (const std::string& text : texts) augmentations_.push_back(make(text, std::min(height, width), fills_black_));
}

void Augmentations::draw(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const {
  maps.reset(height_, width_);
  for (std::size_t i = 0; i < augmentations_.size(); ++i)
    augmentations_[i]->apply(seed, static_cast<std::uint32_t>(i), epoch, sample, maps);
}

}  // namespace reprise::datasets
