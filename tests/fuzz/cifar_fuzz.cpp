// Any bytes as a binary file of CIFAR-10 and of CIFAR-100.

#include <algorithm>

#include "datasets/cifar_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  using datasets::CifarKind;
  static fuzz::InputFile file("input.bin");
  file.set(fuzz::text_of(data, size));
  for (const CifarKind kind : {CifarKind::cifar10, CifarKind::cifar100}) {
    fuzz::reads_or_refuses([&] {
      datasets::ImageSet set;
      datasets::append_cifar(file.path(), kind, "Fetch it again.", set);
      const auto count = static_cast<std::size_t>(set.count);
      fuzz::require(count > 0 && set.labels.size() == count && set.pixels.size() == count * 3 * 32 * 32,
                    "one label and 3072 pixels an image");
      const int classes = kind == CifarKind::cifar10 ? 10 : 100;
      fuzz::require(std::all_of(set.labels.begin(), set.labels.end(), [&](int label) { return label >= 0 && label < classes; }),
                    "labels of classes");
    });
  }
  return 0;
}
