#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "suite/tensor/shape.hpp"

namespace reprise::layers {

/// Filters that whiten the filter_size x filter_size patches of images [n, H, W, C]: with D = C filter_size^2 and the second-moment matrix
/// (not centred) of all patches, its eigenvectors, each divided by sqrt(eigenvalue + epsilon), largest eigenvalue first, and then their
/// negatives. Returns [2 D, C, filter_size, filter_size]. The sign of an eigenvector makes its largest value positive. Computed in double
/// by cyclic Jacobi rotations (Golub, Van Loan, Matrix Computations, section 8.5), in one fixed order: these are weights, and LAPACK's last
/// bits depend on the model of the processor, which ranks and restarts may change. Source: K. Jordan 2024, section 3.2 (arXiv 2404.00498),
/// after D. Page's whitening of patches.
std::vector<float> whitening_filters(std::span<const float> images, const SampleShape& shape, std::int64_t filter_size, double epsilon);

}  // namespace reprise::layers
