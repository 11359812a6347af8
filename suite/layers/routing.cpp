#include "suite/layers/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/errors.hpp"

namespace reprise::layers {

namespace {

constexpr float kShortest = 1e-8f;  // below, the second term of squash's gradient is zero

/// Eight sums side by side, so that the compiler may use vectors without changing the order of additions.
float dot(const float* a, const float* b, std::int64_t n) {
  constexpr std::int64_t kLanes = 8;
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  float sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const float lane : lanes) sum += lane;
  return sum;
}

void add_scaled(float factor, const float* from, float* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] += factor * from[i];
}

void softmax(const float* logits, std::int64_t n, float* output) {
  const float largest = *std::max_element(logits, logits + n);
  float sum = 0;
  for (std::int64_t j = 0; j < n; ++j) sum += output[j] = std::exp(logits[j] - largest);
  for (std::int64_t j = 0; j < n; ++j) output[j] /= sum;
}

/// grad_logits += gradient of softmax.
void add_softmax_grad(const float* output, const float* grad_output, std::int64_t n, float* grad_logits) {
  const float mean = dot(output, grad_output, n);
  for (std::int64_t j = 0; j < n; ++j) grad_logits[j] += output[j] * (grad_output[j] - mean);
}

}  // namespace

void squash(const float* input, std::int64_t rows, std::int64_t dimensions, float* output) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* s = input + r * dimensions;
    const float square = dot(s, s, dimensions), factor = std::sqrt(square) / (1 + square);
    for (std::int64_t d = 0; d < dimensions; ++d) output[r * dimensions + d] = factor * s[d];
  }
}

void squash_grad(const float* input, const float* grad_output, std::int64_t rows, std::int64_t dimensions, float* grad_input) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* s = input + r * dimensions;
    const float* dv = grad_output + r * dimensions;
    const float square = dot(s, s, dimensions), length = std::sqrt(square), factor = length / (1 + square);
    const float slope = (1 - square) / ((1 + square) * (1 + square));  // of factor, with respect to the length
    const float along = length < kShortest ? 0.0f : slope / length * dot(s, dv, dimensions);
    for (std::int64_t d = 0; d < dimensions; ++d) grad_input[r * dimensions + d] = factor * dv[d] + along * s[d];
  }
}

void RoutingOptions::check(const std::string& layer) const {
  if (capsules < 1 || dimensions < 1 || iterations < 1)
    throw InputError(Complaint{layer, "at least one capsule, dimension and iteration", text(), "Correct the model's options"});
  if (kind == RoutingKind::scaled_distance && (gradient == RoutingGradient::all || capsules < 2))
    throw InputError(Complaint{layer, "scaled distance agreement over two capsules or more, with gradients of the last iteration", text(), "Correct the model's options"});
}

std::string RoutingOptions::text() const {
  return fmt::format("{} capsules of {}, {} iteration{}{}{}", capsules, dimensions, iterations, iterations == 1 ? "" : "s",
                     kind == RoutingKind::scaled_distance ? ", scaled distance agreement" : "",
                     gradient == RoutingGradient::all ? ", gradient through all" : "");
}

Routing::Routing(const RoutingShape& shape, const RoutingOptions& options) : shape_(shape), options_(options) {}

std::int64_t Routing::vote_macs(const RoutingShape& s) { return s.inputs * s.outputs * s.output_dimensions * s.input_dimensions; }

std::int64_t Routing::forward_macs(const RoutingShape& s, const RoutingOptions& options) {
  return vote_macs(s) + s.inputs * s.outputs * s.output_dimensions * (2 * options.iterations - 1);
}

std::size_t Routing::saved_floats() const {
  return static_cast<std::size_t>(kept_iterations() * shape_.samples * (shape_.inputs * shape_.outputs + vote_size()));
}

/// Forward: votes [N, I, J, D], logits [I, J], factors [N, I, J], a place for what is not saved. Back: gradients of sums and of outputs
/// [N, J, D] and of one vote [J, D]; through all iterations also votes and their gradients [N, I, J, D], gradients of logits and of
/// coefficients [I, J].
std::size_t Routing::scratch_floats() const {
  const std::int64_t pairs = shape_.inputs * shape_.outputs, votes = shape_.samples * shape_.inputs * vote_size();
  const auto forward = static_cast<std::size_t>(votes + (1 + shape_.samples) * pairs) + saved_floats();
  const bool all = options_.gradient == RoutingGradient::all;
  const auto backward = static_cast<std::size_t>((2 * shape_.samples + 1) * vote_size() + (all ? 2 * votes + 2 * pairs : 0));
  return std::max(forward, backward);
}

const float* Routing::coefficients(const float* saved, int iteration, std::int64_t sample) const {
  const std::int64_t pairs = shape_.inputs * shape_.outputs;
  return saved + (iteration * shape_.samples + sample) * pairs;
}

const float* Routing::sums(const float* saved, int iteration, std::int64_t sample) const {
  const std::int64_t pairs = shape_.inputs * shape_.outputs;
  return saved + kept_iterations() * shape_.samples * pairs + (iteration * shape_.samples + sample) * vote_size();
}

