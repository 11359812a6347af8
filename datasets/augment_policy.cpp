#include "datasets/augment_policy.hpp"

#include <array>
#include <cmath>
#include <span>
#include <vector>

namespace reprise::datasets {

namespace {

enum class Operation {
  identity,
  auto_contrast,
  equalize,
  invert,
  rotate,
  posterize,
  solarize,
  colour,
  contrast,
  brightness,
  sharpness,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
};

double uniform(random::Generator& draws) {
  return static_cast<double>(draws.next_uniform());
}

template <class List>
const auto& any_of(random::Generator& draws, const List& list) {
  return list[draws.next_below(static_cast<std::uint32_t>(list.size()))];
}

/// How levels translate: what differs between the authors' codes.
struct Scale {
  double translation;  ///< share of the side at level 10
  std::uint8_t fill;
};

/// Draws a sign where the operation has one.
void run(Operation operation, double level, const Scale& scale, random::Generator& draws, const ByteImage& image) {
  const auto either_way = [&](double value) { return (draws.next_word() & 1) != 0 ? -value : value; };
  const auto whole = [&](double largest) { return static_cast<int>(level * largest / 10); };
  const double factor = 0.1 + level * 0.18;
  switch (operation) {
    case Operation::identity:
      return;
    case Operation::auto_contrast:
      return auto_contrast(image);
    case Operation::equalize:
      return equalize(image);
    case Operation::invert:
      return invert(image);
    case Operation::rotate:
      return rotate(image, either_way(whole(30)), scale.fill);
    case Operation::posterize:
      return posterize(image, 4 - whole(4));
    case Operation::solarize:
      return solarize(image, 256 - whole(256));
    case Operation::colour:
      return change_colour(image, factor);
    case Operation::contrast:
      return change_contrast(image, factor);
    case Operation::brightness:
      return change_brightness(image, factor);
    case Operation::sharpness:
      return change_sharpness(image, factor);
    case Operation::shear_x:
      return shear_x(image, either_way(level * 0.03), scale.fill);
    case Operation::shear_y:
      return shear_y(image, either_way(level * 0.03), scale.fill);
    case Operation::translate_x:
      return translate_x(image, either_way(whole(scale.translation * image.width)), scale.fill);
    case Operation::translate_y:
      return translate_y(image, either_way(whole(scale.translation * image.height)), scale.fill);
  }
}

struct Step {
  double probability;
  Operation operation;
  int level;
};

class AutoAugment : public AugmentPolicy {
 public:
  void apply(random::Generator& draws, const ByteImage& image, const Preprocess& preprocess, float* sample) const override {
    using enum Operation;
    static constexpr std::array<std::array<Step, 2>, 25> kPairs{{
        {{{0.1, invert, 7}, {0.2, contrast, 6}}},           {{{0.7, rotate, 2}, {0.3, translate_x, 9}}},
        {{{0.8, sharpness, 1}, {0.9, sharpness, 3}}},       {{{0.5, shear_y, 8}, {0.7, translate_y, 9}}},
        {{{0.5, auto_contrast, 8}, {0.9, equalize, 2}}},    {{{0.2, shear_y, 7}, {0.3, posterize, 7}}},
        {{{0.4, colour, 3}, {0.6, brightness, 7}}},         {{{0.3, sharpness, 9}, {0.7, brightness, 9}}},
        {{{0.6, equalize, 5}, {0.5, equalize, 1}}},         {{{0.6, contrast, 7}, {0.6, sharpness, 5}}},
        {{{0.7, colour, 7}, {0.5, translate_x, 8}}},        {{{0.3, equalize, 7}, {0.4, auto_contrast, 8}}},
        {{{0.4, translate_y, 3}, {0.2, sharpness, 6}}},     {{{0.9, brightness, 6}, {0.2, colour, 8}}},
        {{{0.5, solarize, 2}, {0.0, invert, 3}}},           {{{0.2, equalize, 0}, {0.6, auto_contrast, 0}}},
        {{{0.2, equalize, 8}, {0.6, equalize, 4}}},         {{{0.9, colour, 9}, {0.6, equalize, 6}}},
        {{{0.8, auto_contrast, 4}, {0.2, solarize, 8}}},    {{{0.1, brightness, 3}, {0.7, colour, 0}}},
        {{{0.4, solarize, 5}, {0.9, auto_contrast, 3}}},    {{{0.9, translate_y, 9}, {0.7, translate_y, 9}}},
        {{{0.9, auto_contrast, 2}, {0.8, solarize, 3}}},    {{{0.8, equalize, 8}, {0.1, invert, 3}}},
        {{{0.7, translate_y, 9}, {0.9, auto_contrast, 1}}},
    }};
    for (const Step& step : any_of(draws, kPairs))
      if (uniform(draws) < step.probability) run(step.operation, step.level, {10.0 / 32, 128}, draws, image);
    preprocess(image.pixels, sample);
  }
};

class RandAugment : public AugmentPolicy {
 public:
  explicit RandAugment(NamedCall& call) : count_(call.get_int("count", 2, 1, 100)) {
    const double largest = call.get_double("largest", 30, 1, 1000);
    level_ = 10 * call.get_double("magnitude", 14, 0, largest) / largest;
  }
  void apply(random::Generator& draws, const ByteImage& image, const Preprocess& preprocess, float* sample) const override {
    using enum Operation;
    static constexpr std::array<Operation, 14> kOperations{identity, auto_contrast, equalize,  rotate,  solarize, colour,      posterize,
                                                           contrast, brightness,    sharpness, shear_x, shear_y,  translate_x, translate_y};
    for (int i = 0; i < count_; ++i) run(any_of(draws, kOperations), level_, {10.0 / 32, 128}, draws, image);
    preprocess(image.pixels, sample);
  }

