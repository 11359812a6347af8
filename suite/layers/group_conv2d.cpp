#include "suite/layers/group_conv2d.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/layers/effective_weights.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

Conv2d::Options convolution_of(const GroupConv2d::Options& o, int copies) {
  return {.filters = copies * o.filters,
          .filter_size = o.filter_size,
          .stride = o.stride,
          .padding = o.padding,
          .bias = o.bias,
          .initialisation = o.initialisation,
          .gain = o.gain,
          .bias_decays = o.bias_decays};
}

/// Filters [K, S, C, area] -> [orientations, K, S, C, area], S = 1 from the plane.
class OrientedFilters : public WeightMap {
 public:
  OrientedFilters(const GroupConv2d::Options& o, std::int64_t channels)
      : filters_(o.filters),
        orientations_(orientations(o.group)),
        planes_(o.from_plane ? 1 : orientations_),
        maps_(channels / planes_),
        area_(o.filter_size * o.filter_size) {
    for (int h = 0; h < orientations_; ++h) {
      moved_.push_back(for_all_maps(moved_cells(h, o.filter_size)));
      moved_back_.push_back(for_all_maps(moved_cells(inverse(h), o.filter_size)));
    }
  }

  std::int64_t effective_count() const override { return orientations_ * stored_count(); }

  void show(std::span<const float* const> stored, float* effective, float*) const override {
    for (int h = 0; h < orientations_; ++h)
      for (std::int64_t k = 0; k < filters_; ++k)
        for (int s = 0; s < planes_; ++s, effective += plane_size()) {
          const float* from = stored[0] + (k * planes_ + plane_before(h, s)) * plane_size();
          const std::int32_t* moved = moved_[static_cast<std::size_t>(h)].data();
          for (std::int64_t i = 0; i < plane_size(); ++i) effective[i] = from[moved[i]];
        }
  }

  /// Sums over the orientations, in their order.
  void pull_back(const float*, const float* grad_effective, std::span<float* const> grad_stored) const override {
    for (int h = 0; h < orientations_; ++h)
      for (std::int64_t k = 0; k < filters_; ++k)
        for (int s = 0; s < planes_; ++s, grad_effective += plane_size()) {
          float* to = grad_stored[0] + (k * planes_ + plane_before(h, s)) * plane_size();
          if (h == 0)
            std::copy_n(grad_effective, plane_size(), to);
          else
            add_moved(moved_back_[static_cast<std::size_t>(h)].data(), grad_effective, to);
        }
  }

 private:
  std::int64_t plane_size() const { return maps_ * area_; }
  std::int64_t stored_count() const { return filters_ * planes_ * plane_size(); }
  /// The plane of the filter that h sends to plane s.
  int plane_before(int h, int s) const { return planes_ == 1 ? 0 : product(inverse(h), s); }

  void add_moved(const std::int32_t* moved, const float* from, float* __restrict to) const {
    for (std::int64_t i = 0; i < plane_size(); ++i) to[i] += from[moved[i]];
  }

  /// The cells of one map -> those of all maps of a plane: one loop is faster than many short ones.
  std::vector<std::int32_t> for_all_maps(const std::vector<std::int32_t>& cells) const {
    std::vector<std::int32_t> all;
    for (std::int64_t c = 0; c < maps_; ++c)
      for (const std::int32_t cell : cells) all.push_back(static_cast<std::int32_t>(c * area_) + cell);
    return all;
  }

  std::int64_t filters_;
  int orientations_, planes_;
  std::int64_t maps_, area_;
  std::vector<std::vector<std::int32_t>> moved_, moved_back_;  ///< by orientation: where in a plane each value of it comes from
};

/// One bias for all orientations of a map.
class SharedBias : public WeightMap {
 public:
  explicit SharedBias(const GroupConv2d::Options& o) : filters_(o.filters), orientations_(orientations(o.group)) {}

  std::int64_t effective_count() const override { return orientations_ * filters_; }
  void show(std::span<const float* const> stored, float* effective, float*) const override {
    for (int h = 0; h < orientations_; ++h) std::copy_n(stored[0], filters_, effective + h * filters_);
  }
  void pull_back(const float*, const float* grad_effective, std::span<float* const> grad_stored) const override {
    std::copy_n(grad_effective, filters_, grad_stored[0]);
    for (int h = 1; h < orientations_; ++h)
      for (std::int64_t k = 0; k < filters_; ++k) grad_stored[0][k] += grad_effective[h * filters_ + k];
  }

 private:
  std::int64_t filters_;
  int orientations_;
};

}  // namespace

GroupConv2d::GroupConv2d(Options options)
    : options_(options), stored_(convolution_of(options, 1)), shown_(convolution_of(options, orientations(options.group))) {}

SampleShape GroupConv2d::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  const int count = orientations(options_.group);
  if (!options_.from_plane && input.channels % count != 0)
    throw ShapeError(Complaint{"group_conv2d", fmt::format("channels of {} orientations of {}", count, name_of(options_.group)),
                               fmt::format("{} channels {}", input.channels, input.text()), "Begin with a layer from the plane"});
  return shown_.output_shape(inputs);
}

std::vector<Fact> GroupConv2d::facts() const {
  std::vector<Fact> facts{{"group", std::string(name_of(options_.group)), fmt::format(" {}", name_of(options_.group))},
                          {"from_plane", options_.from_plane, options_.from_plane ? " from the plane" : ""}};
  for (const Fact& fact : stored_.facts())
    if (fact.name == "filter_size" || fact.name == "filters" || fact.name == "stride" || fact.name == "padding") facts.push_back(fact);
  return facts;
}

std::unique_ptr<PreparedLayer> GroupConv2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  std::vector<std::unique_ptr<const WeightMap>> maps;
  maps.push_back(std::make_unique<OrientedFilters>(options_, inputs[0].channels));
  if (options_.bias) maps.push_back(std::make_unique<SharedBias>(options_));
  return with_effective_weights(shown_.prepare(inputs, options), std::move(maps));
}

}  // namespace reprise::layers
