#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/analyses/analysis.hpp"
#include "suite/analyses/filter_responses.hpp"
#include "suite/analyses/mosaic.hpp"

namespace reprise::analyses {

namespace {

constexpr std::int64_t kKernelsShown = 96, kKernelColumns = 16;

/// Filters of the first layer on pixels: grey is zero, each filter's largest magnitude reaches black or white.
void paint_kernels(const AnalysisInputs& in, const graph::Parameter& weight, const SampleShape& input, records::RunRecord& record) {
  const std::int64_t channels = in.graph.node(0).shape.channels, shown = std::min(kKernelsShown, weight.rows()), inputs = weight.columns();
  const bool flattened = input.positions() == 1;
  const std::int64_t side = flattened ? in.graph.node(0).shape.width : std::llround(std::sqrt(static_cast<double>(inputs / channels)));
  const SampleShape tile{inputs / channels / side, side, channels};
  Mosaic mosaic((shown + kKernelColumns - 1) / kKernelColumns, kKernelColumns, tile, side < 12 ? 5 : 1);
  for (std::int64_t k = 0; k < shown; ++k) {
    const float* w = in.learner.parameters().of(weight) + k * inputs;
    float largest = 1e-30f;
    for (std::int64_t i = 0; i < inputs; ++i) largest = std::max(largest, std::abs(w[i]));
    mosaic.paint(k, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      const std::int64_t at = flattened ? (y * side + x) * channels + c : (c * tile.height + y) * side + x;
      return static_cast<std::uint8_t>(std::lround(127.5f + 127.5f * w[at] / largest));
    });
  }
  record.images["kernels"] = mosaic.picture("First-layer kernels", fmt::format("{} of {}", shown, weight.rows()));
}

void paint_patches(const AnalysisInputs& in, graph::NodeId node, std::int64_t images, std::int64_t rows, std::int64_t columns,
                   records::RunRecord& record) {
  const SampleShape pixels = in.graph.node(0).shape, shape = in.graph.node(node).shape;
  const std::vector<std::int64_t> filters = some_filters(in.graph, node, rows);
  rows = std::ssize(filters);
  columns = std::min(columns, images);
  const auto found = strongest(in, node, filters, images);
  const Field field = field_of(in.graph, node);
  Mosaic mosaic(rows, columns, {field.size, field.size, pixels.channels}, std::max<std::int64_t>(1, 24 / field.size));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) {
      const Excitation& one = found[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
      const std::uint8_t* image = in.test.images().image(one.image);
      const std::int64_t top = field.start + one.position / shape.width * field.jump,
                         left = field.start + one.position % shape.width * field.jump;
      mosaic.paint(r * columns + c, [&](std::int64_t y, std::int64_t x, std::int64_t channel) {
        const bool inside = top + y >= 0 && top + y < pixels.height && left + x >= 0 && left + x < pixels.width;
        return inside ? image[(channel * pixels.height + top + y) * pixels.width + left + x] : kGrey;
      });
    }
  const std::string& name = in.graph.node(node).name;
  record.images["patches_" + name] = mosaic.picture(fmt::format("Image patches that excite filters of {} most", name),
                                                    fmt::format("a row a filter; {} test images", images));
}

struct Settings {
  std::int64_t images, filters, patches;
};

Settings settings_of(const recipes::Recipe& recipe) {
  return {count_option(recipe, "images", 500), count_option(recipe, "filters", 8), count_option(recipe, "patches", 10)};
}

}  // namespace

void check_receptive_fields(const Subject& subject) {
  nodes_with_filters(subject.graph, "receptive_fields");
  require_pictures("receptive_fields", subject);
  settings_of(subject.recipe);
}

void receptive_fields(const AnalysisInputs& in, records::RunRecord& record) {
  const Settings settings = settings_of(in.recipe);
  const std::int64_t images = std::min(in.test.count(), settings.images), rows = settings.filters, columns = settings.patches;
  const std::vector<graph::NodeId> nodes = nodes_with_filters(in.graph, "receptive_fields");
  const graph::Parameter& weight =
      in.learner.parameters().list()[static_cast<std::size_t>(in.learner.parameters().of_node(nodes.front())[0])];
  paint_kernels(in, weight, in.graph.node(nodes.front() - 1).shape, record);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    paint_patches(in, nodes[i], images, rows, columns, record);
    if (in.progress) in.progress(static_cast<double>(i + 1) / static_cast<double>(nodes.size()));
  }
}

}  // namespace reprise::analyses
