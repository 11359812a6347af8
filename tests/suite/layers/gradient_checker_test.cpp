// The checker itself: a planted error must be found.

#include "tests/support/gradient_checker.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/kernels/reference/elementwise.hpp"
#include "suite/layers/tanh.hpp"

namespace reprise::tests {
namespace {

/// tanh whose backward is multiplied by a factor.
class DamagedTanh : public layers::Tanh {
 public:
  explicit DamagedTanh(double factor) : factor_(factor) {}

  std::unique_ptr<layers::PreparedLayer> prepare(std::span<const SampleShape> inputs,
                                                 const layers::PrepareOptions& options) const override {
    class Damaged : public layers::PreparedLayer {
     public:
      Damaged(std::unique_ptr<layers::PreparedLayer> kernel, double factor, std::int64_t size)
          : kernel_(std::move(kernel)), factor_(factor), size_(size) {}
      void forward(const layers::ForwardArgs& args) const override { kernel_->forward(args); }
      void backward(const layers::BackwardArgs& args) const override {
        kernel_->backward(args);
        auto* grad = static_cast<float*>(args.grad_inputs[0]);
        for (std::int64_t i = 0; i < size_; ++i) grad[i] *= static_cast<float>(factor_);
      }

     private:
      std::unique_ptr<layers::PreparedLayer> kernel_;
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

}  // namespace
}  // namespace reprise::tests
