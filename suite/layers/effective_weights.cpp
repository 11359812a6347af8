#include "suite/layers/effective_weights.hpp"

#include <mutex>
#include <utility>

#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

std::size_t bytes_of(std::int64_t count) {
  return aligned(static_cast<std::size_t>(count) * sizeof(float));
}

std::size_t bytes_of_effective(const WeightMap& map) {
  return bytes_of(map.effective_count());
}

class PreparedEffective : public PreparedLayer {
 public:
  PreparedEffective(std::unique_ptr<PreparedLayer> inner, std::vector<std::unique_ptr<const WeightMap>> maps)
      : inner_(std::move(inner)), maps_(std::move(maps)) {
    for (const auto& map : maps_) {
      effective_.emplace_back(bytes_of_effective(*map));
      views_.push_back(effective_.back().floats());
      gradient_bytes_ += bytes_of_effective(*map);
      kept_.emplace_back(bytes_of(map->kept_count()));
      kept_bytes_ += kept_.back().size();
    }
  }

  std::size_t saved_bytes() const override { return inner_->saved_bytes(); }
  std::size_t scratch_bytes() const override { return gradient_bytes_ + inner_->scratch_bytes(); }
  std::size_t packed_bytes() const override { return gradient_bytes_ + kept_bytes_ + inner_->packed_bytes(); }

  void load_weights(std::span<const float* const> parameters) override {
    show(parameters);
    inner_->load_weights(views_);
  }
  std::int64_t load_parts() const override { return inner_->load_parts(); }
  /// The first thread that comes shows the weights, the others wait for it.
  void load_part(std::span<const float* const> parameters, std::int64_t part) override {
    {
      const std::lock_guard lock(showing_);
      if (parts_begun_ == 0) show(parameters);
      parts_begun_ = (parts_begun_ + 1) % inner_->load_parts();
    }
    inner_->load_part(views_, part);
  }

  void forward(const ForwardArgs& args) const override {
    ForwardArgs seen = args;
    seen.parameters = views_;
    seen.scratch = args.scratch + gradient_bytes_;
    inner_->forward(seen);
  }

  void backward(const BackwardArgs& args) const override {
    BackwardArgs seen = args;
    seen.parameters = views_;
    seen.scratch = args.scratch + gradient_bytes_;
    if (args.grad_parameters.empty()) return inner_->backward(seen);
    std::vector<float*> gradients;
    std::byte* at = args.scratch;
    for (const auto& map : maps_) {
      gradients.push_back(reinterpret_cast<float*>(at));
      at += bytes_of_effective(*map);
    }
    seen.grad_parameters = gradients;
    inner_->backward(seen);
    std::size_t at_stored = 0;
    for (std::size_t p = 0; p < maps_.size(); at_stored += maps_[p++]->stored_parameters())
      maps_[p]->pull_back(kept_[p].floats(), gradients[p], args.grad_parameters.subspan(at_stored, maps_[p]->stored_parameters()));
  }

 private:
  void show(std::span<const float* const> parameters) {
    std::size_t at = 0;
    for (std::size_t p = 0; p < maps_.size(); at += maps_[p++]->stored_parameters())
      maps_[p]->show(parameters.subspan(at, maps_[p]->stored_parameters()), effective_[p].floats(), kept_[p].floats());
  }

  std::unique_ptr<PreparedLayer> inner_;
  std::vector<std::unique_ptr<const WeightMap>> maps_;
  std::vector<Memory> effective_, kept_;  ///< by parameter
  std::vector<const float*> views_;
  std::size_t gradient_bytes_ = 0, kept_bytes_ = 0;
  std::mutex showing_;
  std::int64_t parts_begun_ = 0;  ///< of the current load
};

}  // namespace

std::unique_ptr<PreparedLayer> with_effective_weights(std::unique_ptr<PreparedLayer> inner,
                                                      std::vector<std::unique_ptr<const WeightMap>> maps) {
  return std::make_unique<PreparedEffective>(std::move(inner), std::move(maps));
}

}  // namespace reprise::layers
