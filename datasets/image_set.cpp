#include "datasets/image_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include "datasets/corrupted_images.hpp"
#include "datasets/derived_sets.hpp"
#include "datasets/digest.hpp"
#include "datasets/distorted_images.hpp"
#include "datasets/hdf5_container_reader.hpp"
#include "datasets/known_container.hpp"
#include "datasets/made_clips.hpp"
#include "datasets/manifest.hpp"
#include "datasets/photograph_layout.hpp"
#include "datasets/photograph_set.hpp"
#include "datasets/split_reader.hpp"
#include "datasets/video_clips.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

/// Images of one split of the files, ascending.
struct Part {
  Split split;
  std::vector<std::int64_t> indices;
};

const char* name_of(Split split) {
  return split == Split::train ? "train" : "test";
}

/// The first `wanted` images (0: all) of the split's fixed random order, but for the last `without` of it.
Part choose(const std::string& name, Split split, std::int64_t available, std::int64_t wanted, std::int64_t without = 0) {
  if (wanted < 0 || wanted > available - without)
    throw InputError({fmt::format("selection of the {} split of '{}'", name_of(split), name),
                      fmt::format("0 (all) to {} images", available - without), fmt::format("{}", wanted),
                      "Correct the recipe's number of images."});
  Part part{split, random::permutation(0, random::Purpose::subset, static_cast<std::uint64_t>(split), available)};
  part.indices.resize(static_cast<std::size_t>(wanted > 0 ? wanted : available - without));
  std::sort(part.indices.begin(), part.indices.end());
  return part;
}

/// The last `wanted` images of the training set's fixed random order.
Part choose_held_out(const std::string& name, std::int64_t available, std::int64_t wanted) {
  if (wanted < 0 || wanted >= available)
    throw InputError({fmt::format("held-out training images of '{}'", name), fmt::format("0 (none) to {} images", available - 1),
                      fmt::format("{}", wanted), "Correct the recipe's held_out_images."});
  Part part{Split::train, random::permutation(0, random::Purpose::subset, static_cast<std::uint64_t>(Split::train), available)};
  part.indices.erase(part.indices.begin(), part.indices.end() - wanted);
  std::sort(part.indices.begin(), part.indices.end());
  return part;
}

/// What is trained on and what is tested on, of a set whose two splits have these numbers of images.
struct Parts {
  Part train, test;
};

