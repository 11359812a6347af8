#pragma once
// Reader of .amat files: text, an example a line, its pixels as numbers from 0 to 1 and then its label. The format of the variations of
// MNIST by Larochelle et al. 2007.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reprise::datasets {

struct AmatExamples {
  std::vector<std::uint8_t> pixels;  ///< [count, pixels], each the nearest of 256 levels
  std::vector<std::int32_t> labels;  ///< [count]
};

/// Reads `count` examples of so many pixels and labels below `classes`. Empty lines are passed over. Throws InputError that names file,
/// line and column (from 1), expected, found and `fix`: for a number too few or too many in a line, text that is no number, a pixel outside
/// [0, 1], a label that is none of the classes, too few lines or too many.
AmatExamples read_amat(const std::filesystem::path& path, std::int64_t count, std::int64_t pixels, int classes, const std::string& fix);

}  // namespace reprise::datasets
