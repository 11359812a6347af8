#include "suite/kernels/reference/attention.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::kernels::reference {

namespace {

using Numbers = std::vector<double>;

Numbers softmax_of(const Numbers& scores) {
  const double top = *std::max_element(scores.begin(), scores.end());
  Numbers result;
  double sum = 0;
  for (const double s : scores) result.push_back(std::exp(s - top)), sum += result.back();
  for (double& p : result) p /= sum;
  return result;
}

/// ds = p (dp - sum of p dp).
Numbers softmax_back(const Numbers& probability, const Numbers& gradient) {
  double sum = 0;
  for (std::size_t i = 0; i < probability.size(); ++i) sum += probability[i] * gradient[i];
  Numbers result;
  for (std::size_t i = 0; i < probability.size(); ++i) result.push_back(probability[i] * (gradient[i] - sum));
  return result;
}

/// One head of one sample; indices into [T, 3C] and [T, C].
struct Head {
  AttentionShape shape;
  std::int64_t head;
  std::int64_t width() const { return shape.channels / shape.heads; }
  std::size_t at(std::int64_t token, int part, std::int64_t i) const {
    return static_cast<std::size_t>(token * 3 * shape.channels + part * shape.channels + head * width() + i);
  }
  std::size_t out(std::int64_t token, std::int64_t i) const {
    return static_cast<std::size_t>(token * shape.channels + head * width() + i);
  }
  double factor(const Numbers& factors, std::int64_t t, std::int64_t s) const {
    return factors.empty() ? 1 : factors[static_cast<std::size_t>((head * shape.tokens + t) * shape.tokens + s)];
  }
  double scale() const { return 1 / std::sqrt(static_cast<double>(width())); }

  Numbers probabilities(const Numbers& input, std::int64_t t) const {
    Numbers scores;
    for (std::int64_t s = 0; s < shape.tokens; ++s) {
      double sum = 0;
      for (std::int64_t i = 0; i < width(); ++i) sum += input[at(t, 0, i)] * input[at(s, 1, i)];
      scores.push_back(sum * scale());
    }
    return softmax_of(scores);
  }
};

}  // namespace

Numbers attention(const AttentionShape& shape, const Numbers& input, const Numbers& factors) {
  Numbers output(static_cast<std::size_t>(shape.tokens * shape.channels));
  for (std::int64_t h = 0; h < shape.heads; ++h) {
    const Head head{shape, h};
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      const Numbers p = head.probabilities(input, t);
      for (std::int64_t s = 0; s < shape.tokens; ++s)
        for (std::int64_t i = 0; i < head.width(); ++i)
          output[head.out(t, i)] += p[static_cast<std::size_t>(s)] * head.factor(factors, t, s) * input[head.at(s, 2, i)];
    }
  }
  return output;
}

Numbers attention_grad(const AttentionShape& shape, const Numbers& input, const Numbers& grad_output, const Numbers& factors) {
  Numbers grad(input.size());
  for (std::int64_t h = 0; h < shape.heads; ++h) {
    const Head head{shape, h};
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      const Numbers p = head.probabilities(input, t);
      Numbers grad_p;
      for (std::int64_t s = 0; s < shape.tokens; ++s) {
        const double m = head.factor(factors, t, s);
        double sum = 0;
        for (std::int64_t i = 0; i < head.width(); ++i) {
          sum += grad_output[head.out(t, i)] * input[head.at(s, 2, i)];
          grad[head.at(s, 2, i)] += m * p[static_cast<std::size_t>(s)] * grad_output[head.out(t, i)];
        }
        grad_p.push_back(m * sum);
      }
      const Numbers grad_scores = softmax_back(p, grad_p);
      for (std::int64_t s = 0; s < shape.tokens; ++s)
        for (std::int64_t i = 0; i < head.width(); ++i) {
          const double ds = grad_scores[static_cast<std::size_t>(s)] * head.scale();
          grad[head.at(t, 0, i)] += ds * input[head.at(s, 1, i)];
          grad[head.at(s, 1, i)] += ds * input[head.at(t, 0, i)];
        }
    }
  }
  return grad;
}

