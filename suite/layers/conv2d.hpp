#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

enum class PaddingMode { zeros, reflect };

/// Convolution (cross-correlation): output[n, p, q, k] = bias[k] + sum_{r, s, c} input[n, p*stride + r - padding, q*stride + s - padding,
/// c] weight[k, c, r, s].
///
///   input  [N, H, W, C]
///   output [N, P, Q, K]   P = (H + 2 padding - filter_size) / stride + 1, rounded down, or up with `ceil`: the last window then
///                         hangs over the edge below or to the right and reads zeros there
///   weight [K, C/groups, filter_size, filter_size], bias [K]
///
/// Reflect padding mirrors without repeating the edge and needs padding < H, W. backward() overwrites grad_input, grad_weight and
/// grad_bias. Does not couple samples. Throws ShapeError if groups do not divide C and K or the filter exceeds the padded input.
/// Initialisation: He et al. 2015, section 2.2 (arXiv 1502.01852) unless told otherwise; fan_in = C/groups filter_size^2; biases 0.
class Conv2d : public Layer {
 public:
  struct Options {
    std::int64_t filters = 1;
    std::int64_t filter_size = 3;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    PaddingMode padding_mode = PaddingMode::zeros;
    std::int64_t groups = 1;
    bool ceil = false;
    bool bias = true;
    Initialisation::Kind initialisation = Initialisation::Kind::he_normal;
    double gain = 1.0;              ///< standard deviation, for Kind::normal
    bool identity_filters = false;  ///< see Initialisation
    bool bias_decays = false;
    double bias_start = 0;
    /// Positive: the filters, 2 filter_size^2 C of them, whiten the patches of the first 5,000 training images and do not train; see
    /// patch_whitening.hpp.
    double whitening_epsilon = 0;
  };

  explicit Conv2d(Options options) : options_(options) {}
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "conv2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::vector<Fact> facts() const override;
  std::int64_t images_to_fit() const override { return options_.whitening_epsilon > 0 ? 5000 : 0; }
  void fit(std::span<const float> images, const SampleShape& shape, std::span<float* const> parameters) const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
