#include "suite/kernels/reference/recurrent.hpp"

#include <cmath>

namespace reprise::kernels::reference {

namespace {

/// One step: its gates and cell after their functions, and its output.
struct Step {
  std::vector<double> in, forget, cell_input, out, cell, hidden;
};

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

class Run {
 public:
  Run(const LstmShape& shape, const LstmParameters& p, const std::vector<double>& input) : shape_(shape), p_(p), input_(input) {
    for (std::int64_t t = 0; t < shape.frames; ++t) steps.push_back(step(t));
  }

  std::vector<Step> steps;

  double hidden_before(std::int64_t t, std::int64_t k) const {
    return t > 0 ? steps[static_cast<std::size_t>(t - 1)].hidden[static_cast<std::size_t>(k)] : 0;
  }
  double cell_before(std::int64_t t, std::int64_t k) const {
    return t > 0 ? steps[static_cast<std::size_t>(t - 1)].cell[static_cast<std::size_t>(k)] : 0;
  }
  double peephole(int gate, std::int64_t k) const {
    return p_.peepholes.empty() ? 0 : p_.peepholes[static_cast<std::size_t>(gate * shape_.cells + k)];
  }

 private:
  /// Of cell k, what gate number `gate` (of four) is made of, without its peephole.
  double sum(std::int64_t t, int gate, std::int64_t k) const {
    const std::int64_t row = gate * shape_.cells + k;
    double result = p_.bias[static_cast<std::size_t>(row)];
    for (std::int64_t d = 0; d < shape_.features; ++d)
      result += p_.weight[static_cast<std::size_t>(row * shape_.features + d)] * input_[static_cast<std::size_t>(t * shape_.features + d)];
    for (std::int64_t j = 0; j < shape_.cells; ++j)
      result += p_.recurrent[static_cast<std::size_t>(row * shape_.cells + j)] * hidden_before(t, j);
    return result;
  }

  Step step(std::int64_t t) const {
    Step s;
    for (std::int64_t k = 0; k < shape_.cells; ++k) {
      const double before = cell_before(t, k);
      const double i = logistic(sum(t, 0, k) + peephole(0, k) * before);
      const double f = logistic(sum(t, 1, k) + shape_.forget_offset + peephole(1, k) * before);
      const double z = std::tanh(sum(t, 2, k));
      const double c = f * before + i * z;
      const double o = logistic(sum(t, 3, k) + peephole(2, k) * c);
      s.in.push_back(i), s.forget.push_back(f), s.cell_input.push_back(z), s.out.push_back(o), s.cell.push_back(c);
      s.hidden.push_back(o * std::tanh(c));
    }
    return s;
  }

  LstmShape shape_;
  const LstmParameters& p_;
  const std::vector<double>& input_;
};

}  // namespace

std::vector<double> lstm(const LstmShape& shape, const LstmParameters& parameters, const std::vector<double>& input) {
  std::vector<double> output;
  for (const Step& step : Run(shape, parameters, input).steps) output.insert(output.end(), step.hidden.begin(), step.hidden.end());
  return output;
}

LstmGradients lstm_grad(const LstmShape& shape, const LstmParameters& p, const std::vector<double>& input,
                        const std::vector<double>& grad_output) {
  const Run run(shape, p, input);
  const std::int64_t cells = shape.cells, features = shape.features;
  LstmGradients grads{std::vector<double>(input.size()),
                      {std::vector<double>(p.weight.size()), std::vector<double>(p.recurrent.size()), std::vector<double>(p.bias.size()),
                       std::vector<double>(p.peepholes.size())}};
  std::vector<double> grad_hidden(static_cast<std::size_t>(cells)), grad_cell(grad_hidden);
  for (std::int64_t t = shape.frames - 1; t >= 0; --t) {
    const Step& s = run.steps[static_cast<std::size_t>(t)];
    std::vector<double> hidden_then(static_cast<std::size_t>(cells)), sums(static_cast<std::size_t>(4 * cells));
    for (std::int64_t j = 0; j < cells; ++j) {
      const auto k = static_cast<std::size_t>(j), width = static_cast<std::size_t>(cells);
      const double i = s.in[k], f = s.forget[k], z = s.cell_input[k], o = s.out[k], c = s.cell[k], before = run.cell_before(t, j);
      const double dh = grad_output[static_cast<std::size_t>(t * cells) + k] + grad_hidden[k];
      sums[3 * width + k] = dh * std::tanh(c) * o * (1 - o);
      const double dc = grad_cell[k] + dh * o * (1 - std::tanh(c) * std::tanh(c)) + sums[3 * width + k] * run.peephole(2, j);
      sums[k] = dc * z * i * (1 - i);
      sums[width + k] = dc * before * f * (1 - f);
      sums[2 * width + k] = dc * i * (1 - z * z);
      grad_cell[k] = dc * f + sums[k] * run.peephole(0, j) + sums[width + k] * run.peephole(1, j);
      if (p.peepholes.empty()) continue;
      grads.parameters.peepholes[k] += sums[k] * before;
      grads.parameters.peepholes[width + k] += sums[width + k] * before;
      grads.parameters.peepholes[2 * width + k] += sums[3 * width + k] * c;
    }
    for (std::int64_t row = 0; row < 4 * cells; ++row) {
      const double grad = sums[static_cast<std::size_t>(row)];
      grads.parameters.bias[static_cast<std::size_t>(row)] += grad;
      for (std::int64_t d = 0; d < features; ++d) {
        const auto at = static_cast<std::size_t>(row * features + d), x = static_cast<std::size_t>(t * features + d);
        grads.parameters.weight[at] += grad * input[x];
        grads.input[x] += grad * p.weight[at];
      }
      for (std::int64_t j = 0; j < cells; ++j) {
        const auto at = static_cast<std::size_t>(row * cells + j);
        grads.parameters.recurrent[at] += grad * run.hidden_before(t, j);
        hidden_then[static_cast<std::size_t>(j)] += grad * p.recurrent[at];
      }
    }
    grad_hidden = hidden_then;
  }
  return grads;
}

}  // namespace reprise::kernels::reference
