#pragma once
// The header of a .npy file: the text of a Python dictionary with the keys descr, fortran_order and shape.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::datasets {

struct NpyHeader {
  std::string type;  ///< NumPy's word: "|u1", "<i8"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// What a header lacks, and at which of its bytes.
struct NpyHeaderFault {
  std::size_t at = 0;
  std::string expected, found;
};

/// Nothing, with `fault` set, for a text that is no such dictionary. Keys may stand in any order, each once.
std::optional<NpyHeader> parse_npy_header(std::string_view text, NpyHeaderFault& fault);

}  // namespace reprise::datasets
