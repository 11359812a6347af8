#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"

namespace reprise::analyses {

namespace {

/// What one image's maps [positions, classes] say about its class.
struct Strongest {
  double in_true_map = 0;   ///< of the strongest tenth of activations, as far as they are positive: the share in the map of the class
  double in_other_map = 0;  ///< the share in the map of another class, mean over them
  bool has_peak = false;    ///< that map holds the largest activation, and no other does
};

Strongest strongest_of(const float* maps, std::int64_t positions, std::int64_t classes, std::int64_t label) {
  std::vector<float> values(maps, maps + positions * classes);
  const auto tenth = static_cast<std::ptrdiff_t>((positions * classes + 9) / 10);
  std::nth_element(values.begin(), values.begin() + (tenth - 1), values.end(), std::greater<>());
  const float bound = std::max(values[static_cast<std::size_t>(tenth - 1)], std::numeric_limits<float>::min());
  double strong = 0, in_true_map = 0;
  float own_peak = maps[label], other_peak = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < positions * classes; ++i) {
    const bool own = i % classes == label;
    if (maps[i] >= bound) strong += 1, in_true_map += own ? 1 : 0;
    float& peak = own ? own_peak : other_peak;
    peak = std::max(peak, maps[i]);
  }
  if (strong == 0) return {};
  const double others = static_cast<double>(std::max<std::int64_t>(1, classes - 1));
  return {in_true_map / strong, (strong - in_true_map) / strong / others, own_peak > other_peak && own_peak > 0};
}

/// Row by row: a test image, then the map of each class at the size of the image, the strongest activation of the image white.
class Pictures {
 public:
  Pictures(const AnalysisInputs& in, const SampleShape& maps, std::int64_t images) : in_(in), shape_(in.graph.node(0).shape), maps_(maps) {
    pictures_ = {.title = "Test images and the maps of all classes before they are averaged",
                 .captions = {},
                 .count = images * (1 + maps.channels),
                 .height = shape_.height,
                 .width = shape_.width,
                 .channels = shape_.channels,
                 .pixels = {},
                 .set = 1 + maps.channels};
  }

  void add(std::int64_t image, const float* maps) {
    const std::uint8_t* bytes = in_.test.images().image(image);  // planes
    for (std::int64_t p = 0; p < shape_.positions(); ++p)
      for (std::int64_t c = 0; c < shape_.channels; ++c) pictures_.pixels.push_back(bytes[c * shape_.positions() + p]);
    pictures_.captions.push_back(class_name(in_.test.label(image)));
    const float strongest = std::max(1e-30f, *std::max_element(maps, maps + maps_.size()));
    for (std::int64_t k = 0; k < maps_.channels; ++k) {
      for (std::int64_t p = 0; p < shape_.positions(); ++p) {
        const std::int64_t row = p / shape_.width * maps_.height / shape_.height, column = p % shape_.width * maps_.width / shape_.width;
        const float value = std::clamp(maps[(row * maps_.width + column) * maps_.channels + k] / strongest, 0.0f, 1.0f);
        pictures_.pixels.insert(pictures_.pixels.end(), static_cast<std::size_t>(shape_.channels),
                                static_cast<std::uint8_t>(std::lround(255 * value)));
      }
      pictures_.captions.push_back(class_name(k));
    }
  }

  records::Images take() { return std::move(pictures_); }

 private:
  std::string class_name(std::int64_t k) const {
    const auto& names = in_.test.images().class_names;
    return static_cast<std::size_t>(k) < names.size() ? names[static_cast<std::size_t>(k)] : fmt::format("class {}", k);
  }

  const AnalysisInputs& in_;
  SampleShape shape_, maps_;
  records::Images pictures_;
};

graph::NodeId maps_node(const graph::Graph& graph) {
  const graph::Node& output = graph.node(graph.output());
  if (output.layer->kind() != "global_average_pool")
    throw InputError(Complaint{"class_maps", "a net whose output is the average of one map a class",
                               fmt::format("'{}', {}", output.name, output.layer->summary()),
                               "Choose another model, or drop the analysis"});
  return output.inputs[0];
}

std::int64_t images_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "images", 10000);
}

std::int64_t shown_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "shown", 8);
}

}  // namespace

void check_class_maps(const Subject& subject) {
  maps_node(subject.graph);
  require_pictures("class_maps", subject);
  images_of(subject.recipe), shown_of(subject.recipe);
}

void class_maps(const AnalysisInputs& in, records::RunRecord& record) {
  const graph::NodeId node = maps_node(in.graph);
  const SampleShape maps = in.graph.node(node).shape;
  const std::int64_t count = std::min(in.test.count(), images_of(in.recipe));
  const std::int64_t shown = std::min(count, shown_of(in.recipe));

  Pictures pictures(in, maps, shown);
  std::vector<float> values(static_cast<std::size_t>(in.recipe.batch * maps.size()));
  double own = 0, other = 0, peaks = 0;
  for (std::int64_t first = 0; first < count; first += in.recipe.batch) {
    const training::SourceReader reader(in.test, {.first = first});
    const execution::Batch batch{&reader, std::min(in.recipe.batch, count - first), in.seed, 0};
    execution::Readout readout;
    readout.node = node;
    readout.values = values.data();
    in.learner.executor().evaluate(batch, layers::Mode::infer, readout);
    for (std::int64_t i = 0; i < batch.count; ++i) {
      const float* of_image = values.data() + i * maps.size();
      const Strongest found = strongest_of(of_image, maps.positions(), maps.channels, in.test.label(first + i));
      own += found.in_true_map;
      other += found.in_other_map;
      peaks += found.has_peak ? 1 : 0;
      if (first + i < shown) pictures.add(first + i, of_image);
    }
    if (in.progress) in.progress(static_cast<double>(first + batch.count) / static_cast<double>(count));
  }
  const auto images = static_cast<double>(count);
  record.results["strongest_in_true_map"] = records::result_of("strongest_in_true_map", own / images);
  record.results["strongest_in_other_map"] = records::result_of("strongest_in_other_map", other / images);
  record.results["peak_in_true_map"] = records::result_of("peak_in_true_map", peaks / images);
  record.images["class_maps"] = pictures.take();
}

}  // namespace reprise::analyses