void Routing::cast_votes(const float* input, const float* weight, float* votes) const {
  const std::int64_t size = vote_size(), d = shape_.input_dimensions;
  for (std::int64_t i = 0; i < shape_.inputs; ++i)
    for (std::int64_t n = 0; n < shape_.samples; ++n) {
      const float* u = input + (n * shape_.inputs + i) * d;
      float* vote = votes + (n * shape_.inputs + i) * size;
      std::fill_n(vote, size, 0.0f);
      for (std::int64_t k = 0; k < d; ++k) add_scaled(u[k], weight + (i * d + k) * size, vote, size);
    }
}

/// factors [N, I, J]: what each vote was multiplied by.
void Routing::shorten_votes(const float* input, float* votes, float* factors) const {
  const std::int64_t d = shape_.input_dimensions, dims = shape_.output_dimensions;
  for (std::int64_t row = 0; row < shape_.samples * shape_.inputs; ++row) {
    const float longest = std::sqrt(dot(input + row * d, input + row * d, d));
    for (std::int64_t j = 0; j < shape_.outputs; ++j) {
      float* vote = votes + row * vote_size() + j * dims;
      const float length = std::sqrt(dot(vote, vote, dims));
      const float factor = length > longest ? longest / length : 1.0f;
      factors[row * shape_.outputs + j] = factor;
      for (std::int64_t k = 0; k < dims; ++k) vote[k] *= factor;
    }
  }
}

void Routing::update_logits(const float* votes, const float* output, bool is_first, float* logits) const {
  const std::int64_t dims = shape_.output_dimensions, pairs = shape_.inputs * shape_.outputs;
  if (options_.kind == RoutingKind::dynamic) {
    for (std::int64_t p = 0; p < pairs; ++p) {
      const float agreement = dot(votes + p * dims, output + p % shape_.outputs * dims, dims);
      logits[p] = is_first ? agreement : logits[p] + agreement;
    }
    return;
  }
  double total = 0;
  for (std::int64_t p = 0; p < pairs; ++p) {
    const float* v = output + p % shape_.outputs * dims;
    float square = 0;
    for (std::int64_t k = 0; k < dims; ++k) square += (v[k] - votes[p * dims + k]) * (v[k] - votes[p * dims + k]);
    total += logits[p] = std::sqrt(square);
  }
  const double mean = total / static_cast<double>(pairs);
  const double classes = static_cast<double>(shape_.outputs);
  const double scale = mean > 0 ? (std::log(0.9 * (classes - 1)) - std::log(0.1)) / (0.5 * mean - mean) : 0.0;
  for (std::int64_t p = 0; p < pairs; ++p) logits[p] = static_cast<float>(scale * logits[p]);
}

/// Routing of one sample: votes, output and logits are that sample's, saved is the shard's.
void Routing::route(const float* votes, const float* bias, float* output, float* saved, float* logits, std::int64_t sample) const {
  const std::int64_t dims = shape_.output_dimensions, size = vote_size();
  for (int t = 0; t < options_.iterations; ++t) {
    const int kept = options_.gradient == RoutingGradient::all ? t : 0;
    float* c = const_cast<float*>(coefficients(saved, kept, sample));
    float* s = const_cast<float*>(sums(saved, kept, sample));
    std::fill_n(s, size, 0.0f);
    if (bias != nullptr) std::copy_n(bias, size, s);
    for (std::int64_t i = 0; i < shape_.inputs; ++i) {
      float* row = c + i * shape_.outputs;
      if (t == 0)
        std::fill_n(row, shape_.outputs, 1.0f / static_cast<float>(shape_.outputs));
      else
        softmax(logits + i * shape_.outputs, shape_.outputs, row);
      for (std::int64_t j = 0; j < shape_.outputs; ++j) add_scaled(row[j], votes + i * size + j * dims, s + j * dims, dims);
    }
    squash(s, shape_.outputs, dims, output);
    if (t + 1 < options_.iterations) update_logits(votes, output, t == 0, logits);
  }
}

void Routing::forward(const float* input, const float* weight, const float* bias, float* output, float* saved, float* scratch) const {
  const std::int64_t size = vote_size(), pairs = shape_.inputs * shape_.outputs;
  float* votes = scratch;
  float* logits = votes + shape_.samples * shape_.inputs * size;
  float* factors = logits + pairs;
  float* kept = saved != nullptr ? saved : factors + shape_.samples * pairs;
  cast_votes(input, weight, votes);
  const bool shortens = options_.kind == RoutingKind::scaled_distance;
  if (shortens) shorten_votes(input, votes, factors);
  for (std::int64_t n = 0; n < shape_.samples; ++n)
    route(votes + n * shape_.inputs * size, bias, output + n * size, kept, logits, n);
  // A shortened vote is a constant times the vote, so its coefficient takes the constant.
  for (std::int64_t p = 0; shortens && p < shape_.samples * pairs; ++p) kept[p] *= factors[p];
}

