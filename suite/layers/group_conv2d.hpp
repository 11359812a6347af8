#pragma once

#include "suite/layers/conv2d.hpp"
#include "suite/layers/plane_group.hpp"

namespace reprise::layers {

/// Group convolution on p4 or p4m: a convolution that shows each filter in every orientation. In orientation h, map k of the output is
/// the correlation of the input with h applied to filter k; where the input has orientations as well, h also sends plane s of the filter
/// to plane h s. So turning or mirroring the input by u turns and mirrors the output and carries orientation h to u h, exactly up to
/// rounding, if all windows are centred: for a stride of 2 this takes an odd size.
///
///   input  [N, H, W, C] from the plane, else [N, H, W, S C]    S = 4 (p4) or 8 (p4m) orientations, each with its maps in a row
///   output [N, P, Q, S K]                                       P as in Conv2d
///   weight [K, C, filter_size, filter_size] or [K, S C, filter_size, filter_size], bias [K]: one for all orientations of a map
///
/// One convolution of S K filters computes it; its weights are an exchange of places of those that are stored, in the same way that the
/// gradients of all orientations are summed into those of the weights. backward() overwrites grad_input, grad_weight and grad_bias.
/// Does not couple samples. Throws ShapeError as Conv2d, or if S does not divide the channels of an input with orientations.
/// Initialisation as Conv2d, with a fan_in of S C filter_size^2.
/// Source: Cohen, Welling 2016, sections 6 and 7 (arXiv 1602.07576).
class GroupConv2d : public Layer {
 public:
  struct Options {
    PlaneGroup group = PlaneGroup::p4;
    bool from_plane = false;  ///< the input has no orientations
    std::int64_t filters = 1;
    std::int64_t filter_size = 3;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    bool bias = true;
    Initialisation::Kind initialisation = Initialisation::Kind::he_normal;
    double gain = 1.0;  ///< standard deviation, for Kind::normal
    bool bias_decays = false;
  };

  explicit GroupConv2d(Options options);
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "group_conv2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override { return stored_.parameters(inputs); }
  Cost cost(std::span<const SampleShape> inputs) const override { return shown_.cost(inputs); }
  Needs needs() const override { return shown_.needs(); }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
  Conv2d stored_, shown_;  ///< with the filters that are stored, and with those of all orientations
};

}  // namespace reprise::layers
