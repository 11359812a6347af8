#pragma once
// Products of a dense layer by oneDNN's general float32 matrix product. Private to this folder.

#include <memory>

#include "suite/kernels/onednn/inner_product.hpp"

namespace reprise::kernels::onednn {

/// Weights and weight gradients keep plain rows, a few values further apart where rows of D values would fall into the same sets of a
/// cache. bfloat16 values are widened to float32. One packing serves both directions.
std::unique_ptr<InnerProduct> make_matrix_product(const InnerProductShape& shape, Precision precision, bool has_bias);

}  // namespace reprise::kernels::onednn
