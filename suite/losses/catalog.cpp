#include "suite/losses/catalog.hpp"

#include <array>
#include <string>

#include "suite/errors.hpp"
#include "suite/losses/distillation.hpp"
#include "suite/losses/frame_cross_entropy.hpp"
#include "suite/losses/jensen_shannon.hpp"
#include "suite/losses/logistic_cross_entropy.hpp"
#include "suite/losses/margin.hpp"
#include "suite/losses/softmax_cross_entropy.hpp"
#include "suite/losses/squared_error.hpp"
#include "suite/losses/squared_hinge.hpp"

namespace reprise::losses {

namespace {

using Values = std::vector<double>;

template <class L>
LossPointer made() {
  return std::make_shared<L>();
}

}  // namespace

std::span<const CatalogEntry> catalog() {
  namespace reference = kernels::reference;
  static const std::array rows{
      CatalogEntry{"softmax_cross_entropy", made<SoftmaxCrossEntropy>,
                   [](const Values& value, const Values&, std::size_t label, double smoothing) {
                     return reference::softmax_cross_entropy(value, label, smoothing);
                   }},
      CatalogEntry{"squared_error", made<SquaredError>,
                   [](const Values& value, const Values& target, std::size_t, double) { return reference::squared_error(value, target); }},
      CatalogEntry{"margin", made<Margin>,
                   [](const Values& value, const Values&, std::size_t label, double) { return reference::margin(value, label); }},
      CatalogEntry{
          "logistic_cross_entropy", made<LogisticCrossEntropy>,
          [](const Values& value, const Values& target, std::size_t, double) { return reference::logistic_cross_entropy(value, target); }},
      CatalogEntry{"jensen_shannon", made<JensenShannon>,
                   [](const Values& value, const Values&, std::size_t label, double smoothing) {
                     return reference::softmax_cross_entropy(value, label, smoothing);
                   }},
      CatalogEntry{"distillation", made<Distillation>,
                   [](const Values& value, const Values&, std::size_t label, double smoothing) {
                     return reference::softmax_cross_entropy(value, label, smoothing);
                   }},
      CatalogEntry{"frame_cross_entropy", made<FrameCrossEntropy>,
                   [](const Values& value, const Values&, std::size_t label, double smoothing) {
                     return reference::softmax_cross_entropy(value, label, smoothing);
                   }},
      CatalogEntry{"squared_hinge", made<SquaredHinge>,
                   [](const Values& value, const Values&, std::size_t label, double) { return reference::squared_hinge(value, label); }}};
  return rows;
}

LossPointer make_loss(std::string_view name) {
  std::string known;
  for (const CatalogEntry& row : catalog()) {
    if (row.name == name) return row.make();
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw InputError(Complaint{"loss", "one of " + known, "'" + std::string(name) + "'", "Correct the name"});
}

}  // namespace reprise::losses