void Routing::backward(const float* input, const float* weight, const float* grad_output, const float* saved, float* grad_input, float* grad_weight,
                       float* grad_bias, float* scratch) const {
  const std::int64_t size = vote_size(), d = shape_.input_dimensions, inputs = shape_.inputs;
  const bool all = options_.gradient == RoutingGradient::all;
  float* grad_sums = scratch;
  float* one_vote = grad_sums + 2 * shape_.samples * size;
  float* votes = one_vote + size;
  float* grad_votes = votes + shape_.samples * inputs * size;
  float* work = grad_votes + shape_.samples * inputs * size;
  if (grad_bias != nullptr) std::fill_n(grad_bias, size, 0.0f);
  if (all) {
    cast_votes(input, weight, votes);
    backward_all(votes, grad_output, saved, grad_votes, grad_sums, work, grad_bias);
  } else {
    sum_grads(grad_output, saved, grad_sums, grad_bias);
  }
  for (std::int64_t i = 0; i < inputs; ++i) {
    if (grad_weight != nullptr) std::fill_n(grad_weight + i * d * size, d * size, 0.0f);
    for (std::int64_t n = 0; n < shape_.samples; ++n) {
      if (!all) vote_grad(coefficients(saved, 0, n) + i * shape_.outputs, grad_sums + n * size, one_vote);
      const float* grad_vote = all ? grad_votes + (n * inputs + i) * size : one_vote;
      for (std::int64_t k = 0; k < d; ++k) {
        const std::int64_t at = (n * inputs + i) * d + k;
        if (grad_input != nullptr) grad_input[at] = dot(weight + (i * d + k) * size, grad_vote, size);
        if (grad_weight != nullptr) add_scaled(input[at], grad_vote, grad_weight + (i * d + k) * size, size);
      }
    }
  }
}

/// From the outputs to the sums s of the last iteration.
void Routing::sum_grads(const float* grad_output, const float* saved, float* grad_sums, float* grad_bias) const {
  const std::int64_t size = vote_size();
  for (std::int64_t n = 0; n < shape_.samples; ++n) {
    squash_grad(sums(saved, 0, n), grad_output + n * size, shape_.outputs, shape_.output_dimensions, grad_sums + n * size);
    if (grad_bias != nullptr) add_scaled(1.0f, grad_sums + n * size, grad_bias, size);
  }
}

/// Of the votes [J, D] of one input capsule.
void Routing::vote_grad(const float* coefficients, const float* grad_sums, float* grad_vote) const {
  const std::int64_t dims = shape_.output_dimensions;
  for (std::int64_t j = 0; j < shape_.outputs; ++j)
    for (std::int64_t k = 0; k < dims; ++k) grad_vote[j * dims + k] = coefficients[j] * grad_sums[j * dims + k];
}

/// work: gradients of logits and of coefficients, [I, J] each; the second half of grad_sums holds an output and its gradient.
void Routing::backward_all(const float* votes, const float* grad_output, const float* saved, float* grad_votes, float* grad_sums, float* work,
                           float* grad_bias) const {
  const std::int64_t dims = shape_.output_dimensions, size = vote_size(), outputs = shape_.outputs, pairs = shape_.inputs * outputs;
  float* grad_logits = work;
  float* grad_coefficients = work + pairs;
  for (std::int64_t n = 0; n < shape_.samples; ++n) {
    const float* vote = votes + n * shape_.inputs * size;
    float* grad_vote = grad_votes + n * shape_.inputs * size;
    float* ds = grad_sums + n * size;
    float* v = grad_sums + shape_.samples * size + n * size;
    std::fill_n(grad_vote, shape_.inputs * size, 0.0f);
    std::fill_n(grad_logits, pairs, 0.0f);
    std::copy_n(grad_output + n * size, size, ds);  // the gradient of the output, then of the sum
    for (int t = options_.iterations - 1; t >= 0; --t) {
      const float* s = sums(saved, t, n);
      const float* c = coefficients(saved, t, n);
      if (t < options_.iterations - 1) {  // what this iteration's output did to the logits of the next
        squash(s, outputs, dims, v);
        std::fill_n(ds, size, 0.0f);
        for (std::int64_t p = 0; p < pairs; ++p) {
          add_scaled(grad_logits[p], vote + p * dims, ds + p % outputs * dims, dims);
          add_scaled(grad_logits[p], v + p % outputs * dims, grad_vote + p * dims, dims);
        }
      }
      squash_grad(s, ds, outputs, dims, ds);
      if (grad_bias != nullptr) add_scaled(1.0f, ds, grad_bias, size);
      for (std::int64_t p = 0; p < pairs; ++p) {
        add_scaled(c[p], ds + p % outputs * dims, grad_vote + p * dims, dims);
        grad_coefficients[p] = dot(vote + p * dims, ds + p % outputs * dims, dims);
      }
      for (std::int64_t i = 0; t > 0 && i < shape_.inputs; ++i)
        add_softmax_grad(c + i * outputs, grad_coefficients + i * outputs, outputs, grad_logits + i * outputs);
    }
  }
}

}  // namespace reprise::layers