Parts choose_parts(const std::string& name, std::int64_t train_count, std::int64_t test_count, const Selection& selection) {
  if (selection.held_out == 0)
    return {choose(name, Split::train, train_count, selection.train), choose(name, Split::test, test_count, selection.test)};
  Part held_out = choose_held_out(name, train_count, selection.held_out);
  return {choose(name, Split::train, train_count, selection.train, selection.held_out), std::move(held_out)};
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

/// Synthetic images are drawn, not chosen, so any number can be had of either split.
ImageSet load_synthetic(const DatasetEntry& entry, Split split, std::int64_t wanted, const std::optional<ClipStage>& clips) {
  const std::int64_t count = split == Split::train ? entry.train.count : entry.test.count;
  if (wanted < 0) choose(entry.name, split, count, wanted);
  ImageSet set = draw_synthetic(entry, split, wanted == 0 ? count : wanted);
  if (!clips) return set;
  set.classes = entry.classes(), set.class_names = entry.class_names;
  std::vector<std::int64_t> indices(static_cast<std::size_t>(set.count));
  std::iota(indices.begin(), indices.end(), 0);
  return made_clips(std::move(set), std::move(indices), split, *clips);
}

/// Of a split that the set has not.
ImageSet images_like(const DatasetEntry& entry) {
  ImageSet set;
  set.channels = entry.channels, set.height = entry.height, set.width = entry.width;
  return set;
}

ImageSet load_part(const DatasetEntry& entry, const std::filesystem::path& directory, const Part& part,
                   const std::optional<ClipStage>& clips) {
  const DatasetEntry& files = entry.base.empty() ? entry : require_entry(entry.base);
  const SplitEntry& split = part.split == Split::train ? files.train : files.test;
  if (split.files.empty()) return images_like(entry);
  ImageSet set = read_split(files, split, directory);
  keep(set, part.indices);
  if (entry.format == Format::canvas) return on_canvas(set, part.indices, part.split, entry.height);
  if (entry.format == Format::distorted) return distorted(std::move(set), part.indices, part.split, entry.distortion);
  if (clips) return made_clips(std::move(set), part.indices, part.split, *clips);
  return set;
}

/// All images of a set, training images first.
ImageSet read_both_splits(const DatasetEntry& entry, const std::filesystem::path& directory) {
  ImageSet all = read_split(entry, entry.train, directory);
  const ImageSet test = read_split(entry, entry.test, directory);
  all.count += test.count;
  all.pixels.insert(all.pixels.end(), test.pixels.begin(), test.pixels.end());
  all.labels.insert(all.labels.end(), test.labels.begin(), test.labels.end());
  return all;
}

ImageSet turn_part(const ImageSet& all, const DrawnSplits& drawn, const Part& part) {
  const std::vector<std::int64_t>& order = part.split == Split::train ? drawn.train : drawn.test;
  ImageSet set = all;
  set.count = static_cast<std::int64_t>(part.indices.size());
  set.pixels.clear(), set.labels.clear();
  std::vector<std::int64_t> places;
  for (const std::int64_t index : part.indices) {
    places.push_back(order[static_cast<std::size_t>(index)]);
    set.pixels.insert(set.pixels.end(), all.image(places.back()), all.image(places.back()) + all.image_bytes());
    set.labels.push_back(all.labels[static_cast<std::size_t>(places.back())]);
  }
  return turned(set, places);
}

Dataset load_files(const DatasetEntry& entry, const std::filesystem::path& directory, const Selection& selection) {
  if (entry.format == Format::synthetic) {
    if (selection.held_out != 0)
      throw InputError({fmt::format("held-out training images of '{}'", entry.name), "a set that is read from files", "one that is drawn",
                        "Draw another test set instead, or leave held_out_images away."});
    return {load_synthetic(entry, Split::train, selection.train, selection.clips),
            load_synthetic(entry, Split::test, selection.test, selection.clips)};
  }
  const Parts parts = choose_parts(entry.name, entry.train.count, entry.test.count, selection);
  if (entry.format == Format::rotated) {
    const ImageSet all = read_both_splits(require_entry(entry.base), directory);
    const DrawnSplits drawn = draw_splits(all.count, entry.train.count, entry.test.count);
    return {turn_part(all, drawn, parts.train), turn_part(all, drawn, parts.test)};
  }
  return {load_part(entry, directory, parts.train, selection.clips), load_part(entry, directory, parts.test, selection.clips)};
}

ImageSet load_photographs(const DatasetEntry& entry, const std::filesystem::path& directory, const PhotographFiles& all, const Part& part,
                          const PhotographFrame& frame, const std::vector<std::string>& class_names) {
  ImageSet set;
  set.classes = static_cast<int>(class_names.size());
  set.class_names = class_names;
  PhotographFiles files = all.chosen(part.indices);
  const std::vector<std::uint64_t> digests = check_photographs(files, directory / "preprocessed", exclusion_list(entry, directory));
  set_photographs(std::move(files), digests, frame, set);
  return set;
}

Dataset load_photographs(const DatasetEntry& entry, const std::filesystem::path& directory, const Selection& selection) {
  const ListedPhotographs listed = list_photographs(entry, directory);
  const Parts parts = choose_parts(entry.name, listed.train.count(), listed.test.count(), selection);
  const PhotographFrame frame = selection.frame.value_or(PhotographFrame{entry.height, entry.height, entry.height});
  const auto load_part = [&](const Part& part) {
    return load_photographs(entry, directory, part.split == Split::train ? listed.train : listed.test, part, frame, listed.class_names);
  };
  return {load_part(parts.train), load_part(parts.test)};
}

Dataset load_videos(const DatasetEntry& entry, const std::filesystem::path& directory, const Selection& selection) {
  if (!selection.clips || selection.clips->kind != ClipStage::Kind::video)
    throw InputError({fmt::format("clips of '{}'", entry.name), "the stage video(...) in front of the preprocessing", "none",
                      "Add it; see `reprise show --keys`."});
  const ListedVideos listed = list_videos(entry, directory);
  const auto count = [](const std::vector<ListedVideo>& videos) { return static_cast<std::int64_t>(videos.size()); };
  const Parts parts = choose_parts(entry.name, count(listed.train), count(listed.test), selection);
  const std::filesystem::path root = directory / entry.videos.folder;
  const auto load_part = [&](const Part& part) {
    const std::vector<ListedVideo>& all = part.split == Split::train ? listed.train : listed.test;
    std::vector<ListedVideo> chosen;
    for (const std::int64_t index : part.indices) chosen.push_back(all[static_cast<std::size_t>(index)]);
    ImageSet set;
    set.classes = static_cast<int>(listed.class_names.size());
    set.class_names = listed.class_names;
    set_videos(root / (selection.clips->shows_flow ? "flow" : "frames"), std::move(chosen), *selection.clips, root / "exclude.txt", set);
    return set;
  };
  return {load_part(parts.train), load_part(parts.test)};
}

Dataset load_corrupted(const DatasetEntry& entry, const std::filesystem::path& directory, const Selection& selection) {
  if (selection.held_out > 0)
    throw InputError({fmt::format("held-out training images of '{}'", entry.name), "a set that has training images",
                      "corrupted test images alone", "Leave held_out_images away, or the evaluation that looks at them."});
  const Part part = choose(entry.name, Split::test, clean_count(entry), selection.test);
  return {images_like(entry), corrupted_images(entry, directory, part.indices)};
}

/// `entry`: null for a set that the manifest does not know.
Dataset load_container(const std::string& name, const DatasetEntry* entry, const std::filesystem::path& path, const Selection& selection) {
  Dataset data = read_hdf5_container(path, "Write the container again, or remove it.");
  if (entry != nullptr) require_as_in_manifest(*entry, data, path);
  const Parts parts = choose_parts(name, data.train.count, data.test.count, selection);
  if (parts.test.split == Split::train) data.test = data.train;
  keep(data.train, parts.train.indices);
  keep(data.test, parts.test.indices);
  return data;
}

void describe(ImageSet& set, const std::string& name, const char* split) {
  set.name = name;
  set.split = split;
  if (!set.lazy) set.digest = image_set_digest(set);
}

}  // namespace

