#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Largest value in each of n x n parts of a map: part (i, j) has the rows from ceil(i H / n) to ceil((i + 1) H / n) - 1 and likewise
/// columns.
///
///   input  [N, H, W, C]    H and W at least n
///   output [N, n, n, C]    n = parts
///
/// The first maximum in row order wins a tie and alone receives the gradient. backward() overwrites grad_input. Does not couple samples.
/// Throws InputError for parts < 1 and ShapeError for an input of fewer rows or columns, or of a part with more than 65,536 positions.
/// Source: Lazebnik et al. 2006, spatial pyramids; with n = 2 the quadrants of Coates et al. 2011.
class PartMaxPool : public Layer {
 public:
  struct Options {
    std::int64_t parts = 2;
  };
  explicit PartMaxPool(Options options);
  std::string_view kind() const override { return "part_max_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
