#include "datasets/augmentation.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "datasets/named_call.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

constexpr const char *kColour = "pca_colour", *kRandomCrop = "random_crop";

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

/// A part of the image, every place equally likely; of test images the centre.
class RandomCrop : public Augmentation {
 public:
  explicit RandomCrop(int size) : size_(size) {}
  void apply(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const override {
    random::Generator draws = draws_of(seed, place, epoch, sample);
    for (std::vector<int>* map : {&maps.rows, &maps.columns})
      cut(*map, static_cast<int>(draws.next_below(static_cast<std::uint32_t>(map->size()) - static_cast<std::uint32_t>(size_) + 1)), size_);
  }
  void apply_at_centre(AxisMaps& maps) const override {
    for (std::vector<int>* map : {&maps.rows, &maps.columns}) cut(*map, (static_cast<int>(map->size()) - size_) / 2, size_);
  }

 private:
  int size_;
};

/// Moves no pixel.
class Nothing : public Augmentation {
 public:
  void apply(std::uint64_t, std::uint32_t, std::uint64_t, std::uint64_t, AxisMaps&) const override {}
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
  } else if (call.name() == kRandomCrop) {
    made = std::make_unique<RandomCrop>(call.get_int("size", shorter_side, 1, shorter_side));
  } else {
    call.fail_unknown({"flip", "alternating_flip", "crop", "translate", kRandomCrop, kColour, kCutout, kRandomErasing, kAutoAugment,
                       kRandAugment, kAugMix});
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

void cut(std::vector<int>& map, int first, int size) {
  map.erase(map.begin() + first + size, map.end());
  map.erase(map.begin(), map.begin() + first);
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

Augmentations::Augmentations(const std::vector<std::string>& texts, int height, int width, int channels)
    : height_(height), width_(width), channels_(channels) {
  centre_.reset(height, width);
  for (const std::string& text : texts) {
    NamedCall call("augmentation", text);
    const auto place = static_cast<std::uint32_t>(augmentations_.size());
    if (call.name() == kColour) {
      colour_ = Colour{call.get_double("deviation", 0.1, 0, 100), place};
      call.check_all_used();
      augmentations_.push_back(std::make_unique<const Nothing>());
    } else if (auto eraser = make_eraser(call, this->height(), this->width(), channels)) {
      erasers_.push_back({std::move(eraser), place});
      augmentations_.push_back(std::make_unique<const Nothing>());
    } else if (auto policy = make_policy(call)) {
      if (policy_.policy) throw InputError({"augmentation '" + text + "'", "one policy", "a second one", "Remove one."});
      policy_ = {std::move(policy), place};
      augmentations_.push_back(std::make_unique<const Nothing>());
    } else {
      augmentations_.push_back(make(text, std::min(this->height(), this->width()), fills_black_));
    }
    augmentations_.back()->apply_at_centre(centre_);
  }
}

void Augmentations::draw(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const {
  maps.reset(height_, width_);
  for (std::size_t i = 0; i < augmentations_.size(); ++i)
    augmentations_[i]->apply(seed, static_cast<std::uint32_t>(i), epoch, sample, maps);
}

std::optional<std::array<double, 3>> Augmentations::draw_colour(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample) const {
  if (!colour_) return std::nullopt;
  random::Generator draws = draws_of(seed, colour_->place, epoch, sample);
  std::array<double, 3> moves{};
  for (double& move : moves) move = colour_->deviation * static_cast<double>(draws.next_normal());
  return moves;
}

void Augmentations::apply_policy(const FetchKey& key, std::uint64_t sample, const ByteImage& image,
                                 const AugmentPolicy::Preprocess& preprocess, float* values) const {
  if (key.view == 0) return preprocess(image.pixels, values);
  constexpr std::uint32_t kPlaces = 1 << 16;  // more than a list has
  random::Generator draws = draws_of(key.seed, policy_.place + kPlaces * (key.view - 1), key.epoch, sample);
  policy_.policy->apply(draws, image, preprocess, values);
}

void Augmentations::erase(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, float* values) const {
  for (const PlacedEraser& placed : erasers_) {
    random::Generator draws = draws_of(seed, placed.place, epoch, sample);
    if (const auto rectangle = placed.eraser->draw(draws, height(), width())) placed.eraser->paint(*rectangle, width(), channels_, values);
  }
}

std::vector<std::string> crops_among(const std::vector<std::string>& augmentations) {
  std::vector<std::string> crops;
  std::copy_if(augmentations.begin(), augmentations.end(), std::back_inserter(crops),
               [](const std::string& text) { return NamedCall("augmentation", text).name() == kRandomCrop; });
  return crops;
}

bool moves_colours(const std::vector<std::string>& augmentations) {
  return std::any_of(augmentations.begin(), augmentations.end(),
                     [](const std::string& text) { return NamedCall("augmentation", text).name() == kColour; });
}

}  // namespace reprise::datasets
