#include "suite/metrics/boxes.hpp"

#include <algorithm>

namespace reprise::metrics {

namespace {

double area(const Box& box) {
  return (box.right - box.left + 1) * (box.bottom - box.top + 1);
}

}  // namespace

double overlap(const Box& a, const Box& b) {
  const Box common{std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
  if (common.right - common.left + 1 <= 0 || common.bottom - common.top + 1 <= 0) return 0;
  return area(common) / (area(a) + area(b) - area(common));
}

}  // namespace reprise::metrics
