#pragma once
// What is known of a data set before it is loaded: from the manifest, or from a container that a user wrote.

#include <string>

#include "datasets/manifest.hpp"

namespace reprise::datasets {

/// The manifest's entry of that name, else one made from the HDF5 container of that name in data_directory(""): its shape, classes and
/// counts. A container is read once per process. Throws InputError as require_entry does where neither is there.
const DatasetEntry& entry_of(const std::string& name);

}  // namespace reprise::datasets
