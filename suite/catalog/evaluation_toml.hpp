#pragma once
// Evaluations of a recipe: [[evaluation]], or { name = "dense", sides = [256], places = "whole" } in a list.

#include <string>
#include <vector>

#include "suite/catalog/toml_table.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

/// The evaluations under `key`. Throws InputError for what is none: keys are the members of recipes::EvaluationRecipe. A name is of small
/// letters, digits and dashes and is used once; `of` names evaluations before it, whose scores are all probabilities or all logits.
std::vector<recipes::EvaluationRecipe> read_evaluations(const TomlTable& table, const std::string& key);

/// An evaluation as TOML, on one line, without what has its default.
std::string evaluation_toml(const recipes::EvaluationRecipe& evaluation);

}  // namespace reprise::catalog
