#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Normalises each channel over the whole global batch: output = gamma * (input - mean) / sqrt(variance + epsilon) + beta.
///
///   input, output [N, H, W, C]
///   gamma, beta   [C]        only if `affine`; beta alone if also `fixed_gamma`
///   running_mean, running_var [C]   states, no gradient: new = (1 - momentum) * old + momentum * batch value
///
/// With `orientations` S > 1 the input is [N, H, W, S C], the maps of each orientation in a row, and the S orientations of a map count as
/// more of its values: they share statistics, gamma and beta, so that the layer commutes with turning the input of a group convolution.
///
/// Mode::train: mean and (biased) variance over all N*H*W values of the global batch, padded samples left out; the UNBIASED
/// variance, M / (M - 1) times the biased one, enters running_var, as in PyTorch. Other modes: the running statistics.
/// Couples samples: sum and sum of squares per channel on the way forward (of an input that joins parts, those of each part), sum of
/// grad_output and of grad_output times the normalised input on the way back; the latter two are the gradients of beta and gamma, which
/// finish_backward() overwrites.
/// backward() overwrites grad_input and in Mode::train leaves padded samples zero.
/// Throws ShapeError unless it has one input and `orientations` divides its channels; InputError for momentum outside (0, 1], epsilon <= 0,
/// beta_rate <= 0 or orientations < 1.
/// Source: Ioffe, Szegedy 2015, algorithm 1 (arXiv 1502.03167).
class BatchNorm : public Layer {
 public:
  struct Options {
    double momentum = 0.1;
    double epsilon = 1e-5;
    bool affine = true;
    bool decays = false;       ///< weight decay applies to gamma and beta
    bool fixed_gamma = false;  ///< gamma is 1 and no parameter
    double beta_rate = 1;      ///< times the learning rate; decay stays what it is
    std::int64_t orientations = 1;
  };
  explicit BatchNorm(Options options);
  const Options& options() const { return options_; }
  std::string_view kind() const override { return "batch_norm"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  bool backward_in_place() const override { return true; }
  bool couples_samples() const override { return true; }
  bool reads_wide_rows() const override { return options_.orientations == 1; }
  bool runs_again() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
