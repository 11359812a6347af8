#pragma once
// What the model files of all papers share: adding a layer in one line, and options that are one of a few names.

#include <memory>
#include <string>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::models {

/// Adds a layer that reads the last node.
template <typename Layer>
graph::NodeId put(graph::Graph& graph, const std::string& name, const typename Layer::Options& options = {}) {
  return graph.add(name, std::make_shared<Layer>(options));
}

/// A string option out of a list. Throws InputError naming the option, the list and what was found.
std::string choice(const recipes::Options& options, const std::string& key, const std::string& fallback,
                   const std::vector<std::string>& allowed);

/// A whole number of at least `least`. Throws InputError naming the option.
std::int64_t count_of(const recipes::Options& options, const std::string& key, std::int64_t fallback, std::int64_t least);

/// A list of positive widths, `length` of them unless that is 0. Throws InputError naming the option.
std::vector<std::int64_t> widths_of(const recipes::Options& options, const std::string& key, const std::vector<std::int64_t>& fallback,
                                    std::size_t length = 0);

/// Option "dropout_form": non_inverted, inverted or gaussian.
layers::DropoutForm dropout_form(const recipes::Options& options, const std::string& fallback);

/// Dropout that keeps each value with probability `keep`; nothing at all for keep = 1. Throws InputError outside (0, 1].
void put_dropout(graph::Graph& graph, const std::string& name, double keep, layers::DropoutForm form);

}  // namespace reprise::models
