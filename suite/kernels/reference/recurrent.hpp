#pragma once
// Long short-term memory of one sample as plain loops in double.

#include <cstdint>
#include <vector>

namespace reprise::kernels::reference {

/// T frames of D features, K cells. The forget gate's sum has forget_offset added.
struct LstmShape {
  std::int64_t frames = 1, features = 1, cells = 1;
  double forget_offset = 0;
};

/// weight [4K, D], recurrent [4K, K], bias [4K] in the order input gate, forget gate, cell, output gate; peepholes [3, K] of the three
/// gates in this order, or empty.
struct LstmParameters {
  std::vector<double> weight, recurrent, bias, peepholes;
};

/// input [T, D] -> [T, K].
std::vector<double> lstm(const LstmShape& shape, const LstmParameters& parameters, const std::vector<double>& input);

struct LstmGradients {
  std::vector<double> input;
  LstmParameters parameters;
};
LstmGradients lstm_grad(const LstmShape& shape, const LstmParameters& parameters, const std::vector<double>& input,
                        const std::vector<double>& grad_output);

}  // namespace reprise::kernels::reference
