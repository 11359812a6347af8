#include "datasets/distorted_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>
#include <utility>

#include "datasets/digest.hpp"
#include "datasets/warp.hpp"
#include "suite/errors.hpp"
#include "suite/geometry/plane_maps.hpp"
#include "suite/random/random.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

using geometry::Place;
using random::Generator;

constexpr int kSide = 28, kPoseSide = 42, kClutterSide = 60;  // as in distortion.cpp
constexpr int kPieces = 6, kPieceSide = 6;
constexpr int kPlateSide = 4;
constexpr double kCornerDeviation = 5, kPointDeviation = 1.5;  // pixels
constexpr std::uint32_t kPartners = 2;                         // 0 and 1 are the splits

double between(Generator& draws, double low, double high) {
  return low + (high - low) * draws.next_uniform();
}

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

/// Of a quadrilateral with these corners row by row: every one turns the same way. Else its perspective has a horizon in the image.
bool is_convex(const std::array<Place, 4>& corners) {
  constexpr std::array<std::size_t, 4> kAround{0, 1, 3, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    const Place &a = corners[kAround[i]], &b = corners[kAround[(i + 1) % 4]], &c = corners[kAround[(i + 2) % 4]];
    if ((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x) <= 0) return false;
  }
  return true;
}

/// The 4 x 4 points of the plate, from corner to corner of the image, and how much each counts at every pixel.
struct Plate {
  std::vector<Place> points;
  std::vector<std::vector<double>> weights;  // [28 * 28][16]
};
const Plate& plate() {
  static const Plate made = [] {
    Plate result;
    for (int i = 0; i < kPlateSide; ++i)
      for (int j = 0; j < kPlateSide; ++j)
        result.points.push_back({j * (kSide - 1.0) / (kPlateSide - 1), i * (kSide - 1.0) / (kPlateSide - 1)});
    const geometry::ThinPlate thin(result.points);
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) result.weights.push_back(thin.weights_at({static_cast<double>(x), static_cast<double>(y)}));
    return result;
  }();
  return made;
}

class DistortedImages : public LazyImages {
 public:
  DistortedImages(ImageSet base, std::vector<std::int64_t> indices, Split split, const DistortionEntry& kind)
      : base_(std::move(base)), indices_(std::move(indices)), split_(split), kind_(kind) {}

  void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const override {
    Generator draws = draws_for(index, key);
    switch (kind_.distortion) {
      case Distortion::rotation:
        return see(index, rotation(draws), image);
      case Distortion::pose:
        return see(index, pose(draws), image);
      case Distortion::projective:
        return projective(index, draws, image);
      case Distortion::elastic:
        return elastic(index, draws, image);
      case Distortion::clutter:
        return clutter(index, draws, image);
      case Distortion::addition:
        see(index, pose(draws), image);
        return see(partner(index), pose(draws), image + kPoseSide * kPoseSide);
    }
  }

  std::vector<AffineMap> maps_of(std::int64_t index, const FetchKey* key) const override {
    Generator draws = draws_for(index, key);
    switch (kind_.distortion) {
      case Distortion::rotation:
        return {rotation(draws)};
      case Distortion::pose:
        return {pose(draws)};
      case Distortion::clutter: {
        const auto [top, left] = place_in_clutter(draws, kSide);
        return {AffineMap{{1, 0, -static_cast<double>(top), 0, 1, -static_cast<double>(left)}}};
      }
      case Distortion::addition: {
        const AffineMap first = pose(draws);
        return {first, pose(draws)};
      }
      case Distortion::projective:
      case Distortion::elastic:
        break;
    }
    return {};
  }

  /// The second summand of image `index`, the same in every epoch: labels are known before any image is made.
  std::int64_t partner(std::int64_t index) const {
    Generator draws({0, random::Purpose::distortion, kPartners + static_cast<std::uint32_t>(split_), 0,
                     static_cast<std::uint64_t>(indices_[static_cast<std::size_t>(index)])});
    return draws.next_below(static_cast<std::uint32_t>(base_.count));
  }

  std::int32_t base_label(std::int64_t index) const { return base_.labels[static_cast<std::size_t>(index)]; }

  std::string description() const override { return fmt::format("distortion {}", kind_.suffix); }
  std::int64_t bytes_held() const override { return static_cast<std::int64_t>(base_.pixels.size()); }

 private:
  struct Corner {
    int top, left;
  };

  Generator draws_for(std::int64_t index, const FetchKey* key) const {
    const auto place = static_cast<std::uint64_t>(indices_[static_cast<std::size_t>(index)]);
    return Generator({key != nullptr ? key->seed : 0, random::Purpose::distortion, static_cast<std::uint32_t>(split_),
                      key != nullptr ? key->epoch + 1 : 0, place});
  }

  /// `from(y, x)`: the row and column of the base image that a pixel comes from.
  template <class From>
  void see(std::int64_t index, const From& from, std::uint8_t* image) const {
    std::array<float, kSide * kSide> plane{};
    std::copy_n(base_.image(index), plane.size(), plane.begin());
    std::array<float, kPoseSide * kPoseSide> seen{};
    warp_from({kSide, kSide, 1, kind_.side, kind_.side}, plane.data(), from, 0, seen.data());
    std::transform(seen.begin(), seen.begin() + kind_.side * kind_.side, image,
                   [](float value) { return static_cast<std::uint8_t>(std::lround(value)); });
  }

