#pragma once

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/plastic.hpp"

namespace reprise::layers {

/// Convolution without bias, reflect padding, whose filters compete at every position and learn by Hebb's rule.
///
///   input  [N, H, W, C]
///   output [N, P, Q, K]   u_k = weight_k * patch; with `triangle_first` max(0, u_k - mean over k) instead
///   weight [K, C, filter_size, filter_size]
///
/// Competition at a position: y = softmax over k of t u; the response of the winner is y, of every other filter -y (`losers_unlearn`), or
/// in the hard form 1 and 0. Update: see Plasticity. A dense layer of this kind is the case of a filter_size as large as the image.
/// Forward, and backward for gradients of a net around it, are those of Conv2d. Does not couple samples. Throws as Conv2d; InputError for a
/// temperature or a radius that is not positive.
/// Initialisation: N(0, radius^2 / fan_in), so that every filter starts with a norm near radius; or U[0, radius sqrt(3 / fan_in)).
/// Source: Moraitis et al. 2022, Journé et al. 2023 (arXiv 2209.11883).
class SoftHebbConv2d : public PlasticLayer {
 public:
  struct Options {
    std::int64_t filters = 1;
    std::int64_t filter_size = 3;
    std::int64_t padding = 0;
    kernels::Competition competition;
    bool triangle_first = false;
    double radius = 25;
    bool positive_start = false;
    Plasticity plasticity;
  };
  explicit SoftHebbConv2d(Options options);
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "soft_hebb_conv2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override { return convolution_.output_shape(inputs); }
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override { return convolution_.parameters(inputs); }
  /// Learning passes nothing back: no input gradient.
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = options_.triangle_first}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
  const Plasticity& plasticity() const override { return options_.plasticity; }
  std::unique_ptr<PreparedPlastic> prepare_plastic(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
  Conv2d convolution_;
};

}  // namespace reprise::layers
