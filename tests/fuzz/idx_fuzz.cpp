// Any bytes as an IDX file, gzipped if they start like that, of labels and of images.

#include "datasets/idx_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  static fuzz::InputFile plain("input"), packed("input.gz");
  const bool is_gzip = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
  fuzz::InputFile& file = is_gzip ? packed : plain;
  file.set(fuzz::text_of(data, size));
  for (const int order : {1, 3}) {
    fuzz::reads_or_refuses([&] {
      const datasets::IdxArray array = datasets::read_idx(file.path(), order, "Fetch it again.");
      std::size_t values = 1;
      for (const std::int64_t extent : array.sizes) values *= static_cast<std::size_t>(extent);
      fuzz::require(array.sizes.size() == static_cast<std::size_t>(order) && array.values.size() == values,
                    "as many values as the sizes say");
      fuzz::require(array.sha256.size() == 64, "a digest");
    });
  }
  return 0;
}