  void see(std::int64_t index, const AffineMap& map, std::uint8_t* image) const {
    see(
        index, [&](double y, double x) { return map.at(y, x); }, image);
  }

  static AffineMap rotation(Generator& draws) { return AffineMap::rotation(radians(between(draws, -90, 90)), kSide, kSide); }

  static AffineMap pose(Generator& draws) {
    const double angle = radians(between(draws, -45, 45)), size = between(draws, 0.7, 1.2);
    // The image's middle, such that an image that is neither turned nor scaled is whole.
    const double middle = (kSide - 1) / 2.0, last = kPoseSide - 1 - middle;
    const double row = between(draws, middle, last), column = between(draws, middle, last);
    const double c = std::cos(angle) / size, s = std::sin(angle) / size;
    return {{c, s, middle - c * row - s * column, -s, c, middle + s * row - c * column}};
  }

  /// Scaled about its middle: the place in an image of full size.
  static Place enlarged(double y, double x, double size) {
    const double middle = (kSide - 1) / 2.0;
    return {middle + (x - middle) / size, middle + (y - middle) / size};
  }

  void projective(std::int64_t index, Generator& draws, std::uint8_t* image) const {
    const double size = between(draws, 0.75, 1);
    constexpr double kLast = kSide - 1;
    const std::array<Place, 4> corners{{{0, 0}, {kLast, 0}, {0, kLast}, {kLast, kLast}}};
    std::array<Place, 4> moved;
    do {
      moved = corners;
      for (Place& corner : moved) {
        corner.x += kCornerDeviation * draws.next_normal();
        corner.y += kCornerDeviation * draws.next_normal();
      }
    } while (!is_convex(moved));
    const geometry::Homography back(moved, corners);
    const auto from = [&](double y, double x) {
      const Place full = enlarged(y, x, size), place = back.at(full);
      return PlaneIndex{place.y, place.x};
    };
    see(index, from, image);
  }

  void elastic(std::int64_t index, Generator& draws, std::uint8_t* image) const {
    const double size = between(draws, 0.75, 1);
    const Plate& p = plate();
    std::array<Place, kPlateSide * kPlateSide> moves{};
    for (Place& move : moves) {
      move.x = kPointDeviation * draws.next_normal();
      move.y = kPointDeviation * draws.next_normal();
    }
    const auto from = [&](double y, double x) {
      Place place = enlarged(y, x, size);
      const std::vector<double>& weights = p.weights[static_cast<std::size_t>(y) * kSide + static_cast<std::size_t>(x)];
      for (std::size_t k = 0; k < moves.size(); ++k) place.x += weights[k] * moves[k].x, place.y += weights[k] * moves[k].y;
      return PlaneIndex{place.y, place.x};
    };
    see(index, from, image);
  }

  static int below(Generator& draws, int bound) { return static_cast<int>(draws.next_below(static_cast<std::uint32_t>(bound))); }

  /// Of a square of that side.
  static Corner place_in_clutter(Generator& draws, int side) {
    const int top = below(draws, kClutterSide - side + 1);
    return {top, below(draws, kClutterSide - side + 1)};
  }

  void clutter(std::int64_t index, Generator& draws, std::uint8_t* image) const {
    std::memset(image, 0, kClutterSide * kClutterSide);
    const auto paste = [&](const std::uint8_t* from, int side) {
      const auto [top, left] = place_in_clutter(draws, side);
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
          std::uint8_t& pixel = image[(top + y) * kClutterSide + left + x];
          pixel = std::max(pixel, from[y * kSide + x]);
        }
    };
    paste(base_.image(index), kSide);
    for (int i = 0; i < kPieces; ++i) {
      const auto other = static_cast<std::int64_t>(draws.next_below(static_cast<std::uint32_t>(base_.count)));
      const int top = below(draws, kSide - kPieceSide + 1), left = below(draws, kSide - kPieceSide + 1);
      paste(base_.image(other) + top * kSide + left, kPieceSide);
    }
  }

  ImageSet base_;
  std::vector<std::int64_t> indices_;
  Split split_;
  DistortionEntry kind_;
};

}  // namespace

ImageSet distorted(ImageSet base, std::vector<std::int64_t> indices, Split split, Distortion distortion) {
  if (base.channels != 1 || base.height != kSide || base.width != kSide)
    throw InputError({fmt::format("images to distort, of '{}'", base.name), "shape [1, 28, 28]",
                      fmt::format("[{}, {}, {}]", base.channels, base.height, base.width), "Use MNIST or Fashion-MNIST."});
  const DistortionEntry& kind = entry_of(distortion);
  ImageSet set;
  set.count = base.count;
  set.channels = kind.channels;
  set.height = set.width = kind.side;
  set.classes = base.classes;
  set.labels = base.labels;
  set.digest = records::sha256_hex(fmt::format("{} {}", image_set_digest(base), kind.suffix));
  const auto images = std::make_shared<DistortedImages>(std::move(base), std::move(indices), split, kind);
  if (distortion == Distortion::addition)
    for (std::int64_t i = 0; i < set.count; ++i) set.labels[static_cast<std::size_t>(i)] += images->base_label(images->partner(i));
  set.lazy = images;
  return set;
}

}  // namespace reprise::datasets
