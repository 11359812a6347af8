#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"
#include "suite/layers/plane_group.hpp"

namespace reprise::analyses {

namespace {

constexpr int kTurns = 4;

/// Square images of a source, turned by so many quarters.
class TurnedImages : public execution::BatchReader {
 public:
  TurnedImages(const datasets::SampleSource& source, std::int64_t first, int turns)
      : plain_(source, {.first = first}), shape_(source.shape()), cells_(layers::moved_cells(turns, shape_.height)) {}
  void fetch(std::int64_t slot, float* output) const override {
    std::vector<float> image(static_cast<std::size_t>(shape_.size()));
    plain_.fetch(slot, image.data());
    for (const std::int32_t cell : cells_) output = std::copy_n(image.data() + cell * shape_.channels, shape_.channels, output);
  }
  std::int32_t label(std::int64_t slot) const override { return plain_.label(slot); }

 private:
  training::SourceReader plain_;
  SampleShape shape_;
  std::vector<std::int32_t> cells_;
};

/// A node's values for images [first, first + count) turned by so many quarters.
std::vector<float> values_of(const AnalysisInputs& in, graph::NodeId node, std::int64_t first, std::int64_t count, int turns) {
  std::vector<float> values(static_cast<std::size_t>(count * in.graph.node(node).shape.size()));
  const TurnedImages reader(in.test, first, turns);
  execution::Readout readout;
  readout.node = node;
  readout.values = values.data();
  in.learner.executor().evaluate({&reader, count, in.seed, 0}, layers::Mode::infer, readout);
  return values;
}

/// The first map of a node in each orientation, for the first image in each turn; white is the largest value of all.
records::Images picture_of(const AnalysisInputs& in, graph::NodeId node, std::int64_t orientations) {
  const SampleShape& shape = in.graph.node(node).shape;
  records::Images picture{.title = "A map in its orientations, a set for each quarter turn of the image",
                          .captions = {},
                          .count = kTurns * orientations,
                          .height = shape.height,
                          .width = shape.width,
                          .channels = 1,
                          .pixels = {},
                          .set = orientations};
  const std::int64_t maps = shape.channels / orientations;
  for (int turns = 0; turns < kTurns; ++turns) {
    const std::vector<float> values = values_of(in, node, 0, 1, turns);
    const float largest = std::max(*std::max_element(values.begin(), values.end()), 1e-30f);
    for (std::int64_t s = 0; s < orientations; ++s) {
      picture.captions.push_back(fmt::format("turned by {}, orientation {}", 90 * turns, s));
      for (std::int64_t at = s * maps; at < shape.size(); at += shape.channels)
        picture.pixels.push_back(
            static_cast<std::uint8_t>(std::lround(255 * std::clamp(values[static_cast<std::size_t>(at)] / largest, 0.0f, 1.0f))));
    }
  }
  return picture;
}

struct Settings {
  std::int64_t images, orientations;
  std::string pictured;  ///< a node, or ""
};

Settings settings_of(const recipes::Recipe& recipe, const graph::Graph& graph) {
  const SampleShape input = graph.node(0).shape;
  if (input.height != input.width)
    throw InputError(Complaint{"analysis 'turns'", "square images", input.text(), "Leave it out for this data set"});
  Settings settings{count_option(recipe, "images", 1000), count_option(recipe, "orientations", 4),
                    recipe.analysis_options.get_string("node", "")};
  if (settings.pictured.empty()) return settings;
  const SampleShape& maps = graph.node(graph.find(settings.pictured)).shape;
  if (maps.channels % settings.orientations != 0)
    throw InputError(Complaint{"analysis.orientations", fmt::format("a divisor of the channels of '{}'", settings.pictured),
                               fmt::format("{} for {}", settings.orientations, maps.text()), "Correct it"});
  return settings;
}

}  // namespace

void check_turns(const Subject& subject) {
  settings_of(subject.recipe, subject.graph);
}

void turns(const AnalysisInputs& in, records::RunRecord& record) {
  const Settings settings = settings_of(in.recipe, in.graph);
  const std::int64_t count = std::min(in.test.count(), settings.images);
  const graph::NodeId output = in.graph.output();
  const std::int64_t classes = in.graph.node(output).shape.size();

  double largest = 0, largest_change = 0;
  std::int64_t changed = 0;
  for (std::int64_t first = 0; first < count; first += in.recipe.batch) {
    const std::int64_t images = std::min(in.recipe.batch, count - first);
    const std::vector<float> plain = values_of(in, output, first, images, 0);
    for (const float value : plain) largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (int turns = 1; turns < kTurns; ++turns) {
      const std::vector<float> turned = values_of(in, output, first, images, turns);
      for (std::size_t i = 0; i < plain.size(); ++i)
        largest_change = std::max(largest_change, std::abs(static_cast<double>(turned[i]) - static_cast<double>(plain[i])));
      for (std::int64_t i = 0; i < images; ++i) {
        const auto guess = [&](const std::vector<float>& values) {
          const auto begin = values.begin() + i * classes;
          return std::max_element(begin, begin + classes) - begin;
        };
        changed += guess(plain) != guess(turned) ? 1 : 0;
      }
    }
    if (in.progress) in.progress(static_cast<double>(first + images) / static_cast<double>(count));
  }
  record.results["turned_output_change"] = records::result_of("turned_output_change", largest > 0 ? largest_change / largest : 0.0);
  record.results["turned_guesses_changed"] =
      records::result_of("turned_guesses_changed", 100.0 * static_cast<double>(changed) / static_cast<double>((kTurns - 1) * count));
  if (!settings.pictured.empty()) record.images["turned_maps"] = picture_of(in, in.graph.find(settings.pictured), settings.orientations);
}

}  // namespace reprise::analyses
