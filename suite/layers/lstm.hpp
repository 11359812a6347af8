#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Long short-term memory over the frames of a clip. With primes for the step before (0 at the first) and '.' element by element:
///
///   i = s(Wxi x + Whi h' + wci . c' + bi)          s = logistic function
///   f = s(Wxf x + Whf h' + wcf . c' + bf + forget_offset)
///   z = tanh(Wxz x + Whz h' + bz)
///   c = f . c' + i . z
///   o = s(Wxo x + Who h' + wco . c + bo)
///   h = o . tanh(c)
///
///   input  [N, T, 1, D]    T frames of D features
///   output [N, T, 1, K]    K = cells: h at each step
///
/// Parameters: weight [4K, D] and recurrent [4K, K], in the order i, f, z, o; bias [4K]; with peepholes [3, K]: wci, wcf, wco.
/// backward() goes through time, overwrites all gradients, and does not clip. Arithmetic is float32 whatever the storage. Does not couple
/// samples. Throws InputError for cells below 1, ShapeError for an input with a width.
/// Initialisation: uniform within 1 / sqrt(K); biases and peepholes 0. forget_offset stands for a forget bias that starts there.
/// Graves 2013, section 2.1 (arXiv 1303.5778), as in Ng et al. 2015, section 3.2 (arXiv 1503.08909).
class Lstm : public Layer {
 public:
  struct Options {
    std::int64_t cells = 0;
    bool peepholes = true;
    double forget_offset = 1;
  };
  explicit Lstm(Options options);
  std::string_view kind() const override { return "lstm"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
