#pragma once
// Small corrupted sets in the layout of CIFAR-10-C.

#include "datasets/corrupted_images.hpp"
#include "npy_bytes.hpp"

namespace reprise::datasets {

/// Two corruptions, "fog" and "snow", of two clean images of 1 x 2 pixels with three channels, a class each.
inline DatasetEntry made_corrupted_entry() {
  DatasetEntry entry;
  entry.name = "tiny-c";
  entry.format = Format::corrupted;
  entry.channels = 3, entry.height = 1, entry.width = 2;
  entry.class_names = {"a", "b"};
  entry.test = {{{"TINY-C/fog.npy", 60, ""}, {"TINY-C/snow.npy", 60, ""}, {"TINY-C/labels.npy", 10, ""}}, 20, {}, ""};
  return entry;
}

/// Value 100 f + 20 (severity - 1) + 10 image + 3 x + c, f = 0 (fog) or 1 (snow), in column x of channel c; labels 1, 0.
inline void write_corruptions(const std::filesystem::path& folder) {
  for (int f = 0; f < 2; ++f) {
    Bytes pixels;
    for (int i = 0; i < 10; ++i)
      for (int p = 0; p < 6; ++p) pixels.push_back(static_cast<std::uint8_t>(100 * f + 10 * i + p));
    write_file(folder / (f == 0 ? "TINY-C/fog.npy" : "TINY-C/snow.npy"), npy_bytes(npy_dictionary("|u1", "(10, 1, 2, 3)"), pixels));
  }
  write_file(folder / "TINY-C/labels.npy", npy_bytes(npy_dictionary("|u1", "(10,)"), {1, 0, 1, 0, 1, 0, 1, 0, 1, 0}));
}

}  // namespace reprise::datasets
