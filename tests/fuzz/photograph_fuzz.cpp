// Any bytes as a photograph, decoded whole and at a smaller size, and seen through a frame.

#include "datasets/photograph_frame.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  if (size > 1 << 16) return 0;
  for (const int min_side : {0, 1, 16})
    fuzz::reads_or_refuses([&] {
      const datasets::Photograph photograph = datasets::decode_photograph({data, size}, "input", "Restore it.", min_side);
      fuzz::require(photograph.width > 0 && photograph.height > 0, "a size");
      fuzz::require(
          photograph.pixels.size() == 3 * static_cast<std::size_t>(photograph.width) * static_cast<std::size_t>(photograph.height),
          "three bytes a pixel");
      const datasets::PhotographFrame frame{8, 12, 12};
      const datasets::FrameWindow window = datasets::window_of(frame, photograph.width, photograph.height, nullptr, 0);
      std::uint8_t image[3 * 8 * 8];
      datasets::cut_frame(photograph, window, 8, image);
    });
  return 0;
}