namespace {

struct Moments {
  double mean = 0, inverse_deviation = 0;
};
Moments moments_of(const double* row, std::size_t channels, double epsilon) {
  const double count = static_cast<double>(channels);
  Moments m;
  for (std::size_t c = 0; c < channels; ++c) m.mean += row[c] / count;
  double variance = 0;
  for (std::size_t c = 0; c < channels; ++c) variance += (row[c] - m.mean) * (row[c] - m.mean) / count;
  m.inverse_deviation = 1 / std::sqrt(variance + epsilon);
  return m;
}

}  // namespace

Numbers layer_norm(const Numbers& input, const Numbers& gamma, const Numbers& beta, double epsilon) {
  const std::size_t channels = gamma.size();
  Numbers output;
  for (std::size_t r = 0; r < input.size(); r += channels) {
    const Moments m = moments_of(&input[r], channels, epsilon);
    for (std::size_t c = 0; c < channels; ++c) output.push_back(gamma[c] * (input[r + c] - m.mean) * m.inverse_deviation + beta[c]);
  }
  return output;
}

LayerNormGradients layer_norm_grad(const Numbers& input, const Numbers& gamma, double epsilon, const Numbers& grad_output) {
  const std::size_t channels = gamma.size();
  LayerNormGradients grads{Numbers(input.size()), Numbers(channels), Numbers(channels)};
  for (std::size_t r = 0; r < input.size(); r += channels) {
    const Moments m = moments_of(&input[r], channels, epsilon);
    const auto normal = [&](std::size_t c) { return (input[r + c] - m.mean) * m.inverse_deviation; };
    double mean = 0, slope = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      const double dy = grad_output[r + c], share = dy * gamma[c] / static_cast<double>(channels);
      mean += share, slope += share * normal(c);
      grads.gamma[c] += dy * normal(c), grads.beta[c] += dy;
    }
    for (std::size_t c = 0; c < channels; ++c)
      grads.input[r + c] = m.inverse_deviation * (grad_output[r + c] * gamma[c] - mean - normal(c) * slope);
  }
  return grads;
}

namespace {

Numbers row_weights(const Numbers& input, const Numbers& weight) {
  Numbers logits;
  for (std::size_t r = 0; r < input.size(); r += weight.size()) {
    double sum = 0;
    for (std::size_t c = 0; c < weight.size(); ++c) sum += input[r + c] * weight[c];
    logits.push_back(sum);
  }
  return softmax_of(logits);
}

}  // namespace

Numbers sequence_pool(const Numbers& input, const Numbers& weight) {
  const Numbers a = row_weights(input, weight);
  Numbers output(weight.size());
  for (std::size_t t = 0; t < a.size(); ++t)
    for (std::size_t c = 0; c < weight.size(); ++c) output[c] += a[t] * input[t * weight.size() + c];
  return output;
}

SequencePoolGradients sequence_pool_grad(const Numbers& input, const Numbers& weight, const Numbers& grad_output) {
  const std::size_t channels = weight.size();
  const Numbers a = row_weights(input, weight);
  Numbers products;
  for (std::size_t t = 0; t < a.size(); ++t) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += input[t * channels + c] * grad_output[c];
    products.push_back(sum);
  }
  const Numbers grad_logits = softmax_back(a, products);
  SequencePoolGradients grads{Numbers(input.size()), Numbers(channels)};
  for (std::size_t t = 0; t < a.size(); ++t)
    for (std::size_t c = 0; c < channels; ++c) {
      grads.input[t * channels + c] = a[t] * grad_output[c] + grad_logits[t] * weight[c];
      grads.weight[c] += grad_logits[t] * input[t * channels + c];
    }
  return grads;
}

}  // namespace reprise::kernels::reference
