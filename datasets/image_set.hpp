#pragma once
// One split of a labelled image data set, as its official files hold it, and how to load one by name.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/clip_stage.hpp"
#include "datasets/lazy_images.hpp"
#include "datasets/photograph_frame.hpp"

namespace reprise::datasets {

/// Consecutive images of a set that were corrupted in the same way.
struct ImageGroup {
  std::string name;  ///< of the corruption: "gaussian_noise"
  int severity = 0;  ///< from 1 on
  std::int64_t count = 0;
};

/// Images as bytes, planes channel-first as in the official files: pixels [count, channels, height, width]. A set of photographs has `lazy`
/// in their place.
struct ImageSet {
  std::string name;   ///< "mnist"
  std::string split;  ///< "train", "test" or "held out of train"
  std::int64_t count = 0;
  int channels = 0;
  int height = 0;
  int width = 0;
  int frames = 0;  ///< of a clip, one below the other, height / frames rows each; 0: images are no clips
  int classes = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;                       ///< [count], each in [0, classes)
  std::vector<std::vector<std::int32_t>> other_labels{};  ///< [count]: further classes that are right, too; empty: none has any
  std::vector<std::string> class_names;
  /// SHA-256 (hex) over shape, pixels and labels; of photographs over class names, labels and digests of files; of clips and
  /// surrogate classes over what they are made of.
  std::string digest;
  std::shared_ptr<const LazyImages> lazy;
  std::vector<ImageGroup> groups{};  ///< all images, in order; empty: they are not grouped

  std::int64_t image_bytes() const { return std::int64_t{channels} * height * width; }
  /// Of a set that holds its pixels.
  const std::uint8_t* image(std::int64_t index) const { return pixels.data() + index * image_bytes(); }
  /// Of any set: where the pixels are, or where they were made, in `room`.
  const std::uint8_t* image(std::int64_t index, std::vector<std::uint8_t>& room, const FetchKey* key = nullptr) const;
};

struct Dataset {
  ImageSet train;
  ImageSet test;
};

/// The data directory: `given` unless empty, else $REPRISE_DATA, else ~/.cache/reprise/data.
std::filesystem::path data_directory(const std::string& given);

/// How many images to keep of each split; 0 keeps all. The choice is a fixed random subset (Purpose::subset, `seed` 0),
/// the same for every trial of an experiment; derived sets (canvas, synthetic) make only the images that are kept.
struct Selection {
  std::int64_t train = 0;
  std::int64_t test = 0;  ///< of a corrupted set: of the clean test images, each with all its corruptions
  /// If positive: that number of training images (the last of that order) leaves the training set and stand in for the test set,
  /// of which nothing is used, nor read but where it is in a container with the rest. For choosing recipes without a look at the test
  /// images.
  std::int64_t held_out = 0;
  /// What is seen of photographs; nothing: their usual frame.
  std::optional<PhotographFrame> frame = std::nullopt;
  /// What clips are made; nothing: images.
  std::optional<ClipStage> clips = std::nullopt;
};

/// Loads and checks (manifest: SHA-256, count, class histogram) a data set by its name. Names: see `manifest.hpp`.
/// Throws InputError that names the file, the byte offset where there is one, expected, found and the fix.
Dataset load(const std::string& name, const std::filesystem::path& data_directory, const Selection& selection = {});

}  // namespace reprise::datasets
