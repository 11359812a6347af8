#pragma once
// Architectures: what a paper's folder offers, and the table of all papers.

#include <span>
#include <string>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/recipes/options.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::models {

/// Builds the graph of an architecture. Throws InputError for options that do not fit.
using ModelBuilder = graph::Graph (*)(const recipes::Options& options, const SampleShape& input, int classes);

struct Model {
  std::string name;
  std::string summary;
  ModelBuilder build;
};

/// One row of the catalog: a folder of experiments/ and the architectures of its model.cpp.
struct PaperEntry {
  const char* slug;
  std::vector<Model> (*models)();
};

/// The papers in the order of experiments/CMakeLists.txt, which generates this table.
std::span<const PaperEntry> papers();

}  // namespace reprise::models
