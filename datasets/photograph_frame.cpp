#include "datasets/photograph_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/named_call.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

constexpr const char* kName = "photograph";
constexpr int kMaxSide = 4096;
constexpr std::int32_t kOne = 1 << 16;  // weights of a pixel are parts of it

/// What one pixel of the result takes from a row or column: pixels first, first + 1, ... with these weights.
struct Taps {
  int first = 0;
  std::vector<std::int32_t> weights;
};

/// Of pixel `place` when `from` pixels become `to`. The weights sum to kOne, so that an even surface stays what it is.
Taps taps_of(int place, int from, int to) {
  const double scale = static_cast<double>(from) / to, reach = std::max(1.0, scale), centre = (place + 0.5) * scale;
  const int first = std::max(0, static_cast<int>(centre - reach + 0.5)), last = std::min(from, static_cast<int>(centre + reach + 0.5));
  std::vector<double> shares;
  double sum = 0;
  for (int i = first; i < last; ++i) {
    shares.push_back(std::max(0.0, 1 - std::abs(i + 0.5 - centre) / reach));
    sum += shares.back();
  }
  Taps taps{first, {}};
  std::int32_t left = kOne;
  for (const double share : shares) {
    taps.weights.push_back(static_cast<std::int32_t>(std::lround(share / sum * kOne)));
    left -= taps.weights.back();
  }
  *std::max_element(taps.weights.begin(), taps.weights.end()) += left;
  return taps;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>((sum + kOne / 2) >> 16);
}

/// Rows [top, bottom) of the photograph, resized along x: [bottom - top, side, 3].
std::vector<std::uint8_t> resize_rows(const Photograph& photograph, const FrameWindow& window, int side, int top, int bottom) {
  std::vector<std::uint8_t> result(static_cast<std::size_t>(std::max(0, bottom - top)) * static_cast<std::size_t>(side) * 3);
  for (int x = 0; x < side; ++x) {
    const Taps taps = taps_of(window.left + x, photograph.width, window.width);
    const auto count = taps.weights.size();
    for (int y = top; y < bottom; ++y) {
      const std::uint8_t* from = photograph.pixels.data() + (static_cast<std::size_t>(y) * photograph.width + taps.first) * 3;
      std::int32_t sums[3] = {0, 0, 0};
      for (std::size_t k = 0; k < count; ++k, from += 3)
        for (int c = 0; c < 3; ++c) sums[c] += taps.weights[k] * from[c];
      std::uint8_t* to = result.data() + (static_cast<std::size_t>(y - top) * side + x) * 3;
      for (int c = 0; c < 3; ++c) to[c] = rounded(sums[c]);
    }
  }
  return result;
}

void copy_planes(const std::uint8_t* rows, std::size_t step, int side, std::uint8_t* image) {
  for (int y = 0; y < side; ++y, rows += step)
    for (int c = 0; c < 3; ++c)
      for (int x = 0; x < side; ++x) image[(static_cast<std::size_t>(c) * side + y) * side + x] = rows[3 * x + c];
}

}  // namespace

PhotographFrame PhotographFrame::parse(const std::string& stage) {
  NamedCall call("preprocessing stage", stage);
  PhotographFrame frame;
  frame.side = call.get_int("side", 256, 1, kMaxSide);
  frame.short_side = call.get_int("short_side", frame.side, frame.side, kMaxSide);
  frame.largest_short_side = call.get_int("largest_short_side", frame.short_side, frame.short_side, kMaxSide);
  frame.is_random = call.get_choice("place", {"centre", "random"}) == "random";
  frame.smallest_area = call.get_double("smallest_area", 1, 1e-3, 1);
  frame.largest_aspect = call.get_double("largest_aspect", 1, 1, 100);
  if (frame.draws_rectangle() && (frame.is_random || frame.largest_short_side > frame.short_side))
    throw InputError(Complaint{"preprocessing stage 'photograph'", "smallest_area, or place and largest_short_side", "both in " + stage,
                               "A rectangle has its own place and size: leave the others out"});
  if (frame.largest_aspect > 1 && !frame.draws_rectangle())
    throw InputError(Complaint{"preprocessing stage 'photograph'", "smallest_area below 1 beside largest_aspect", "1 in " + stage,
                               "Set smallest_area, or leave largest_aspect out"});
  call.check_all_used();
  return frame;
}

std::optional<PhotographFrame> PhotographFrame::of(const std::vector<std::string>& stages) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (NamedCall("preprocessing stage", stages[i]).name() != kName) continue;
    if (i > 0)
      throw InputError(Complaint{"preprocessing stage 'photograph'", "in front of all others", "behind " + stages[i - 1], "Move it"});
    return parse(stages[i]);
  }
  return std::nullopt;
}