 private:
  int count_;
  double level_;
};

class AugMix : public AugmentPolicy {
 public:
  explicit AugMix(NamedCall& call) : width_(call.get_int("width", 3, 1, 10)), severity_(call.get_double("severity", 3, 0.1, 10)) {}
  void apply(random::Generator& draws, const ByteImage& image, const Preprocess& preprocess, float* sample) const override {
    using enum Operation;
    static constexpr std::array<Operation, 9> kOperations{auto_contrast, equalize, posterize,   rotate,     solarize,
                                                          shear_x,       shear_y,  translate_x, translate_y};
    const auto count = static_cast<std::size_t>(image.channels * image.positions());
    std::vector<double> weights;
    double sum = 0;
    for (int k = 0; k < width_; ++k) weights.push_back(-std::log1p(-uniform(draws))), sum += weights.back();
    const double own = uniform(draws);
    preprocess(image.pixels, sample);
    for (std::size_t i = 0; i < count; ++i) sample[i] *= static_cast<float>(own);
    std::vector<std::uint8_t> bytes;
    std::vector<float> chained(count);
    for (const double weight : weights) {
      bytes.assign(image.pixels, image.pixels + count);
      const ByteImage chain{bytes.data(), image.channels, image.height, image.width};
      for (std::uint32_t length = 1 + draws.next_below(3); length > 0; --length) {
        const Operation operation = any_of(draws, kOperations);
        run(operation, 0.1 + (severity_ - 0.1) * uniform(draws), {1.0 / 3, 0}, draws, chain);
      }
      preprocess(bytes.data(), chained.data());
      const auto share = static_cast<float>((1 - own) * weight / sum);
      for (std::size_t i = 0; i < count; ++i) sample[i] += share * chained[i];
    }
  }

 private:
  int width_;
  double severity_;
};

}  // namespace

std::unique_ptr<const AugmentPolicy> make_policy(NamedCall& call) {
  std::unique_ptr<const AugmentPolicy> made;
  if (call.name() == kAutoAugment)
    made = std::make_unique<const AutoAugment>();
  else if (call.name() == kRandAugment)
    made = std::make_unique<const RandAugment>(call);
  else if (call.name() == kAugMix)
    made = std::make_unique<const AugMix>(call);
  if (made) call.check_all_used();
  return made;
}

}  // namespace reprise::datasets
