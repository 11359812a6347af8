#pragma once
// ZCA whitening (Bell and Sejnowski 1997): output = (input - mean) W with W = U diag(1/sqrt(s + epsilon)) U^T, where U diag(s) U^T is the
// covariance of the training set, divided by its count. OpenBLAS on one thread, so that the bits do not depend on cores.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reprise::datasets {

/// Calls its argument for block after block of the training set, always the same blocks: images [count, features].
using ImageStream = std::function<void(const std::function<void(const float* images, std::int64_t count)>&)>;

struct Whitening {
  std::int64_t features = 0;
  std::vector<float> mean;    ///< [features]
  std::vector<float> matrix;  ///< [features, features], symmetric
  double min_eigenvalue = 0;
  double largest_eigenvalue = 0;

  /// images [count, features], in place. Thread-safe.
  void apply(float* images, std::int64_t count) const;
};

/// Two passes over the stream. Throws RunError if LAPACK finds no eigenvalues.
Whitening fit_whitening(const ImageStream& stream, std::int64_t features, double epsilon);

/// The name of the processor-specific code that OpenBLAS uses: results may differ in the last bits between two of them.
std::string blas_kernels();

}  // namespace reprise::datasets
