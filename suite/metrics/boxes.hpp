#pragma once
// Boxes of objects in images, in pixels from 1 on; corners belong to the box, so that one of a single pixel has left = right.

#include <string>

namespace reprise::metrics {

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// Area of the intersection over area of the union, 0 to 1, each side being counted as right - left + 1 pixels (Everingham et al. 2010,
/// IJCV 88, section 4.2.2).
double overlap(const Box& a, const Box& b);

/// A box that is said to hold an object of this class.
struct LabelledBox {
  std::string label;
  Box box;
};

}  // namespace reprise::metrics
