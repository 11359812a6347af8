// Any bytes as a MATLAB file of digits of 2 x 3 pixels.

#include "datasets/mat_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  static fuzz::InputFile file("input.mat");
  file.set(fuzz::text_of(data, size));
  fuzz::reads_or_refuses([] {
    datasets::ImageSet set;
    set.height = 2, set.width = 3, set.channels = 3, set.classes = 10;
    const std::string digest = datasets::append_mat(file.path(), "", "Fetch it again.", set);
    const auto count = static_cast<std::size_t>(set.count);
    fuzz::require(set.count > 0 && set.labels.size() == count && set.pixels.size() == 18 * count, "a label and the pixels of each image");
    for (const std::int32_t label : set.labels) fuzz::require(label >= 0 && label < 10, "labels of classes");
    fuzz::require(digest.size() == 64, "a digest");
  });
  return 0;
}
