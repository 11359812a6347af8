#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "suite/analyses/analysis.hpp"
#include "suite/analyses/mosaic.hpp"
#include "suite/analyses/spatial_transformer_pictures.hpp"
#include "suite/analyses/spatial_transformers.hpp"
#include "suite/errors.hpp"
#include "suite/layers/spatial_transform.hpp"

namespace reprise::analyses {

namespace {

/// Transformers that read one image stand together: their outlines in one tile.
std::vector<std::vector<std::size_t>> by_image(const std::vector<Transformer>& transformers) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t t = 0; t < transformers.size(); ++t) {
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const auto& group) { return transformers[group[0]].image == transformers[t].image; });
    if (same == groups.end())
      groups.push_back({t});
    else
      same->push_back(t);
  }
  return groups;
}

struct Settings {
  std::int64_t images, shown;
};

/// Pictures of at most twelve tiles a stage, unless asked for more.
Settings settings_of(const Subject& subject) {
  constexpr std::int64_t kTiles = 12;
  const std::vector<Transformer> transformers = transformers_of(subject.graph);
  const std::int64_t lines = std::ssize(by_image(transformers)) + std::ssize(transformers);
  return {count_option(subject.recipe, "images", 500),
          count_option(subject.recipe, "shown", std::max<std::int64_t>(1, kTiles / std::max<std::int64_t>(1, lines)))};
}

// -------------------------------------------------------------------------------------------------------------------- pictures

constexpr std::array<Colour, 4> kColours{{{255, 210, 0}, {90, 220, 70}, {255, 110, 220}, {110, 150, 255}}};

class Pictures {
 public:
  Pictures(const AnalysisInputs& inputs, const std::vector<Transformer>& transformers, std::int64_t shown)
      : in_(inputs), transformers_(transformers), groups_(by_image(transformers)), shown_(shown) {
    for (const Transformer& transformer : transformers) {
      const SampleShape tile = tile_shape(in_.graph.node(transformer.image).shape);
      tile_ = {std::max(tile_.height, tile.height), std::max(tile_.width, tile.width), 3};
    }
  }

  /// A column for each test image, as the transformers were at a row of what was watched.
  records::Images at(std::int64_t row) const {
    Mosaic mosaic(std::ssize(groups_) + std::ssize(transformers_), shown_, tile_, 1);
    std::int64_t line = 0;
    for (const auto& group : groups_) {
      for (std::int64_t i = 0; i < shown_; ++i) paint_column(group, row, i, line, mosaic);
      line += 1 + std::ssize(group);
    }
    return mosaic.picture("", "");
  }

 private:
  /// The image with outlines, below it what each transformer of the group makes of it.
  void paint_column(const std::vector<std::size_t>& group, std::int64_t row, std::int64_t i, std::int64_t line, Mosaic& mosaic) const {
    const graph::NodeId source = transformers_[group[0]].image;
    const std::vector<float> values = image_of(source, row, i);
    const ColouredImage image(values.data(), in_.graph.node(source).shape);
    const auto paint = [&](std::int64_t at, const Tile& tile) {
      mosaic.paint(at * shown_ + i, [&](std::int64_t y, std::int64_t x, std::int64_t c) { return tile.at(y, x, c); });
    };
    Tile outlined = tile_of(image, tile_);
    for (std::size_t k = 0; k < group.size(); ++k) {
      const Transformer& transformer = transformers_[group[k]];
      const float* numbers = in_.learner.watched(transformer.numbers).at(row, i);
      const bool bends = transformer.transform == layers::Transform::thin_plate;
      outline(transformer.places, numbers, bends ? 2 : 0, image, tile_, kColours[group[k] % kColours.size()], outlined);
      paint(line + 1 + static_cast<std::int64_t>(k), transformed(transformer.places, numbers, image, tile_));
    }
    paint(line, outlined);
  }

  std::vector<float> image_of(graph::NodeId node, std::int64_t row, std::int64_t i) const {
    std::vector<float> values(static_cast<std::size_t>(in_.graph.node(node).shape.size()));
    if (node == 0)
      training::SourceReader(in_.test, {.first = i}).fetch(0, values.data());
    else
      std::copy_n(in_.learner.watched(node).at(row, i), values.size(), values.begin());
    return values;
  }

  const AnalysisInputs& in_;
  const std::vector<Transformer>& transformers_;
  std::vector<std::vector<std::size_t>> groups_;
  std::int64_t shown_;
  SampleShape tile_{0, 0, 3};
};

/// The start, the rows nearest to a quarter and to half of the epochs, and the end.
std::vector<std::int64_t> rows_to_show(const std::vector<double>& epochs) {
  std::vector<std::int64_t> rows;
  for (const double share : {0.0, 0.25, 0.5, 1.0}) {
    const auto distance = [&](double epoch) { return std::abs(epoch - share * epochs.back()); };
    const auto nearest = std::min_element(epochs.begin(), epochs.end(), [&](double a, double b) { return distance(a) < distance(b); });
    if (const std::int64_t row = nearest - epochs.begin(); rows.empty() || rows.back() < row) rows.push_back(row);
  }
  return rows;
}

