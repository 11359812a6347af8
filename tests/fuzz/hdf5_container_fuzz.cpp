// Any bytes as an HDF5 container of images.

#include "datasets/hdf5_container_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;

void require_sound(const datasets::ImageSet& set) {
  const auto count = static_cast<std::size_t>(set.count);
  fuzz::require(set.count > 0 && set.image_bytes() > 0, "images");
  fuzz::require(set.labels.size() == count && set.pixels.size() == count * static_cast<std::size_t>(set.image_bytes()),
                "a label and the pixels of each image");
  for (const std::int32_t label : set.labels) fuzz::require(label >= 0 && label < set.classes, "labels of classes");
  fuzz::require(set.class_names.size() == static_cast<std::size_t>(set.classes), "a name for each class");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file("input.h5");
  file.set(fuzz::text_of(data, size));
  fuzz::reads_or_refuses([] {
    const datasets::Dataset set = datasets::read_hdf5_container(file.path(), "Write it again.");
    require_sound(set.train);
    require_sound(set.test);
  });
  return 0;
}
