#include "datasets/image_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "datasets/derived_sets.hpp"
#include "datasets/digest.hpp"
#include "datasets/hdf5_container_reader.hpp"
#include "datasets/manifest.hpp"
#include "datasets/split_reader.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

/// Which images of a split are kept, ascending.
std::vector<std::int64_t> choose(const std::string& name, const char* split, std::int64_t available, std::int64_t wanted, Split which) {
  if (wanted < 0 || wanted > available)
    throw InputError({fmt::format("selection of the {} split of '{}'", split, name), fmt::format("0 (all) to {} images", available),
                      fmt::format("{}", wanted), "Correct the recipe's number of images."});
  std::vector<std::int64_t> indices = random::permutation(0, random::Purpose::subset, static_cast<std::uint64_t>(which), available);
  if (wanted > 0) indices.resize(static_cast<std::size_t>(wanted));
  std::sort(indices.begin(), indices.end());
  return indices;
}

void keep(ImageSet& set, const std::vector<std::int64_t>& indices) {
  if (static_cast<std::int64_t>(indices.size()) == set.count) return;
  const std::int64_t bytes = set.image_bytes();
  // indices ascend, so an image never moves onto one that is still to be moved.
  for (std::size_t i = 0; i < indices.size(); ++i) {
    std::memmove(set.pixels.data() + static_cast<std::int64_t>(i) * bytes, set.image(indices[i]), static_cast<std::size_t>(bytes));
    set.labels[i] = set.labels[static_cast<std::size_t>(indices[i])];
  }
  set.count = static_cast<std::int64_t>(indices.size());
  set.pixels.resize(static_cast<std::size_t>(set.count * bytes));
  set.pixels.shrink_to_fit();
  set.labels.resize(indices.size());
}

ImageSet load_split(const DatasetEntry& entry, const std::filesystem::path& directory, Split which, std::int64_t wanted) {
  const char* split = which == Split::train ? "train" : "test";
  const SplitEntry& expected = which == Split::train ? entry.train : entry.test;
  if (entry.format == Format::synthetic) {
    if (wanted < 0) choose(entry.name, split, expected.count, wanted, which);
    return draw_synthetic(entry, which, wanted == 0 ? expected.count : wanted);
  }
  const std::vector<std::int64_t> indices = choose(entry.name, split, expected.count, wanted, which);
  if (entry.format == Format::canvas) {
    const DatasetEntry& base = require_entry(entry.base);
    ImageSet set = read_split(base, which == Split::train ? base.train : base.test, directory);
    keep(set, indices);
    return on_canvas(set, indices, which, entry.height);
  }
  ImageSet set = read_split(entry, expected, directory);
  keep(set, indices);
  return set;
}

Dataset load_container(const std::string& name, const std::filesystem::path& path, const Selection& selection) {
  Dataset data = read_hdf5_container(path, "Write the container again, or remove it.");
  keep(data.train, choose(name, "train", data.train.count, selection.train, Split::train));
  keep(data.test, choose(name, "test", data.test.count, selection.test, Split::test));
  return data;
}

void describe(ImageSet& set, const std::string& name, const char* split) {
  set.name = name;
  set.split = split;
  set.digest = image_set_digest(set);
}

}  // namespace

std::filesystem::path data_directory(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* variable = std::getenv("REPRISE_DATA"); variable != nullptr && *variable != '\0') return variable;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : ".") / ".cache" / "reprise" / "data";
}

Dataset load(const std::string& name, const std::filesystem::path& directory, const Selection& selection) {
  Dataset data;
  const DatasetEntry* entry = find_entry(name);
  std::error_code ignored;
  if (entry == nullptr && name.find('/') == std::string::npos && std::filesystem::exists(directory / (name + ".h5"), ignored)) {
    data = load_container(name, directory / (name + ".h5"), selection);
  } else {
    entry = &require_entry(name);
    data.train = load_split(*entry, directory, Split::train, selection.train);
    data.test = load_split(*entry, directory, Split::test, selection.test);
    data.train.classes = data.test.classes = entry->classes();
    data.train.class_names = data.test.class_names = entry->class_names;
  }
  describe(data.train, name, "train");
  describe(data.test, name, "test");
  return data;
}

}  // namespace reprise::datasets
