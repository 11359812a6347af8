#pragma once
// The weights of a net for one of the same nodes and fewer channels.

#include <map>
#include <string>

#include "suite/graph/graph.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::runs {

/// For the parameters of `graph` out of `weights`, those of a net with the same names. Where a convolution or dense layer has fewer filters
/// than there, the most important ones stay, in their order: those of the largest sum of |w|, or of the largest |gamma| of the norm that
/// reads them alone. Whatever reads their channels loses the others; so nodes in between have fewer channels because these have. Of equal
/// ones those that come first stay. Throws InputError for an addition whose inputs lost different channels, a group convolution, a norm
/// that is not there, and shapes that cannot be told apart by this.
std::map<std::string, records::Tensor> shrunken_weights(const graph::Graph& graph, const std::map<std::string, records::Tensor>& weights,
                                                        const recipes::StartRecipe& recipe);

}  // namespace reprise::runs