records::Images pictures_of(const AnalysisInputs& in, const std::vector<Transformer>& transformers, const std::vector<double>& epochs,
                            std::int64_t shown) {
  const Pictures pictures(in, transformers, shown);
  records::Images all{.title = "What is sampled of test images (the outline's thick side comes to the top), and what is made of it",
                      .captions = {},
                      .count = 0,
                      .height = 0,
                      .width = 0,
                      .channels = 3,
                      .pixels = {}};
  for (const std::int64_t row : rows_to_show(epochs)) {
    const records::Images one = pictures.at(row);
    all.count += 1, all.height = one.height, all.width = one.width;
    all.pixels.insert(all.pixels.end(), one.pixels.begin(), one.pixels.end());
    all.captions.push_back(row == 0 ? "before training" : fmt::format("after epoch {:.4g}", epochs[static_cast<std::size_t>(row)]));
  }
  return all;
}

// ----------------------------------------------------------------------------------------------------------------------- poses

struct Quantity {
  const char* name;
  const char* unit;
  double PoseSpread::*spread;
};
constexpr std::array<Quantity, 3> kQuantities{
    {{"rotation", " degrees", &PoseSpread::rotation}, {"scale", "", &PoseSpread::scale}, {"place", " pixels", &PoseSpread::place}}};

/// How the distortion of the test images drew them: [channels][images]. Empty where that is not known, and where the net does not read the
/// images as they are distorted.
std::vector<std::vector<datasets::AffineMap>> drawn_maps(const datasets::SampleSource& test, std::int64_t images) {
  std::vector<std::vector<datasets::AffineMap>> drawn;
  const datasets::ImageSet& set = test.images();
  if (!set.lazy || set.height != test.shape().height || set.width != test.shape().width) return drawn;
  for (std::int64_t i = 0; i < images; ++i) {
    const std::vector<datasets::AffineMap> maps = set.lazy->maps_of(i, nullptr);
    drawn.resize(maps.size());
    for (std::size_t c = 0; c < maps.size(); ++c) drawn[c].push_back(maps[c]);
  }
  return drawn;
}

class Poses {
 public:
  Poses(const AnalysisInputs& inputs, const std::vector<Transformer>& transformers, std::int64_t images, std::int64_t rows)
      : in_(inputs), transformers_(transformers), drawn_(drawn_maps(inputs.test, images)), left_(transformers.size()) {
    for (const auto& maps : drawn_) {
      std::vector<Pose> poses;
      for (const datasets::AffineMap& map : maps) poses.push_back(pose_of(map, inputs.test.shape()));
      drawn_spreads_.push_back(spread_of(poses));
    }
    for (const std::size_t t : known())
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::size_t c = 0; c < channels(); ++c) left_[t].push_back(spread_behind(t, c, row));
  }

  std::size_t channels() const { return drawn_.size(); }
  const PoseSpread& drawn(std::size_t channel) const { return drawn_spreads_[channel]; }

  /// The transformers that read the net's input, or another one's image.
  std::vector<std::size_t> known() const {
    std::vector<std::size_t> all;
    for (std::size_t t = 0; t < transformers_.size(); ++t)
      if (is_known(t)) all.push_back(t);
    return all;
  }

  /// Of a channel's images behind a transformer that is known, at a row of what was watched.
  const PoseSpread& left(std::size_t transformer, std::size_t channel, std::int64_t row) const {
    return left_[transformer][static_cast<std::size_t>(row) * channels() + channel];
  }

 private:
  PoseSpread spread_behind(std::size_t transformer, std::size_t channel, std::int64_t row) const {
    std::vector<Pose> poses;
    for (std::size_t i = 0; i < drawn_[channel].size(); ++i) {
      const datasets::AffineMap map = seen_by(transformer, row, static_cast<std::int64_t>(i)).after(drawn_[channel][i]);
      poses.push_back(pose_of(map, transformers_[transformer].places.output()));
    }
    return spread_of(poses);
  }

  bool is_known(std::size_t transformer) const {
    const graph::NodeId image = transformers_[transformer].image;
    if (image == 0) return true;
    const std::optional<std::size_t> before = maker_of(image);
    return before && is_known(*before);
  }

  std::optional<std::size_t> maker_of(graph::NodeId image) const {
    const auto found =
        std::find_if(transformers_.begin(), transformers_.end(), [&](const Transformer& other) { return other.node == image; });
    return found == transformers_.end() ? std::nullopt : std::optional<std::size_t>(found - transformers_.begin());
  }

  /// From the pixels of a transformer's image to those of the net's input.
  datasets::AffineMap seen_by(std::size_t transformer, std::int64_t row, std::int64_t image) const {
    const Transformer& t = transformers_[transformer];
    const datasets::AffineMap map = nearest_affine(t.places, in_.learner.watched(t.numbers).at(row, image));
    const std::optional<std::size_t> before = maker_of(t.image);
    return before ? map.after(seen_by(*before, row, image)) : map;
  }

  const AnalysisInputs& in_;
  const std::vector<Transformer>& transformers_;
  std::vector<std::vector<datasets::AffineMap>> drawn_;
  std::vector<PoseSpread> drawn_spreads_;
  std::vector<std::vector<PoseSpread>> left_;  ///< [transformers][rows, channels]
};

