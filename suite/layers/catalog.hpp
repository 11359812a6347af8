#pragma once
// Every layer of the library, one row each: its name and a small instance that tests and benchmarks can run.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

struct CatalogEntry {
  std::string_view name;                ///< equals kind()
  std::unique_ptr<Layer> (*example)();  ///< a small instance
  std::vector<SampleShape> inputs;      ///< shapes it accepts
};

std::span<const CatalogEntry> catalog();

/// Throws InputError listing the names when there is none.
const CatalogEntry& catalog_entry(std::string_view name);

}  // namespace reprise::layers
