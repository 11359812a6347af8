// The checker itself: a planted error must be found. And every row of the catalog keeps its declarations.

#include "tests/support/gradient_checker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "suite/errors.hpp"
#include "suite/kernels/reference/elementwise.hpp"
#include "suite/layers/catalog.hpp"
#include "suite/layers/tanh.hpp"

namespace reprise::tests {
namespace {

/// tanh whose backward is multiplied by a factor.
class DamagedTanh : public layers::Tanh {
 public:
  explicit DamagedTanh(double factor) : factor_(factor) {}

  std::unique_ptr<layers::Kernel> prepare(std::span<const SampleShape> inputs, const layers::PrepareOptions& options) const override {
    class Damaged : public layers::Kernel {
     public:
      Damaged(std::unique_ptr<layers::Kernel> kernel, double factor, std::int64_t size)
          : kernel_(std::move(kernel)), factor_(factor), size_(size) {}
      void forward(const layers::ForwardArgs& args) const override { kernel_->forward(args); }
      void backward(const layers::BackwardArgs& args) const override {
        kernel_->backward(args);
        auto* grad = static_cast<float*>(args.grad_inputs[0]);
        for (std::int64_t i = 0; i < size_; ++i) grad[i] *= static_cast<float>(factor_);
      }

     private:
      std::unique_ptr<layers::Kernel> kernel_;
      double factor_;
      std::int64_t size_;
    };
    return std::make_unique<Damaged>(Tanh::prepare(inputs, options), factor_, inputs[0].size() * options.samples);
  }

 private:
  double factor_;
};

Difference found_in_tanh_times(double factor) {
  LayerCase c;
  c.layer = std::make_shared<DamagedTanh>(factor);
  c.inputs = {{2, 3, 4}};
  Reference reference;
  reference.forward = [](const LayerValues& v) { return kernels::reference::tanh(v.inputs[0]); };
  return against_differences(c, reference, {.output = kTranscendental, .gradient = kTranscendental});
}

TEST(GradientChecker, passes_a_right_gradient) {
  EXPECT_LE(found_in_tanh_times(1).ratio, 1);
}

TEST(GradientChecker, finds_a_wrong_sign) {
  EXPECT_GT(found_in_tanh_times(-1).ratio, 1e4);
}

TEST(GradientChecker, finds_one_part_in_ten_thousand) {
  const Difference found = found_in_tanh_times(1.0001);
  EXPECT_GT(found.ratio, 10);
  EXPECT_NE(found.text.find("grad input 0"), std::string::npos) << found.text;
}

TEST(GradientChecker, finds_a_missing_value) {
  EXPECT_GT(difference({1, 2}, {1}, 1, 1).ratio, 1e300);
  EXPECT_GT(difference({1, std::nan("")}, {1, 2}, 1, 1).ratio, 1e300);
  EXPECT_EQ(difference({1, std::nan("")}, {1, std::nan("")}, 1, 1).ratio, 0);
}

TEST(LayerCatalog, names_are_kinds_and_unique) {
  std::set<std::string_view> names;
  for (const auto& row : layers::catalog()) {
    EXPECT_EQ(row.example()->kind(), row.name);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  EXPECT_THROW(layers::catalog_row("conv3d"), InputError);
}

/// The example of a row over two shards, the second half padding.
LayerCase example(const layers::CatalogRow& row, Precision precision) {
  LayerCase c;
  c.layer = row.example();
  c.inputs = row.inputs;
  c.samples = 4, c.shards = 2, c.count = 6;
  c.precision = precision;
  return c;
}

TEST(LayerCatalog, two_runs_give_the_same_bits_and_write_every_value) {
  for (const auto& row : layers::catalog())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = example(row, precision);
      const LayerValues values = random_values(c, 1);
      const Doubles grad = random_grad_output(c, 2);
      const LayerResult first = run_layer(c, values, grad), second = run_layer(c, values, grad);
      EXPECT_EQ(first.output, second.output) << row.name;
      EXPECT_EQ(first.grad_inputs, second.grad_inputs) << row.name;
      EXPECT_EQ(first.grad_parameters, second.grad_parameters) << row.name;
      for (const Doubles& g : first.grad_inputs) EXPECT_LT(largest_magnitude(g), 1e6) << row.name << ": a gradient was not overwritten";
    }
}

TEST(LayerCatalog, in_place_equals_out_of_place_where_it_is_declared) {
  for (const auto& row : layers::catalog())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      LayerCase c = example(row, precision);
      const LayerValues values = random_values(c, 1);
      const Doubles grad = random_grad_output(c, 2);
      const LayerResult apart = run_layer(c, values, grad);
      c.in_place = true;
      const LayerResult together = run_layer(c, values, grad);
      EXPECT_EQ(together.output, apart.output) << row.name;
      EXPECT_EQ(together.grad_inputs, apart.grad_inputs) << row.name;
    }
}

TEST(LayerCatalog, padded_samples_leave_the_others_and_the_parameters_alone) {
  for (const auto& row : layers::catalog()) {
    LayerCase padded = example(row, Precision::f32), exact = padded;
    exact.samples = 3;
    LayerValues values = random_values(padded, 1);
    Doubles grad = random_grad_output(padded, 2);
    const LayerResult with = run_layer(padded, values, grad);
    for (std::size_t i = 0; i < values.inputs.size(); ++i) values.inputs[i].resize(static_cast<std::size_t>(6 * padded.inputs[i].size()));
    grad.resize(static_cast<std::size_t>(6 * padded.output().size()));
    const LayerResult without = run_layer(exact, values, grad);
    Doubles output = with.output;
    output.resize(without.output.size());
    EXPECT_NEAR_ARRAY(output, without.output, sum_of(64), kRoundoffF32);
    for (std::size_t i = 0; i < without.grad_inputs.size(); ++i) {
      Doubles real = with.grad_inputs[i];
      real.resize(without.grad_inputs[i].size());
      EXPECT_NEAR_ARRAY(real, without.grad_inputs[i], sum_of(64), kRoundoffF32);
      for (std::size_t j = real.size(); j < with.grad_inputs[i].size(); ++j) EXPECT_EQ(with.grad_inputs[i][j], 0) << row.name;
    }
    for (std::size_t p = 0; p < without.grad_parameters.size(); ++p)
      EXPECT_NEAR_ARRAY(with.grad_parameters[p], without.grad_parameters[p], sum_of(400), kRoundoffF32);
  }
}

}  // namespace
}  // namespace reprise::tests
