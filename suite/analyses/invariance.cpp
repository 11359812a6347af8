#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "datasets/surrogate_images.hpp"
#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"

namespace reprise::analyses {

namespace {

using datasets::PatchChange;
using datasets::SurrogateRecipe;

constexpr int kPoints = 9;           // strengths of a curve, 0 included
constexpr double kFurthest = 2;      // times the largest trained strength
constexpr int kLimit = kPoints / 2;  // the point at that strength itself

/// One kind of change, at a share of the default's largest strength; factors have that share of its logarithm.
struct Curve {
  const char* name;
  void (*change)(double share, PatchChange& to);
};

double factor(double largest, double share) {
  return std::pow(largest, share);
}

/// Strengths are those of the paper, whatever a net was trained with, so that nets can be compared.
constexpr std::array<Curve, 5> kCurves{{
    {"translation", [](double share, PatchChange& to) { to.right = SurrogateRecipe{}.translation * share; }},
    {"rotation", [](double share, PatchChange& to) { to.turn = SurrogateRecipe{}.rotation * std::numbers::pi / 180 * share; }},
    {"scale", [](double share, PatchChange& to) { to.scale = factor(SurrogateRecipe{}.scale, share); }},
    {"hue", [](double share, PatchChange& to) { to.hue = SurrogateRecipe{}.hue * share; }},
    {"contrast",
     [](double share, PatchChange& to) {
       to.contrast.fill(factor(SurrogateRecipe{}.contrast, share));
       to.value.power = to.saturation.power = factor(SurrogateRecipe{}.power, share);
     }},
}};

/// Patches in slots, the same change for all.
class ChangedPatches : public execution::BatchReader {
 public:
  ChangedPatches(const datasets::UnseenPatches& patches, const datasets::Preprocessing& preprocessing, const SampleShape& shape,
                 std::int64_t first, const PatchChange& change)
      : patches_(patches), preprocessing_(preprocessing), shape_(shape), first_(first), change_(change) {}
  void fetch(std::int64_t slot, float* output) const override {
    thread_local std::vector<std::uint8_t> bytes;
    bytes.resize(static_cast<std::size_t>(shape_.size()));
    patches_.make_unseen(first_ + slot, change_, bytes.data());
    preprocessing_.apply(bytes.data(), output);
  }
  std::int32_t label(std::int64_t) const override { return 0; }

 private:
  const datasets::UnseenPatches& patches_;
  const datasets::Preprocessing& preprocessing_;
  SampleShape shape_;
  std::int64_t first_;
  PatchChange change_;
};

class Invariance {
 public:
  Invariance(const AnalysisInputs& in, const datasets::UnseenPatches& patches, std::int64_t count, graph::NodeId node)
      : in_(in), patches_(patches), count_(count), node_(node), size_(in.graph.node(node).shape.size()), plain_(features({})) {}

  /// Mean distance of a patch's features under the change from those without it, over that between different patches.
  double moved(const PatchChange& change) const {
    const std::vector<float> now = features(change);
    double sum = 0;
    for (std::int64_t i = 0; i < count_; ++i) sum += distance(plain_, i, now, i);
    return sum / static_cast<double>(count_) / apart();
  }

 private:
  std::vector<float> features(const PatchChange& change) const {
    std::vector<float> all(static_cast<std::size_t>(count_ * size_));
    for (std::int64_t first = 0; first < count_; first += in_.recipe.batch) {
      const std::int64_t count = std::min(in_.recipe.batch, count_ - first);
      const ChangedPatches reader(patches_, in_.test.preprocessing(), in_.test.shape(), first, change);
      execution::Readout readout;
      readout.node = node_;
      readout.values = all.data() + first * size_;
      in_.learner.executor().evaluate({&reader, count, in_.seed, 0}, layers::Mode::infer, readout);
    }
    return all;
  }
  double distance(const std::vector<float>& a, std::int64_t i, const std::vector<float>& b, std::int64_t j) const {
    double sum = 0;
    for (std::int64_t k = 0; k < size_; ++k) {
      const double difference =
          static_cast<double>(a[static_cast<std::size_t>(i * size_ + k)]) - b[static_cast<std::size_t>(j * size_ + k)];
      sum += difference * difference;
    }
    return std::sqrt(sum);
  }
  double apart() const {
    double sum = 0;
    for (std::int64_t i = 0; i < count_; ++i)
      for (std::int64_t j = 0; j < i; ++j) sum += distance(plain_, i, plain_, j);
    return 2 * sum / static_cast<double>(count_ * (count_ - 1));
  }

  const AnalysisInputs& in_;
  const datasets::UnseenPatches& patches_;
  std::int64_t count_;
  graph::NodeId node_;
  std::int64_t size_;
  std::vector<float> plain_;
};

graph::NodeId node_of(const Subject& subject) {
  return subject.graph.find(subject.recipe.analysis_options.get_string("node", "fc.relu"));
}

std::int64_t patches_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "patches", 100);
}

}  // namespace

void check_invariance(const Subject& subject) {
  if (subject.recipe.surrogate.classes == 0)
    throw InputError(Complaint{"analysis invariance", "a net that learns surrogate classes", "another one",
                               "Set surrogate.classes, or drop the analysis"});
  if (patches_of(subject.recipe) < 2) throw InputError(Complaint{"analysis.patches", "at least 2", "1", "Raise it"});
  node_of(subject);
}

void invariance(const AnalysisInputs& in, records::RunRecord& record) {
  const datasets::UnseenPatches* patches = datasets::unseen_patches(in.test.images());
  if (patches == nullptr || patches->unseen() < 2)
    throw InputError(Complaint{"analysis invariance", "at least two training images that no surrogate class is from",
                               fmt::format("{}", patches == nullptr ? 0 : patches->unseen()), "Lower surrogate.classes"});
  const Invariance measured(in, *patches, std::min(patches->unseen(), patches_of(in.recipe)), node_of({in.recipe, in.graph}));
  records::Table table{"Features of patches that change, as far as different patches are apart", "strength", {}};
  std::vector<double>& strengths = table.columns[table.x];
  for (int i = 0; i < kPoints; ++i) strengths.push_back(kFurthest * i / (kPoints - 1));
  for (const Curve& curve : kCurves) {
    std::vector<double>& column = table.columns[curve.name];
    for (const double share : strengths) {
      PatchChange change;
      curve.change(share, change);
      column.push_back(measured.moved(change));
    }
    const std::string metric = fmt::format("moved_by_{}", curve.name);
    record.results[metric] = records::result_of(metric, column[kLimit]);
    if (in.progress) in.progress(static_cast<double>(&curve - kCurves.data() + 1) / static_cast<double>(kCurves.size()));
  }
  record.tables["invariance"] = std::move(table);
}

}  // namespace reprise::analyses
