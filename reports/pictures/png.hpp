#pragma once
// Pictures as bytes in the page.

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::reports {

/// pixels [height, width, channels], channels 1 (grey) or 3 (RGB) -> a PNG file's bytes.
/// Throws std::invalid_argument when the count does not fit, RunError when libpng fails.
std::vector<std::uint8_t> png_encoded(const std::uint8_t* pixels, int height, int width, int channels);

/// RFC 4648, padded.
std::string base64(const std::vector<std::uint8_t>& bytes);

/// "data:image/png;base64,..."
std::string png_data_address(const std::uint8_t* pixels, int height, int width, int channels);

}  // namespace reprise::reports
