#include "datasets/erasing.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::datasets {

namespace {

class Cutout : public Eraser {
 public:
  Cutout(int size, bool whole) : size_(size), whole_(whole) {}
  std::optional<Rectangle> draw(random::Generator& draws, int height, int width) const override {
    const auto [top, bottom] = span(draws, height);
    const auto [left, right] = span(draws, width);
    return Rectangle{top, left, bottom - top, right - left};
  }

 private:
  /// [c - size / 2, c + size / 2), halves rounded down, as the authors' code has it.
  std::pair<int, int> span(random::Generator& draws, int length) const {
    if (whole_) {
      const int first = static_cast<int>(draws.next_below(static_cast<std::uint32_t>(length - size_ + 1)));
      return {first, first + size_};
    }
    const int centre = static_cast<int>(draws.next_below(static_cast<std::uint32_t>(length)));
    return {std::max(centre - size_ / 2, 0), std::min(centre + size_ / 2, length)};
  }

  int size_;
  bool whole_;
};

class RandomErasing : public Eraser {
 public:
  explicit RandomErasing(NamedCall& call)
      : probability_(call.get_double("probability", 0.5, 0, 1)),
        low_(call.get_double("low", 0.02, 0, 1)),
        high_(call.get_double("high", 0.4, low_, 1)),
        aspect_(call.get_double("aspect", 0.3, 0.01, 1)) {}
  std::optional<Rectangle> draw(random::Generator& draws, int height, int width) const override {
    if (static_cast<double>(draws.next_uniform()) >= probability_) return std::nullopt;
    for (int attempt = 0; attempt < 100; ++attempt) {
      const double area = between(draws, low_, high_) * height * width, aspect = between(draws, aspect_, 1 / aspect_);
      const int rows = static_cast<int>(std::lround(std::sqrt(area * aspect))),
                columns = static_cast<int>(std::lround(std::sqrt(area / aspect)));
      if (rows >= height || columns >= width) continue;
      const int top = static_cast<int>(draws.next_below(static_cast<std::uint32_t>(height - rows + 1)));
      const int left = static_cast<int>(draws.next_below(static_cast<std::uint32_t>(width - columns + 1)));
      return Rectangle{top, left, rows, columns};
    }
    return std::nullopt;
  }

 private:
  static double between(random::Generator& draws, double low, double high) {
    return low + (high - low) * static_cast<double>(draws.next_uniform());
  }

  double probability_, low_, high_, aspect_;
};

}  // namespace

void Eraser::paint(const Rectangle& rectangle, int width, int channels, float* sample) const {
  for (int y = rectangle.top; y < rectangle.top + rectangle.height; ++y) {
    float* at = sample + static_cast<std::ptrdiff_t>(y * width + rectangle.left) * channels;
    for (int i = 0; i < rectangle.width * channels; ++i)
      at[i] = fill_.empty() ? 0.0f : static_cast<float>(fill_[static_cast<std::size_t>(i % channels)]);
  }
}

std::unique_ptr<const Eraser> make_eraser(NamedCall& call, int height, int width, int channels) {
  std::unique_ptr<Eraser> made;
  if (call.name() == kCutout) {
    const bool whole = call.get_int("whole", 0, 0, 1) == 1;
    made = std::make_unique<Cutout>(call.get_int("size", 16, 2, whole ? std::min(height, width) : 2 * std::max(height, width)), whole);
  } else if (call.name() == kRandomErasing)
    made = std::make_unique<RandomErasing>(call);
  else
    return nullptr;
  made->set_fill(call.get_doubles("fill", static_cast<std::size_t>(channels), -1e6, 1e6));
  call.check_all_used();
  return made;
}

}  // namespace reprise::datasets
