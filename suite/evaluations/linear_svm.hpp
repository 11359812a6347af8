#pragma once
// Linear support vector machines with squared hinge loss, one for each class against all others.
//
// Legend: N samples, D features, K classes.

#include <cstdint>
#include <vector>

#include "suite/parallel/workers.hpp"
#include "suite/ranks/team.hpp"

namespace reprise::evaluations {

/// Samples as rows of a table [*, D] in float32.
struct SvmSamples {
  const float* table = nullptr;
  std::int64_t features = 0;           ///< D
  std::vector<std::int64_t> rows{};    ///< [N] of the table
  std::vector<std::int32_t> labels{};  ///< [N], each in [0, K)
};

/// Weights [K, D + 1], the bias last.
struct LinearSvms {
  int classes = 0;
  std::int64_t features = 0;
  std::vector<double> weights{};
};

/// For each class k the one minimum of
///
///   |w|^2 / 2 + constant * sum over i of max(0, 1 - y_i (w . x_i + b))^2,     y_i = 1 for samples of class k, -1 for others,
///
/// where |w|^2 contains b^2: liblinear's L2-regularised L2-loss support vector classification with a bias of 1 (Fan et al. 2008, JMLR 9).
/// Newton's method with conjugate gradients (Keerthi & DeCoste 2005, JMLR 6) and an exact line search, in double, until the gradient is
/// `tolerance` of that at 0. liblinear takes 16 bytes for a feature that is not 0, ours 4; ours are hardly ever 0.
///
/// One thread computes a class, from the first sample to the last, so the bits depend on the samples' order and on nothing else. Ranks
/// share the classes. `start`: from where to begin, for example the minimum for another constant; empty: 0. Collective over the team.
LinearSvms train_svms(const SvmSamples& samples, int classes, double constant, parallel::Workers& workers,
                      ranks::Team& team = ranks::Team::alone(), const LinearSvms& start = {}, double tolerance = 1e-5);

/// The class whose machine says most, the first of several, for each row.
std::vector<std::int32_t> classify(const LinearSvms& svms, const float* table, const std::vector<std::int64_t>& rows,
                                   parallel::Workers& workers);

/// Value of the function above and the norm of its gradient at `weights` [D + 1], for class k.
struct SvmState {
  double value = 0, gradient_norm = 0;
};
SvmState state_of(const SvmSamples& samples, int k, double constant, const double* weights);

}  // namespace reprise::evaluations
