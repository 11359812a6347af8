#pragma once
// Every loss of the library, one row each: its name, how it is made, and the same in double, which tests treat as ground truth.

#include <span>
#include <string_view>
#include <vector>

#include "suite/kernels/reference/elementwise.hpp"
#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// Of one sample: its value [K], its target [K] (one-hot where it is the label), its label, label smoothing.
using Reference = kernels::reference::LossAndGradient (*)(const std::vector<double>& value, const std::vector<double>& target,
                                                          std::size_t label, double label_smoothing);

struct CatalogEntry {
  std::string_view name;  ///< equals name()
  LossPointer (*make)();
  Reference reference;
};

std::span<const CatalogEntry> catalog();

/// The loss of this name. Throws InputError listing the names when there is none.
LossPointer make_loss(std::string_view name);

}  // namespace reprise::losses
