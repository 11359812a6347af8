#pragma once
// Which test images excite a filter, and where.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/analyses/analysis.hpp"

namespace reprise::analyses {

/// The pixels that one output position sees: rows [start + y jump, + size), columns likewise.
struct Field {
  std::int64_t start = 0, size = 1, jump = 1;
  void widen(std::int64_t window, std::int64_t stride, std::int64_t padding) {
    start -= padding * jump;
    size += (window - 1) * jump;
    jump *= stride;
  }
};

/// The field of a node of a chain; a flattened image is seen as a whole.
Field field_of(const graph::Graph& graph, graph::NodeId node);

/// Convolutions and plastic layers. Throws InputError, in the name of `analysis`, if there are none.
std::vector<graph::NodeId> nodes_with_filters(const graph::Graph& graph, const std::string& analysis);

/// `count` filters of a node, evenly spread; all of them if there are fewer.
std::vector<std::int64_t> some_filters(const graph::Graph& graph, graph::NodeId node, std::int64_t count);

struct Excitation {
  float value = -1e30f;
  std::int64_t image = 0, position = 0;
};

/// For each of `filters`, the strongest position of each of the first `images` test images, strongest images first.
std::vector<std::vector<Excitation>> strongest(const AnalysisInputs& inputs, graph::NodeId node, const std::vector<std::int64_t>& filters,
                                               std::int64_t images);

}  // namespace reprise::analyses
