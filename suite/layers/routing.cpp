#include "suite/layers/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::layers {

namespace {

constexpr float kShortest = 1e-18f;  // below, squares leave the range of float, and the second term of squash's gradient is zero

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

/// product [rows, columns] = left [rows, depth] right [depth, columns], summed in order of depth.
void multiply(const kernels::PanelProduct& p, const float* left, const float* right, float* product) {
  constexpr std::int64_t kLanes = 16;
  if (p.columns % kLanes == 0) return kernels::vector_kernels().panels.multiply(p, left, right, product);
  for (std::int64_t r = 0; r < p.rows; ++r) {
    std::fill_n(product + r * p.product_row, p.columns, 0.0f);
    for (std::int64_t d = 0; d < p.depth; ++d)
      add_scaled(left[r * p.left_row + d * p.left_depth], right + d * p.right_depth, product + r * p.product_row, p.columns);
  }
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
    throw InputError(
        Complaint{layer, "at least one capsule, dimension and iteration", words_of(facts()).substr(1), "Correct the model's options"});
  if (kind == RoutingKind::scaled_distance && (gradient == RoutingGradient::all || capsules < 2))
    throw InputError(Complaint{layer, "scaled distance agreement over two capsules or more, with gradients of the last iteration",
                               words_of(facts()).substr(1), "Correct the model's options"});
}

std::vector<Fact> RoutingOptions::facts() const {
  const bool scaled = kind == RoutingKind::scaled_distance, through_all = gradient == RoutingGradient::all;
  return {{"capsules", capsules, fmt::format(" {} capsules", capsules)},
          {"dimensions", dimensions, fmt::format(" of {}", dimensions)},
          {"iterations", iterations, ", " + text::plural(iterations, "iteration", "iterations")},
          {"scaled_distance", scaled, scaled ? ", scaled distance agreement" : ""},
          {"through_all", through_all, through_all ? ", gradient through all" : ""}};
}

Routing::Routing(const RoutingShape& shape, const RoutingOptions& options) : shape_(shape), options_(options) {}

std::int64_t Routing::vote_macs(const RoutingShape& s) {
  return s.inputs * s.outputs * s.output_dimensions * s.input_dimensions;
}

std::int64_t Routing::forward_macs(const RoutingShape& s, const RoutingOptions& options) {
  return vote_macs(s) + s.inputs * s.outputs * s.output_dimensions * (2 * options.iterations - 1);
}

std::size_t Routing::saved_floats() const {
  return static_cast<std::size_t>(kept_iterations() * shape_.samples * (shape_.inputs * shape_.outputs + vote_size()));
}

/// Forward: votes [N, I, J, D], logits [I, J], factors [N, I, J], a place for what is not saved. Back: rows [J, D] of each term of a vote's
/// gradient, and that gradient, of N samples; through all iterations also votes [N, I, J, D], gradients of logits for each iteration but
/// the last [N, I, J], and of coefficients [I, J].
std::size_t Routing::scratch_floats() const {
  const std::int64_t pairs = shape_.inputs * shape_.outputs, votes = shape_.samples * shape_.inputs * vote_size();
  const auto forward = static_cast<std::size_t>(votes + (1 + shape_.samples) * pairs) + saved_floats();
  const bool all = options_.gradient == RoutingGradient::all;
  const auto backward = static_cast<std::size_t>((terms() + 1) * shape_.samples * vote_size() +
                                                 (all ? votes + ((kept_iterations() - 1) * shape_.samples + 1) * pairs : 0));
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
  const kernels::PanelProduct product{.rows = shape_.samples,
                                      .columns = size,
                                      .depth = d,
                                      .left_row = shape_.inputs * d,
                                      .left_depth = 1,
                                      .right_panel = 16,
                                      .right_depth = size,
                                      .product_row = shape_.inputs * size};
  for (std::int64_t i = 0; i < shape_.inputs; ++i) multiply(product, input + i * d, weight + i * d * size, votes + i * size);
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
  if (options_.kind == RoutingKind::dynamic)
    return kernels::vector_kernels().capsules.agree(votes_of_sample(), votes, output, !is_first, logits);
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
  const kernels::VectorKernels& vectors = kernels::vector_kernels();
  for (int t = 0; t < options_.iterations; ++t) {
    const int kept = options_.gradient == RoutingGradient::all ? t : 0;
    float* c = const_cast<float*>(coefficients(saved, kept, sample));
    float* s = const_cast<float*>(sums(saved, kept, sample));
    std::fill_n(s, size, 0.0f);
    if (bias != nullptr) std::copy_n(bias, size, s);
    if (t == 0)
      std::fill_n(c, shape_.inputs * shape_.outputs, 1.0f / static_cast<float>(shape_.outputs));
    else
      vectors.f32.softmax(logits, c, shape_.inputs, shape_.outputs, 1.0f);
    vectors.capsules.weigh(votes_of_sample(), c, votes, s);
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
  for (std::int64_t n = 0; n < shape_.samples; ++n) route(votes + n * shape_.inputs * size, bias, output + n * size, kept, logits, n);
  // A shortened vote is a constant times the vote, so its coefficient takes the constant.
  for (std::int64_t p = 0; shortens && p < shape_.samples * pairs; ++p) kept[p] *= factors[p];
}

// The gradient of a vote is a sum of terms, a coefficient times a row [J, D] each: of each iteration that counts the gradient of its sum s,
// by c, and of each but the last its output v, by the gradient of the logits that it moved.
void Routing::backward(const float* input, const float* weight, const float* grad_output, const float* saved, float* grad_input,
                       float* grad_weight, float* grad_bias, float* scratch) const {
  const std::int64_t size = vote_size(), d = shape_.input_dimensions, inputs = shape_.inputs, samples = shape_.samples,
                     pairs = inputs * shape_.outputs;
  const kernels::CapsuleKernels& capsules = kernels::vector_kernels().capsules;
  float* rows = scratch;
  float* grad_votes = rows + terms() * samples * size;
  float* votes = grad_votes + samples * size;
  float* grad_logits = votes + samples * inputs * size;
  if (grad_bias != nullptr) std::fill_n(grad_bias, size, 0.0f);
  if (options_.gradient == RoutingGradient::all) {
    cast_votes(input, weight, votes);
    sum_grads_of_all(votes, grad_output, saved, rows, grad_logits, grad_logits + (kept_iterations() - 1) * samples * pairs, grad_bias);
  } else {
    sum_grads(grad_output, saved, rows, grad_bias);
  }
  const kernels::CapsuleRows shape{samples, shape_.outputs, shape_.output_dimensions};
  const kernels::PanelProduct product{.rows = d,
                                      .columns = size,
                                      .depth = samples,
                                      .left_row = 1,
                                      .left_depth = inputs * d,
                                      .right_panel = 16,
                                      .right_depth = size,
                                      .product_row = size};
  for (std::int64_t i = 0; i < inputs; ++i) {
    for (int term = 0; term < terms(); ++term) {
      const float* by =
          term < kept_iterations() ? coefficients(saved, term, 0) : grad_logits + (term - kept_iterations()) * samples * pairs;
      capsules.scale(shape, by + i * shape_.outputs, pairs, rows + term * samples * size, term > 0, grad_votes);
    }
    if (grad_input != nullptr) capsules.multiply_rows(grad_votes, samples, weight + i * d * size, d, size, grad_input + i * d, inputs * d);
    if (grad_weight != nullptr) multiply(product, input + i * d, grad_votes, grad_weight + i * d * size);
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

/// rows: gradients of the sums of each iteration [N, J, D], then outputs of each but the last; grad_logits: of what those outputs moved [N,
/// I, J].
void Routing::sum_grads_of_all(const float* votes, const float* grad_output, const float* saved, float* rows, float* grad_logits,
                               float* grad_coefficients, float* grad_bias) const {
  const std::int64_t size = vote_size(), outputs = shape_.outputs, pairs = shape_.inputs * outputs, last = options_.iterations - 1;
  const kernels::VectorKernels& vectors = kernels::vector_kernels();
  for (std::int64_t n = 0; n < shape_.samples; ++n) {
    const float* vote = votes + n * shape_.inputs * size;
    for (std::int64_t t = last; t >= 0; --t) {
      const float* s = sums(saved, static_cast<int>(t), n);
      const float* moved = grad_logits + (t * shape_.samples + n) * pairs;
      float* ds = rows + (t * shape_.samples + n) * size;  // the gradient of the output, then of the sum
      if (t == last) {
        std::copy_n(grad_output + n * size, size, ds);
      } else {
        squash(s, outputs, shape_.output_dimensions, rows + ((last + 1 + t) * shape_.samples + n) * size);
        std::fill_n(ds, size, 0.0f);
        vectors.capsules.weigh(votes_of_sample(), moved, vote, ds);
      }
      squash_grad(s, ds, outputs, shape_.output_dimensions, ds);
      if (grad_bias != nullptr) add_scaled(1.0f, ds, grad_bias, size);
      if (t == 0) continue;
      float* before = grad_logits + ((t - 1) * shape_.samples + n) * pairs;
      vectors.capsules.agree(votes_of_sample(), vote, ds, false, grad_coefficients);
      vectors.f32.softmax_grad(coefficients(saved, static_cast<int>(t), n), grad_coefficients, before, shape_.inputs, outputs, 1.0f);
      if (t < last) vectors.accumulate(before, moved, pairs);
    }
  }
}

}  // namespace reprise::layers
