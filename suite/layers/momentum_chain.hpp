#pragma once
// A momentum chain that can be run backward: x and velocity v after a step give x and v before it (Sander et al. 2021, arXiv 2102.07870).
//
//   v <- gamma v + (1 - gamma) f(x);   x <- x + v          and back   x <- x - v;   v <- (v - (1 - gamma) f(x)) / gamma

#include <algorithm>
#include <cstdint>

namespace reprise::layers {

/// gamma as a fraction of whole numbers up to 1000.
struct Momentum {
  explicit Momentum(double gamma);  ///< rounded to thousandths; throws InputError unless that is 0.001 to 0.999
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  /// Steps that ExactChain can take back: 64 bits hold what log2(1 / gamma) bits a step would lose.
  std::int64_t exact_steps() const;
  std::uint64_t numerator, denominator;
};

/// x and v in float32. Going back multiplies the rounding error of v by 1/gamma a step: enough for a pair, not for a long chain.
class FloatChain {
 public:
  using Number = float;
  static bool holds(const float*, std::int64_t) { return true; }  ///< floats can hold NaN
  static void start(const float* input, std::int64_t count, Number* x) { std::copy_n(input, count, x); }
  static void as_floats(const Number* x, std::int64_t count, float* output) { std::copy_n(x, count, output); }
  static void forward(const Momentum& gamma, const float* f, std::int64_t count, Number* x, Number* v, std::uint64_t* remainders);
  /// x must be that of before the step already: x <- x - v comes first, because f is evaluated there.
  static void back(const Momentum& gamma, const float* f, std::int64_t count, Number* v, std::uint64_t* remainders);
  static void subtract(Number* x, const Number* v, std::int64_t count);
  static constexpr bool kKeepsRemainders = false;
};

/// x and v in 64-bit fixed point with 40 binary places. gamma v drops a remainder, which goes into a 64-bit word beside v as a digit of a
/// mixed-radix number and comes back out of it (Maclaurin et al. 2015, section 3.1, arXiv 1502.03492): going back is exact, bit by bit.
class ExactChain {
 public:
  using Number = std::int64_t;
  /// Whether the chain can hold these values: numbers below 2^22. Others are held as 0, which must not go unseen.
  static bool holds(const float* values, std::int64_t count);
  static void start(const float* input, std::int64_t count, Number* x);
  static void as_floats(const Number* x, std::int64_t count, float* output);
  static void forward(const Momentum& gamma, const float* f, std::int64_t count, Number* x, Number* v, std::uint64_t* remainders);
  static void back(const Momentum& gamma, const float* f, std::int64_t count, Number* v, std::uint64_t* remainders);
  static void subtract(Number* x, const Number* v, std::int64_t count);
  static constexpr bool kKeepsRemainders = true;
};

}  // namespace reprise::layers
