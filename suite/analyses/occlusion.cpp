#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "suite/analyses/analysis.hpp"
#include "suite/metrics/class_scores.hpp"

namespace reprise::analyses {

namespace {

/// Places of a square on an image, row by row, the last one of a row and of a column at the edge.
struct Grid {
  std::vector<std::int64_t> rows, columns;
  std::int64_t size = 0;  ///< of the square

  std::int64_t count() const { return static_cast<std::int64_t>(rows.size() * columns.size()); }
  std::pair<std::int64_t, std::int64_t> place(std::int64_t i) const {
    const auto width = static_cast<std::int64_t>(columns.size());
    return {rows[static_cast<std::size_t>(i / width)], columns[static_cast<std::size_t>(i % width)]};
  }
  std::array<std::int64_t, 4> corners() const {
    const auto width = static_cast<std::int64_t>(columns.size());
    return {0, width - 1, count() - width, count() - 1};
  }
  /// The place in the middle.
  std::int64_t centre() const {
    return static_cast<std::int64_t>(rows.size() / 2) * static_cast<std::int64_t>(columns.size()) +
           static_cast<std::int64_t>(columns.size() / 2);
  }
};

/// About a quarter of the image, moved by a quarter of itself.
Grid grid_of(const SampleShape& image) {
  Grid grid;
  grid.size = std::max<std::int64_t>(1, std::min(image.height, image.width) / 4);
  const auto places = [&](std::int64_t extent) {
    std::vector<std::int64_t> at;
    const std::int64_t stride = std::max<std::int64_t>(1, grid.size / 4);
    for (std::int64_t i = 0; i + grid.size < extent; i += stride) at.push_back(i);
    at.push_back(extent - grid.size);
    return at;
  };
  grid.rows = places(image.height), grid.columns = places(image.width);
  return grid;
}

/// One image in every slot, from the first look on: as it is in look 0, then with the square at each place of the grid. The square is 0,
/// the mean of a standardized image.
class OccludedImage : public execution::BatchReader {
 public:
  OccludedImage(const std::vector<float>& image, const SampleShape& shape, std::int32_t label, const Grid& grid, std::int64_t first)
      : image_(image), shape_(shape), grid_(grid), first_(first), label_(label) {}
  void fetch(std::int64_t slot, float* output) const override {
    std::copy(image_.begin(), image_.end(), output);
    if (first_ + slot == 0) return;
    const auto [row, column] = grid_.place(first_ + slot - 1);
    for (std::int64_t y = row; y < row + grid_.size; ++y)
      std::fill_n(output + (y * shape_.width + column) * shape_.channels, grid_.size * shape_.channels, 0.0f);
  }
  std::int32_t label(std::int64_t) const override { return label_; }

 private:
  const std::vector<float>& image_;
  SampleShape shape_;
  const Grid& grid_;
  std::int64_t first_;
  std::int32_t label_;
};

/// The probability of the class `label`, for the image as it is and for each place of the square.
std::vector<double> probabilities_of(const AnalysisInputs& in, const std::vector<float>& image, std::int32_t label, const Grid& grid) {
  const std::int64_t classes = in.graph.node(in.graph.output()).shape.size();
  std::vector<double> found;
  for (std::int64_t first = 0; first < grid.count() + 1; first += in.recipe.batch) {
    const std::int64_t count = std::min(in.recipe.batch, grid.count() + 1 - first);
    std::vector<float> values(static_cast<std::size_t>(count * classes));
    const OccludedImage reader(image, in.test.shape(), label, grid, first);
    execution::Readout readout;
    readout.node = in.graph.output();
    readout.values = values.data();
    in.learner.executor().evaluate({&reader, count, in.seed, 0}, layers::Mode::infer, readout);
    for (std::int64_t i = 0; i < count; ++i) {
      float* scores = values.data() + i * classes;
      metrics::make_probabilities(scores, classes);
      found.push_back(scores[label]);
    }
  }
  return found;
}

std::uint8_t grey(double share) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0)));
}

/// Adds an image, then its map: the share of its probability that the square takes, each pixel from the place nearest to it, white all of
/// it.
void add_picture(const std::vector<float>& image, const SampleShape& shape, const Grid& grid, const std::vector<double>& probabilities,
                 const std::string& name, records::Images& pictures) {
  const auto [low, high] = std::minmax_element(image.begin(), image.end());
  const double range = std::max(1e-6, static_cast<double>(*high) - *low);
  for (const float value : image) pictures.pixels.push_back(grey((value - *low) / range));
  const auto nearest = [&](const std::vector<std::int64_t>& places, std::int64_t pixel) {
    const auto distance = [&](std::int64_t place) { return std::abs(2 * (pixel - place) + 1 - grid.size); };
    return std::min_element(places.begin(), places.end(), [&](auto a, auto b) { return distance(a) < distance(b); }) - places.begin();
  };
  for (std::int64_t y = 0; y < shape.height; ++y)
    for (std::int64_t x = 0; x < shape.width; ++x) {
      const auto place = nearest(grid.rows, y) * static_cast<std::int64_t>(grid.columns.size()) + nearest(grid.columns, x);
      const double share = 1 - probabilities[static_cast<std::size_t>(place) + 1] / std::max(1e-6, probabilities[0]);
      pictures.pixels.insert(pictures.pixels.end(), static_cast<std::size_t>(shape.channels), grey(share));
    }
  pictures.captions.push_back(name);
  pictures.captions.push_back(fmt::format("of a probability of {:.2f}", probabilities[0]));
}

std::int64_t images_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "images", 100);
}

std::int64_t shown_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "shown", 8);
}

}  // namespace

void check_occlusion(const Subject& subject) {
  require_pictures("occlusion", subject);
  images_of(subject.recipe), shown_of(subject.recipe);
}

void occlusion(const AnalysisInputs& in, records::RunRecord& record) {
  const SampleShape shape = in.graph.node(0).shape;
  const Grid grid = grid_of(shape);
  const std::int64_t count = std::min(in.test.count(), images_of(in.recipe)), shown = std::min(count, shown_of(in.recipe));
  records::Images pictures{.title = "Test images, and what a grey square takes from the probability of their class, by its place",
                           .captions = {},
                           .count = 2 * shown,
                           .height = shape.height,
                           .width = shape.width,
                           .channels = shape.channels,
                           .pixels = {},
                           .set = 2};
  double centre = 0, corners = 0;
  std::vector<float> image(static_cast<std::size_t>(shape.size()));
  for (std::int64_t i = 0; i < count; ++i) {
    training::SourceReader(in.test, {.first = i}).fetch(0, image.data());
    const std::vector<double> probabilities = probabilities_of(in, image, in.test.label(i), grid);
    const auto drop = [&](std::int64_t place) { return probabilities[0] - probabilities[static_cast<std::size_t>(place) + 1]; };
    centre += drop(grid.centre()) / static_cast<double>(count);
    for (const std::int64_t corner : grid.corners()) corners += drop(corner) / 4 / static_cast<double>(count);
    if (i < shown) add_picture(image, shape, grid, probabilities, fmt::format("class {}", in.test.label(i)), pictures);
    if (in.progress) in.progress(static_cast<double>(i + 1) / static_cast<double>(count));
  }
  record.results["occlusion_drop_centre"] = records::result_of("occlusion_drop_centre", centre);
  record.results["occlusion_drop_corners"] = records::result_of("occlusion_drop_corners", corners);
  record.results["occlusion_contrast"] = records::result_of("occlusion_contrast", centre - corners);
  record.images["occlusion"] = std::move(pictures);
}

}  // namespace reprise::analyses
