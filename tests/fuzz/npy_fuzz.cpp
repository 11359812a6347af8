// Any bytes as a .npy file: of labels, and of numbers that are read one after the other.

#include "datasets/npy_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  static fuzz::InputFile file("input.npy");
  file.set(fuzz::text_of(data, size));
  fuzz::reads_or_refuses([&] {
    const datasets::NpyFile array(file.path(), "Fetch it again.");
    fuzz::require(array.bytes() >= 0 && array.bytes() <= static_cast<std::int64_t>(size), "no more numbers than the file has bytes");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(array.bytes()));
    array.read(0, bytes);
    if (array.shape().size() != 1) return;
    const std::vector<std::int32_t> labels = datasets::read_npy_labels(file.path(), array.shape()[0], 10, "Fetch it again.");
    fuzz::require(static_cast<std::int64_t>(labels.size()) == array.shape()[0], "as many labels as the shape says");
    for (const std::int32_t label : labels) fuzz::require(label >= 0 && label < 10, "labels of classes");
  });
  return 0;
}
