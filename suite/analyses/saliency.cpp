#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "suite/analyses/analysis.hpp"

namespace reprise::analyses {

namespace {

struct Rule {
  const char* name;
  layers::ReluRule rule;
};
constexpr std::array<Rule, 3> kRules{
    {{"gradient", layers::ReluRule::gradient}, {"deconvnet", layers::ReluRule::deconvnet}, {"guided", layers::ReluRule::guided}}};
constexpr std::int64_t kPicturesOfAnImage = 1 + kRules.size();  // itself and its maps

/// Hoyer sparsity (sqrt(n) - |x|_1 / |x|_2) / (sqrt(n) - 1): 0 for a flat map, 1 for a single pixel; 0 for a zero map.
double hoyer(const float* map, std::int64_t n) {
  double one = 0, two = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    one += std::abs(map[i]);
    two += static_cast<double>(map[i]) * map[i];
  }
  const double root = std::sqrt(static_cast<double>(n));
  return two > 0 ? (root - one / std::sqrt(two)) / (root - 1) : 0;
}

/// Share of the L1 mass in the quarter of the pixels (channels summed) that hold most of it.
double best_quarter(const float* map, const SampleShape& shape) {
  std::vector<double> pixels(static_cast<std::size_t>(shape.positions()), 0.0);
  for (std::int64_t i = 0; i < shape.size(); ++i) pixels[static_cast<std::size_t>(i / shape.channels)] += std::abs(map[i]);
  std::sort(pixels.rbegin(), pixels.rend());
  double all = 0, best = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    all += pixels[i];
    if (i < pixels.size() / 4) best += pixels[i];
  }
  return all > 0 ? best / all : 0;
}

double correlation(const float* a, const float* b, std::int64_t n) {
  double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  for (std::int64_t i = 0; i < n; ++i) ma += a[i], mb += b[i];
  ma /= static_cast<double>(n), mb /= static_cast<double>(n);
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = a[i] - ma, y = b[i] - mb;
    aa += x * x, bb += y * y, ab += x * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

/// Maps of the first `count` test images, [count, H, W, C].
std::vector<float> maps_of(const AnalysisInputs& in, const graph::Parameters& parameters, std::int64_t count, layers::ReluRule rule) {
  const std::int64_t size = in.graph.node(0).shape.size();
  std::vector<float> maps(static_cast<std::size_t>(count * size));
  const execution::NetOptions options{
      .precision = Precision::f32, .batch = std::min(count, in.recipe.batch), .shard = std::min(in.recipe.shard, count)};
  for (std::int64_t first = 0; first < count; first += options.batch) {
    const training::SourceReader reader(in.test, {.first = first});
    const execution::Batch batch{&reader, std::min(options.batch, count - first), in.seed, 0};
    execution::input_maps(in.graph, options, parameters, in.workers, batch, {.node = in.graph.output(), .rule = rule},
                          maps.data() + first * size);
  }
  return maps;
}

/// A map as a picture: grey is zero, the largest magnitude reaches black or white.
void paint(const float* map, std::int64_t size, std::uint8_t* pixels) {
  float largest = 0;
  for (std::int64_t i = 0; i < size; ++i) largest = std::max(largest, std::abs(map[i]));
  for (std::int64_t i = 0; i < size; ++i)
    pixels[i] = static_cast<std::uint8_t>(std::lround(127.5f + (largest > 0 ? 127.5f * map[i] / largest : 0)));
}

std::int64_t images_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "images", 200);
}

std::int64_t shown_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "shown", 8);
}

}  // namespace

void check_saliency(const Subject& subject) {
  require_pictures("saliency", subject);
  images_of(subject.recipe), shown_of(subject.recipe);
}

void saliency(const AnalysisInputs& in, records::RunRecord& record) {
  const SampleShape shape = in.graph.node(0).shape;
  const std::int64_t count = std::min(in.test.count(), images_of(in.recipe));
  const std::int64_t shown = std::min(count, shown_of(in.recipe));
  graph::Parameters fresh(in.graph);
  fresh.initialise(in.seed + 1'000'003);  // another net with the same architecture

  records::Images pictures{.title = "Test images and what the predicted class responds to",
                           .captions = {},
                           .count = shown * kPicturesOfAnImage,
                           .height = shape.height,
                           .width = shape.width,
                           .channels = shape.channels,
                           .pixels = {},
                           .set = kPicturesOfAnImage};
  pictures.pixels.resize(static_cast<std::size_t>(pictures.count * shape.size()));
  pictures.captions.resize(static_cast<std::size_t>(pictures.count));
  for (std::int64_t i = 0; i < shown; ++i) {
    // The image itself, from its bytes (planes) to channels-last.
    const std::uint8_t* image = in.test.images().image(i);
    std::uint8_t* pixels = pictures.pixels.data() + i * kPicturesOfAnImage * shape.size();
    for (std::int64_t p = 0; p < shape.positions(); ++p)
      for (std::int64_t c = 0; c < shape.channels; ++c) pixels[p * shape.channels + c] = image[c * shape.positions() + p];
    const auto& names = in.test.images().class_names;
    const auto label = static_cast<std::size_t>(in.test.label(i));
    pictures.captions[static_cast<std::size_t>(i * kPicturesOfAnImage)] =
        label < names.size() ? names[label] : fmt::format("class {}", label);
  }

  std::array<double, kRules.size()> sparse{};
  for (std::size_t r = 0; r < kRules.size(); ++r) {
    const auto maps = maps_of(in, in.learner.parameters(), count, kRules[r].rule);
    const auto other = maps_of(in, fresh, count, kRules[r].rule);
    double mass = 0, likeness = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const float* map = maps.data() + i * shape.size();
      sparse[r] += hoyer(map, shape.size()) / static_cast<double>(count);
      mass += best_quarter(map, shape) / static_cast<double>(count);
      likeness += correlation(map, other.data() + i * shape.size(), shape.size()) / static_cast<double>(count);
      if (i >= shown) continue;
      const auto at = static_cast<std::size_t>(i * kPicturesOfAnImage) + r + 1;
      paint(map, shape.size(), pictures.pixels.data() + static_cast<std::int64_t>(at) * shape.size());
      pictures.captions[at] = kRules[r].name;
    }
    const std::string name = kRules[r].name;
    record.results["sparsity_" + name] = records::result_of("sparsity", sparse[r]);
    record.results["best_quarter_" + name] = records::result_of("best_quarter", mass);
    record.results["correlation_with_fresh_weights_" + name] = records::result_of("correlation_with_fresh_weights", likeness);
    if (in.progress) in.progress(static_cast<double>(r + 1) / static_cast<double>(kRules.size()));
  }
  record.results["sparsity_gain_guided_over_gradient"] = records::result_of("sparsity_gain_guided_over_gradient", sparse[2] - sparse[0]);
  record.results["sparsity_gain_guided_over_deconvnet"] = records::result_of("sparsity_gain_guided_over_deconvnet", sparse[2] - sparse[1]);
  record.images["maps"] = std::move(pictures);
}

}  // namespace reprise::analyses
