#include "suite/tensor/shape.hpp"

#include <fmt/format.h>

namespace reprise {

const char* name_of(Precision precision) {
  return precision == Precision::f32 ? "f32" : "bf16";
}

std::string SampleShape::text() const {
  if (height == 1 && width == 1) return fmt::format("[{}]", channels);
  return fmt::format("[{}, {}, {}]", height, width, channels);
}

}  // namespace reprise