std::filesystem::path data_directory(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* variable = std::getenv("REPRISE_DATA"); variable != nullptr && *variable != '\0') return variable;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : ".") / ".cache" / "reprise" / "data";
}

const std::uint8_t* ImageSet::image(std::int64_t index, std::vector<std::uint8_t>& room, const FetchKey* key) const {
  if (!lazy) return image(index);
  room.resize(static_cast<std::size_t>(image_bytes()));
  lazy->make(index, key, room.data());
  return room.data();
}

Dataset load(const std::string& name, const std::filesystem::path& directory, const Selection& selection) {
  Dataset data;
  const DatasetEntry* entry = find_entry(name);
  std::error_code ignored;
  const bool may_be_container =
      (entry == nullptr && name.find('/') == std::string::npos) || (entry != nullptr && entry->format == Format::container);
  if (may_be_container && std::filesystem::exists(container_path(name, directory), ignored)) {
    data = load_container(name, entry, container_path(name, directory), selection);
  } else if (entry != nullptr && entry->format == Format::container) {
    throw InputError({fmt::format("data set '{}'", name), container_path(name, directory).string(), "no such file", how_to_get(*entry)});
  } else if (entry != nullptr && entry->format == Format::photographs) {
    data = load_photographs(*entry, directory, selection);
  } else if (entry != nullptr && entry->format == Format::videos) {
    data = load_videos(*entry, directory, selection);
  } else {
    entry = &require_entry(name);
    data = entry->format == Format::corrupted ? load_corrupted(*entry, directory, selection) : load_files(*entry, directory, selection);
    data.train.classes = data.test.classes = entry->classes();
    data.train.class_names = data.test.class_names = entry->class_names;
  }
  for (const ImageSet* set : {&data.train, &data.test})
    if (selection.clips && set->frames != selection.clips->frames)
      throw InputError({fmt::format("clips of '{}'", name), "a set that clips are made of: MNIST, Fashion-MNIST, CIFAR, synthetic ones",
                        "another one", "Leave the stage out, or use another set."});
  describe(data.train, name, "train");
  describe(data.test, name, selection.held_out > 0 ? "held out of train" : "test");
  return data;
}

}  // namespace reprise::datasets
