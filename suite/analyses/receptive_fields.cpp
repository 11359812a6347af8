#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"

namespace reprise::analyses {

namespace {

constexpr std::int64_t kGap = 1, kKernelsShown = 96, kKernelColumns = 16;
constexpr std::uint8_t kGrey = 128;

/// Small pictures of one size side by side, each pixel `zoom` pixels wide, on grey.
class Mosaic {
 public:
  Mosaic(std::int64_t rows, std::int64_t columns, const SampleShape& tile, std::int64_t zoom)
      : columns_(columns), tile_(tile), zoom_(zoom), height_(rows * pitch(tile.height)), width_(columns * pitch(tile.width)) {
    pixels_.assign(static_cast<std::size_t>(height_ * width_ * tile.channels), kGrey);
  }

  /// value(y, x, c) for every pixel of tile `index`.
  template <typename Value>
  void paint(std::int64_t index, Value value) {
    const std::int64_t top = index / columns_ * pitch(tile_.height), left = index % columns_ * pitch(tile_.width);
    for (std::int64_t y = 0; y < tile_.height * zoom_; ++y)
      for (std::int64_t x = 0; x < tile_.width * zoom_; ++x)
        for (std::int64_t c = 0; c < tile_.channels; ++c)
          pixels_[static_cast<std::size_t>(((top + y) * width_ + left + x) * tile_.channels + c)] = value(y / zoom_, x / zoom_, c);
  }

  records::Images picture(const std::string& title, const std::string& caption) const {
    return {.title = title,
            .captions = {caption},
            .count = 1,
            .height = height_,
            .width = width_,
            .channels = tile_.channels,
            .pixels = pixels_};
  }

 private:
  std::int64_t pitch(std::int64_t extent) const { return extent * zoom_ + kGap; }
  std::int64_t columns_;
  SampleShape tile_;
  std::int64_t zoom_, height_, width_;
  std::vector<std::uint8_t> pixels_;
};

/// The pixels that one output position sees: rows [start + y jump, + size), columns likewise.
struct Field {
  std::int64_t start = 0, size = 1, jump = 1;
  void widen(std::int64_t window, std::int64_t stride, std::int64_t padding) {
    start -= padding * jump;
    size += (window - 1) * jump;
    jump *= stride;
  }
};

/// The field of a node of a chain; a flattened image is seen as a whole.
Field field_of(const graph::Graph& graph, graph::NodeId node) {
  Field field;
  for (graph::NodeId n = 1; n <= node; ++n) {
    const layers::Layer* layer = graph.node(n).layer.get();
    if (const auto* plastic = dynamic_cast<const layers::SoftHebbConv2d*>(layer))
      field.widen(plastic->options().filter_size, 1, plastic->options().padding);
    if (const auto* conv = dynamic_cast<const layers::Conv2d*>(layer))
      field.widen(conv->options().filter_size, conv->options().stride, conv->options().padding);
    if (const auto* pool = dynamic_cast<const layers::MaxPool2d*>(layer))
      field.widen(pool->options().window, pool->options().stride, pool->options().padding);
    if (const auto* pool = dynamic_cast<const layers::AveragePool2d*>(layer))
      field.widen(pool->options().window, pool->options().stride, pool->options().padding);
    if (layer->kind() == "flatten") return {0, std::max(graph.node(0).shape.height, graph.node(0).shape.width), 1};
  }
  return field;
}

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

struct Excitation {
  float value = -1e30f;
  std::int64_t image = 0, position = 0;
};

/// For each of `filters`, the strongest position of every image, strongest images first.
std::vector<std::vector<Excitation>> strongest(const AnalysisInputs& in, graph::NodeId node, const std::vector<std::int64_t>& filters,
                                               std::int64_t images) {
  const SampleShape shape = in.graph.node(node).shape;
  execution::Executor& executor = in.learner.executor();
  std::vector<float> values(static_cast<std::size_t>(in.recipe.batch * shape.size()));
  std::vector<std::vector<Excitation>> found(filters.size(), std::vector<Excitation>(static_cast<std::size_t>(images)));
  for (std::int64_t first = 0; first < images; first += in.recipe.batch) {
    const training::SourceReader reader(in.test, {.first = first});
    const execution::Batch batch{&reader, std::min(in.recipe.batch, images - first), in.seed, 0};
    execution::Readout readout;
    readout.node = node;
    readout.values = values.data();
    executor.evaluate(batch, layers::Mode::infer, readout);
    for (std::int64_t i = 0; i < batch.count; ++i)
      for (std::size_t f = 0; f < filters.size(); ++f) {
        Excitation& best = found[f][static_cast<std::size_t>(first + i)];
        best.image = first + i;
        for (std::int64_t p = 0; p < shape.positions(); ++p) {
          const float value = values[static_cast<std::size_t>((i * shape.positions() + p) * shape.channels + filters[f])];
          if (value > best.value) best = {value, first + i, p};
        }
      }
  }
  for (auto& of_filter : found)
    std::stable_sort(of_filter.begin(), of_filter.end(), [](const Excitation& a, const Excitation& b) { return a.value > b.value; });
  return found;
}

void paint_patches(const AnalysisInputs& in, graph::NodeId node, std::int64_t images, std::int64_t rows, std::int64_t columns,
                   records::RunRecord& record) {
  const SampleShape pixels = in.graph.node(0).shape, shape = in.graph.node(node).shape;
  rows = std::min(rows, shape.channels);
  columns = std::min(columns, images);
  std::vector<std::int64_t> filters;
  for (std::int64_t r = 0; r < rows; ++r) filters.push_back(r * shape.channels / rows);
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

/// Of convolutions and plastic layers. Throws InputError if there are none.
std::vector<graph::NodeId> nodes_with_filters(const graph::Graph& graph) {
  std::vector<graph::NodeId> nodes;
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const layers::Layer* layer = graph.node(n).layer.get();
    if (dynamic_cast<const layers::PlasticLayer*>(layer) != nullptr || dynamic_cast<const layers::Conv2d*>(layer) != nullptr)
      nodes.push_back(n);
  }
  if (nodes.empty()) throw InputError(Complaint{"analysis receptive_fields", "a net with a convolution", "none", "Drop the analysis"});
  return nodes;
}

}  // namespace

void check_receptive_fields(const Subject& subject) {
  nodes_with_filters(subject.graph);
  require_pictures("receptive_fields", subject);
  settings_of(subject.recipe);
}

void receptive_fields(const AnalysisInputs& in, records::RunRecord& record) {
  const Settings settings = settings_of(in.recipe);
  const std::int64_t images = std::min(in.test.count(), settings.images), rows = settings.filters, columns = settings.patches;
  const std::vector<graph::NodeId> nodes = nodes_with_filters(in.graph);
  const graph::Parameter& weight =
      in.learner.parameters().list()[static_cast<std::size_t>(in.learner.parameters().of_node(nodes.front())[0])];
  paint_kernels(in, weight, in.graph.node(nodes.front() - 1).shape, record);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    paint_patches(in, nodes[i], images, rows, columns, record);
    if (in.progress) in.progress(static_cast<double>(i + 1) / static_cast<double>(nodes.size()));
  }
}

}  // namespace reprise::analyses
