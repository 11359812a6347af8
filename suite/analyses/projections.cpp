#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/analyses/analysis.hpp"
#include "suite/analyses/filter_responses.hpp"
#include "suite/analyses/mosaic.hpp"

namespace reprise::analyses {

namespace {

struct Settings {
  std::int64_t images, filters, strongest;
};

Settings settings_of(const recipes::Recipe& recipe) {
  return {count_option(recipe, "images", 500), count_option(recipe, "filters", 8), count_option(recipe, "strongest", 9)};
}

/// Where a tile lies in an image: the field of the position, or the whole image if the field is larger.
struct Window {
  std::int64_t top, left;
};

class Painter {
 public:
  Painter(const AnalysisInputs& inputs, graph::NodeId node, const Settings& settings, std::int64_t images)
      : in_(inputs), node_(node), image_(inputs.graph.node(0).shape), field_(field_of(inputs.graph, node)), images_(images) {
    filters_ = some_filters(inputs.graph, node, settings.filters);
    shown_ = std::min(settings.strongest, images);
    tile_ = {std::min(field_.size, image_.height), std::min(field_.size, image_.width), image_.channels};
  }

  records::Images picture() const {
    const auto found = strongest(in_, node_, filters_, images_);
    Mosaic mosaic(std::ssize(filters_), 2 * shown_, tile_, std::max<std::int64_t>(1, 24 / tile_.width));
    for (std::size_t f = 0; f < filters_.size(); ++f) {
      const std::vector<float> maps = projections_of(filters_[f], found[f]);
      for (std::int64_t i = 0; i < shown_; ++i) {
        const Excitation& one = found[f][static_cast<std::size_t>(i)];
        const std::int64_t row = static_cast<std::int64_t>(f) * 2 * shown_;
        paint_projection(maps.data() + i * image_.size(), window_of(one), row + i, mosaic);
        paint_patch(one, row + shown_ + i, mosaic);
      }
    }
    const std::string& name = in_.graph.node(node_).name;
    return mosaic.picture(fmt::format("What excites filters of {} most: projected to the pixels, and in the images", name),
                          fmt::format("a row a filter, strongest first; {} test images", images_));
  }

 private:
  Window window_of(const Excitation& one) const {
    const std::int64_t width = in_.graph.node(node_).shape.width;
    return {tile_.height == image_.height ? 0 : field_.start + one.position / width * field_.jump,
            tile_.width == image_.width ? 0 : field_.start + one.position % width * field_.jump};
  }

  /// Of the filter's largest value in each of the images that excite it most, all other values set to zero: [shown, H, W, C].
  std::vector<float> projections_of(std::int64_t filter, const std::vector<Excitation>& found) const {
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < shown_; ++i) order.push_back(found[static_cast<std::size_t>(i)].image);
    std::vector<float> maps(static_cast<std::size_t>(shown_ * image_.size()));
    const execution::NetOptions options{.precision = Precision::f32, .batch = shown_, .shard = std::min(in_.recipe.shard, shown_)};
    const training::SourceReader reader(in_.test, {.order = &order});
    execution::input_maps(in_.graph, options, in_.learner.parameters(), in_.workers, {&reader, shown_, in_.seed, 0},
                          {.node = node_, .channel = filter, .rule = layers::ReluRule::deconvnet}, maps.data());
    return maps;
  }

  /// Grey is zero, the largest magnitude reaches black or white.
  void paint_projection(const float* map, const Window& window, std::int64_t index, Mosaic& mosaic) const {
    float largest = 1e-30f;
    for (std::int64_t i = 0; i < image_.size(); ++i) largest = std::max(largest, std::abs(map[i]));
    paint(window, index, mosaic,
          [&](std::int64_t at) { return static_cast<std::uint8_t>(std::lround(127.5f + 127.5f * map[at] / largest)); });
  }

  /// As the net reads it, from the least value to the largest.
  void paint_patch(const Excitation& one, std::int64_t index, Mosaic& mosaic) const {
    std::vector<float> image(static_cast<std::size_t>(image_.size()));
    training::SourceReader(in_.test, {.first = one.image}).fetch(0, image.data());
    const auto [low, high] = std::minmax_element(image.begin(), image.end());
    const float least = *low, range = std::max(1e-6f, *high - *low);
    paint(window_of(one), index, mosaic, [&](std::int64_t at) {
      return static_cast<std::uint8_t>(std::lround(255 * (image[static_cast<std::size_t>(at)] - least) / range));
    });
  }

  /// value_at(index of a value of the image), grey outside of it.
  template <typename ValueAt>
  void paint(const Window& window, std::int64_t index, Mosaic& mosaic, ValueAt value_at) const {
    mosaic.paint(index, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      const std::int64_t row = window.top + y, column = window.left + x;
      const bool inside = row >= 0 && row < image_.height && column >= 0 && column < image_.width;
      return inside ? value_at((row * image_.width + column) * image_.channels + c) : kGrey;
    });
  }

  const AnalysisInputs& in_;
  graph::NodeId node_;
  SampleShape image_;
  Field field_;
  std::int64_t images_, shown_;
  SampleShape tile_;
  std::vector<std::int64_t> filters_;
};

}  // namespace

void check_projections(const Subject& subject) {
  nodes_with_filters(subject.graph, "projections");
  require_pictures("projections", subject);
  settings_of(subject.recipe);
}

void projections(const AnalysisInputs& in, records::RunRecord& record) {
  const Settings settings = settings_of(in.recipe);
  const std::int64_t images = std::min(in.test.count(), settings.images);
  const std::vector<graph::NodeId> nodes = nodes_with_filters(in.graph, "projections");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    record.images["projections_" + in.graph.node(nodes[i]).name] = Painter(in, nodes[i], settings, images).picture();
    if (in.progress) in.progress(static_cast<double>(i + 1) / static_cast<double>(nodes.size()));
  }
}

}  // namespace reprise::analyses
