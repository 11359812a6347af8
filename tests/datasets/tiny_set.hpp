#pragma once
// A data set of a few images in IDX files, with its manifest entry, for tests of loading and fetching.

#include <array>

#include "datasets/manifest.hpp"
#include "suite/records/digest.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {

/// Train 4 images of 2x2, labels 0 1 0 1; test 2 images, labels 1 0. Files in the order train images, train labels, test images,
/// test labels, plain IDX.
struct TinySet {
  DatasetEntry entry;
  std::array<std::string, 4> paths = {"tiny/train-images", "tiny/train-labels", "tiny/test-images", "tiny/test-labels"};
  std::array<Bytes, 4> contents;

  TinySet() {
    contents[0] = {0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    contents[1] = {0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 0, 1};
    contents[2] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 21, 22, 23, 24, 25, 26, 27, 28};
    contents[3] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    entry.name = "tiny";
    entry.channels = 1, entry.height = 2, entry.width = 2;
    entry.class_names = {"even", "odd"};
    entry.train.count = 4;
    entry.test.count = 2;
    renew_digests();
  }

  void renew_digests() {
    entry.train.files = {file(0), file(1)};
    entry.test.files = {file(2), file(3)};
  }
  FileEntry file(std::size_t i) const {
    return {paths[i], static_cast<std::int64_t>(contents[i].size()), records::sha256_hex(std::as_bytes(std::span(contents[i])))};
  }
  void write(const std::filesystem::path& folder) const {
    for (std::size_t i = 0; i < 4; ++i) write_file(folder / paths[i], contents[i]);
  }
};

}  // namespace reprise::datasets