/// What is left of one quantity, its mean over the channels being `drawn`.
class Left {
 public:
  Left(const Poses& poses, const Quantity& quantity, double drawn) : poses_(poses), quantity_(quantity), drawn_(drawn) {}

  /// Behind a transformer, of the channel of which it leaves the least, as a share: over the rows of what was watched.
  std::vector<double> curve(std::size_t transformer, std::int64_t rows) const {
    std::vector<double> shares;
    for (std::int64_t row = 0; row < rows; ++row) {
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t c = 0; c < poses_.channels(); ++c) least = std::min(least, poses_.left(transformer, c, row).*quantity_.spread);
      shares.push_back(least / drawn_);
    }
    return shares;
  }

  /// Of each channel, behind the transformer that leaves the least: mean over the channels.
  double at(std::int64_t row, const std::vector<std::size_t>& transformers) const {
    double sum = 0;
    for (std::size_t c = 0; c < poses_.channels(); ++c) {
      double least = std::numeric_limits<double>::infinity();
      for (const std::size_t t : transformers) least = std::min(least, poses_.left(t, c, row).*quantity_.spread);
      sum += least;
    }
    return sum / static_cast<double>(poses_.channels());
  }

 private:
  const Poses& poses_;
  const Quantity& quantity_;
  double drawn_;
};

/// Curves and results of the quantities that the distortion draws.
void add_poses(const AnalysisInputs& in, const std::vector<Transformer>& transformers, const std::vector<double>& epochs,
               std::int64_t images, records::RunRecord& record) {
  constexpr double kNothing = 1e-9;  // drawn by no distortion, but for rounding
  const Poses poses(in, transformers, images, std::ssize(epochs));
  const std::vector<std::size_t> known = poses.known();
  if (known.empty() || poses.channels() == 0) return;
  records::Table table{.title = "", .x = "epoch", .columns = {{"epoch", epochs}}};
  std::vector<std::string> drawn_texts;
  for (const Quantity& quantity : kQuantities) {
    double drawn = 0;
    for (std::size_t c = 0; c < poses.channels(); ++c) drawn += poses.drawn(c).*quantity.spread / static_cast<double>(poses.channels());
    if (drawn < kNothing) continue;
    const Left left(poses, quantity, drawn);
    for (const std::size_t t : known) {
      const std::string& name = in.graph.node(transformers[t].node).name;
      table.columns[known.size() > 1 ? fmt::format("{}, {}", quantity.name, name) : quantity.name] = left.curve(t, std::ssize(epochs));
    }
    const double residual = left.at(std::ssize(epochs) - 1, known);
    const auto add = [&](const std::string& name, double value) { record.results[name] = records::result_of(name, value); };
    add(fmt::format("residual_{}", quantity.name), residual);
    add(fmt::format("{}_left", quantity.name), residual / drawn);
    drawn_texts.push_back(fmt::format("{} {:.3g}{}", quantity.name, drawn, quantity.unit));
  }
  if (drawn_texts.empty()) return;
  table.title = fmt::format("Spread of poses behind transformers, over what is drawn ({})", fmt::join(drawn_texts, ", "));
  record.tables["pose_left"] = std::move(table);
}

}  // namespace

void check_spatial_transforms(const Subject& subject) {
  settings_of(subject);
  if (transformers_of(subject.graph).empty())
    throw InputError(Complaint{"analysis spatial_transforms", "a net with a spatial_transform", "none", "Drop the analysis"});
}

std::vector<training::Watch> watch_spatial_transforms(const Subject& subject) {
  const Settings settings = settings_of(subject);
  std::vector<training::Watch> watches;
  for (const Transformer& transformer : transformers_of(subject.graph)) {
    watches.push_back({transformer.numbers, std::max(settings.images, settings.shown)});
    if (transformer.image != 0) watches.push_back({transformer.image, settings.shown});
  }
  return watches;
}

void spatial_transforms(const AnalysisInputs& in, records::RunRecord& record) {
  const Settings settings = settings_of({in.recipe, in.graph});
  const std::vector<Transformer> transformers = transformers_of(in.graph);
  std::vector<double> epochs{0};
  epochs.insert(epochs.end(), record.epochs.begin(), record.epochs.end());
  record.images["spatial_transforms"] = pictures_of(in, transformers, epochs, std::min(settings.shown, in.test.count()));
  add_poses(in, transformers, epochs, std::min(settings.images, in.test.count()), record);
}

}  // namespace reprise::analyses
