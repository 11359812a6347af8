#include "datasets/known_container.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/split_reader.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

void require_as_in_manifest(const DatasetEntry& entry, const Dataset& data, const std::filesystem::path& path) {
  const auto require = [&](bool holds, const std::string& what, const std::string& expected, const std::string& found) {
    if (holds) return;
    throw InputError({fmt::format("{}: {}", path.string(), what), expected + fmt::format(", as {} has", entry.name), found,
                      how_to_get(entry) + " If it is another set, give it another name."});
  };
  const auto shape = [](int channels, int height, int width) { return fmt::format("[{}, {}, {}]", channels, height, width); };
  const auto check = [&](const ImageSet& set, const SplitEntry& split, const std::string& name) {
    const std::string expected = shape(entry.channels, entry.height, entry.width), found = shape(set.channels, set.height, set.width);
    require(found == expected, name + "/images", expected + " each", found);
    require(set.classes == entry.classes(), name + "/labels", fmt::format("{} classes", entry.classes()), fmt::format("{}", set.classes));
    require(set.count == split.count, name + "/images", fmt::format("{} images", split.count), fmt::format("{}", set.count));
    const std::vector<std::int64_t> of_class = class_histogram(set);
    require(split.histogram.empty() || of_class == split.histogram, name + "/labels",
            fmt::format("images a class [{}]", fmt::join(split.histogram, ", ")), fmt::format("[{}]", fmt::join(of_class, ", ")));
  };
  check(data.train, entry.train, "/train");
  check(data.test, entry.test, "/test");
}

}  // namespace reprise::datasets
