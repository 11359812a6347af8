#pragma once
// Updates of convolution filters by an orthogonalised gradient; see MuonRecipe.

#include <cstdint>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/optimizers/optimizer_recipe.hpp"

namespace reprise::optimizers {

/// Replaces `matrix` [rows, columns], row-major, by three steps of the quintic Newton-Schulz iteration on X = matrix / (|matrix| + 1e-7),
/// transposed where it has more rows than columns: A = X X', X <- 3.4445 X + (-4.7750 A + 2.0315 A A) X. Singular vectors stay; singular
/// values end near 1, most of them between 0.5 and 1.5. |.| is the Frobenius norm. float32, on one thread, sums in one order. `work` is
/// empty, or what a call for the same shape has left. Source: K. Jordan, airbench94_muon.py (KellerJordan/cifar10-airbench).
void orthogonalise(float* matrix, std::int64_t rows, std::int64_t columns, std::vector<float>& work);

/// The matrices of a net that Muon moves. A step has two parts, because orthogonalising needs the whole matrix: accumulate() as soon as
/// rows of a gradient are there, then move() once all of them are.
class Muon {
 public:
  /// The directions lie in memory that the ranks of a node share. Throws InputError for a pattern that matches nothing and for a match that
  /// is no trained filters of a convolution in one group (weights of dense layers may be cut over ranks: no node has their state as a
  /// whole). Collective.
  Muon(const MuonRecipe& recipe, const graph::Parameters& parameters, ranks::Team& team);

  bool moves(int index) const { return matrix_of_[static_cast<std::size_t>(index)] >= 0; }
  std::int64_t matrices() const { return static_cast<std::int64_t>(matrices_.size()); }
  int parameter_of(std::int64_t matrix) const { return matrices_[static_cast<std::size_t>(matrix)].parameter; }

  /// Values [at, at + count) of a parameter: buffer <- momentum buffer + gradient, direction = gradient + momentum buffer. `gradient` and
  /// `buffer` point at the first of them.
  void accumulate(int index, std::int64_t at, std::int64_t count, const float* gradient, float* buffer, float momentum);
  /// weight <- sqrt(filters) / |weight| weight - rate O(direction). A weight that is 0 is not scaled. Different matrices may be moved by
  /// different threads at once.
  void move(std::int64_t matrix, float* weight, float rate);

 private:
  struct Matrix {
    int parameter;
    std::int64_t rows, columns, offset;  ///< offset in directions_
  };
  std::vector<Matrix> matrices_;
  std::vector<std::int64_t> matrix_of_;  ///< by parameter; -1: none
  Memory directions_;
  std::vector<std::vector<float>> work_;  ///< by matrix: a thread has it alone
};

}  // namespace reprise::optimizers
