#pragma once
// A trained net for inference whose products are sums of whole numbers.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::execution {

/// What an integer net multiplies and keeps.
struct IntegerCounts {
  std::int64_t level_macs = 0, sign_macs = 0, float_macs = 0;        ///< of one sample
  std::int64_t level_layers = 0, sign_layers = 0, float_layers = 0;  ///< that have weights
  std::int64_t weight_bytes = 0;                                     ///< 1 for a level, 1/8 for a sign (whole words), 4 else
};

/// A net of real numbers, trained or drawn, as integer hardware would run it:
///
///   a conv2d that reads a relu, other than the first   input: levels 0 to 127 of [0, the largest value seen]; weight: levels -127 to 127
///   of
///                                                      each filter's largest; products and sums are exact in 32 bits
///   a conv2d or dense of weights under WeightRule::sign that reads a sign activation   64 products at once, exact
///   anything else                                      float32, by its prepared layer
///
/// Scales, biases and the norm behind a convolution are one multiplication and one addition for each channel; where a ReLU follows whose
/// readers are such convolutions, its values exist as levels alone. Jacob et al. 2018, section 2 (arXiv 1712.05877), with one level of zero
/// and a scale for each filter.
///
/// Does not depend on `samples`. Thread-safe after construction.
class IntegerNet {
 public:
  /// `real`: float32 everywhere, to compare with.
  enum class Arithmetic { whole, real };

  /// The nodes whose largest value must be known.
  static std::vector<graph::NodeId> measured_nodes(const graph::Graph& graph);
  /// Whether any product of the net would be one of whole numbers.
  static bool has_products(const graph::Graph& graph);

  /// `largest`: of each measured node, over images of the kind that it will see. `samples`: those of one run(). `parameters` must outlive
  /// it.
  IntegerNet(const graph::Graph& graph, const graph::Parameters& parameters, const graph::NodeMap<float>& largest, int samples,
             Arithmetic arithmetic = Arithmetic::whole);
  ~IntegerNet();

  const IntegerCounts& counts() const { return counts_; }
  std::size_t arena_bytes() const { return arena_bytes_; }
  /// input [samples, H, W, C], output [samples, K] of the net's output node; `arena` is this thread's.
  void run(const float* input, float* output, std::byte* arena) const;

 private:
  class Compiler;
  /// Where a step finds its buffers.
  struct Room {
    std::byte* arena;
    const std::vector<std::size_t>* offsets;
    template <class T>
    T* at(int buffer) const {
      return reinterpret_cast<T*>(arena + (*offsets)[static_cast<std::size_t>(buffer)]);
    }
  };
  using Step = std::function<void(const Room&)>;

  std::vector<Step> steps_;
  std::vector<std::size_t> offsets_;  ///< of buffers in the arena
  int input_ = 0, output_ = 0;        ///< buffers
  std::int64_t inputs_ = 0, outputs_ = 0;
  std::size_t arena_bytes_ = 0;
  IntegerCounts counts_;
};

}  // namespace reprise::execution