int PhotographFrame::useful_short_side() const {
  const int largest = draws() ? largest_short_side : short_side;
  return draws_rectangle() ? static_cast<int>(std::ceil(side * std::sqrt(largest_aspect / smallest_area))) : largest;
}

namespace {

/// A rectangle that is drawn, resized to the frame's square: nothing if none of ten draws lies within the photograph.
std::optional<FrameWindow> rectangle_of(const PhotographFrame& frame, int width, int height, random::Generator& generator) {
  const double area = static_cast<double>(width) * height, narrowest = 1 / frame.largest_aspect;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double share = frame.smallest_area + (1 - frame.smallest_area) * static_cast<double>(generator.next_uniform());
    const double aspect = narrowest + (frame.largest_aspect - narrowest) * static_cast<double>(generator.next_uniform());
    const double across = std::sqrt(area * share * aspect), down = std::sqrt(area * share / aspect);
    if (across > width || down > height) continue;
    FrameWindow window{static_cast<int>(std::lround(frame.side * width / across)),
                       static_cast<int>(std::lround(frame.side * height / down)), 0, 0};
    window.width = std::max(window.width, frame.side), window.height = std::max(window.height, frame.side);
    window.left = static_cast<int>(generator.next_below(static_cast<std::uint32_t>(window.width - frame.side + 1)));
    window.top = static_cast<int>(generator.next_below(static_cast<std::uint32_t>(window.height - frame.side + 1)));
    return window;
  }
  return std::nullopt;
}

}  // namespace

FrameWindow window_of(const PhotographFrame& frame, int width, int height, const FetchKey* key, std::uint64_t sample) {
  int shorter = frame.short_side;
  const bool draws = key != nullptr && frame.draws();
  random::Generator generator(
      {draws ? key->seed : 0, random::Purpose::augmentation, random::name_hash(kName), draws ? key->epoch : 0, sample});
  if (draws && frame.draws_rectangle())
    if (const auto window = rectangle_of(frame, width, height, generator)) return *window;
  if (draws) shorter += static_cast<int>(generator.next_below(static_cast<std::uint32_t>(frame.largest_short_side - frame.short_side + 1)));
  const std::int64_t from = std::min(width, height);
  const auto scaled = [&](std::int64_t length) { return static_cast<int>((2 * length * shorter + from) / (2 * from)); };
  FrameWindow window{scaled(width), scaled(height), 0, 0};
  const int right = window.width - frame.side, down = window.height - frame.side;
  window.left = right / 2, window.top = down / 2;
  if (draws && frame.is_random) {
    window.left = static_cast<int>(generator.next_below(static_cast<std::uint32_t>(right + 1)));
    window.top = static_cast<int>(generator.next_below(static_cast<std::uint32_t>(down + 1)));
  }
  return window;
}

void cut_frame(const Photograph& photograph, const FrameWindow& window, int side, std::uint8_t* image) {
  if (window.width == photograph.width && window.height == photograph.height) {
    const auto step = static_cast<std::size_t>(photograph.width) * 3;
    return copy_planes(photograph.pixels.data() + static_cast<std::size_t>(window.top) * step + static_cast<std::size_t>(window.left) * 3,
                       step, side, image);
  }
  const Taps first = taps_of(window.top, photograph.height, window.height),
             last = taps_of(window.top + side - 1, photograph.height, window.height);
  const int top = first.first, bottom = last.first + static_cast<int>(last.weights.size());
  const std::vector<std::uint8_t> rows = resize_rows(photograph, window, side, top, bottom);
  const auto step = static_cast<std::size_t>(side) * 3;
  std::vector<std::int32_t> sums(step);
  std::vector<std::uint8_t> row(step);
  for (int y = 0; y < side; ++y) {
    const Taps taps = taps_of(window.top + y, photograph.height, window.height);
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t k = 0; k < taps.weights.size(); ++k) {
      const std::uint8_t* from = rows.data() + (static_cast<std::size_t>(taps.first - top) + k) * step;
      for (std::size_t i = 0; i < step; ++i) sums[i] += taps.weights[k] * from[i];
    }
    std::transform(sums.begin(), sums.end(), row.begin(), rounded);
    for (int c = 0; c < 3; ++c)
      for (int x = 0; x < side; ++x) image[(static_cast<std::size_t>(c) * side + y) * side + x] = row[static_cast<std::size_t>(3 * x + c)];
  }
}

}  // namespace reprise::datasets
