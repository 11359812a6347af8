// Any bytes as an .amat file of two examples of three pixels.

#include "datasets/amat_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  static fuzz::InputFile file("input.amat");
  file.set(fuzz::text_of(data, size));
  fuzz::reads_or_refuses([&] {
    const datasets::AmatExamples examples = datasets::read_amat(file.path(), 2, 3, 4, "Unpack it again.");
    fuzz::require(examples.pixels.size() == 6 && examples.labels.size() == 2, "two examples");
    for (const std::int32_t label : examples.labels) fuzz::require(label >= 0 && label < 4, "a label of four classes");
  });
  return 0;
}
