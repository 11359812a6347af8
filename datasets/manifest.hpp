#pragma once
// The data sets that reprise knows, as a table: where their files are, what is in them, where they come from.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/distortion.hpp"

namespace reprise::datasets {

enum class Format {
  idx,          ///< two IDX files a split: images, labels
  cifar10,      ///< binary CIFAR-10 batches
  cifar100,     ///< binary CIFAR-100 files
  stl10,        ///< binary files of STL-10 (stl10_reader.hpp), whose own digests are not known here, only that of their archive
  corrupted,    ///< .npy files of corrupted test images (corrupted_images.hpp), whose own digests are not known here, only their archive's
  mat,          ///< MATLAB files (mat_reader.hpp)
  amat,         ///< an .amat file a split, whose digests are not known here
  canvas,       ///< made from `base`: each image at a random position on a black 64x64 canvas
  rotated,      ///< made from `base`: both splits drawn anew from all of its images, each turned by a random angle
  distorted,    ///< made from `base`: each image distorted at random, anew in every epoch of training (distorted_images.hpp)
  synthetic,    ///< drawn
  photographs,  ///< JPEG files that are decoded when they are needed (photograph_layout.hpp)
  videos,       ///< decoded frames in folders, with the official lists (video_lists.hpp)
  container,    ///< NAME.h5 in the data directory (hdf5_container_reader.hpp): what the catalog must know before the file is there
};

struct FileEntry {
  std::string path;            ///< relative to the data directory
  std::int64_t content_bytes;  ///< once inflated; of a .npy file: of its numbers, without the header
  std::string sha256;          ///< of the inflated content: gzip files of the same content may differ; empty: not known, not checked
};

struct SplitEntry {
  std::vector<FileEntry> files;         ///< idx: images, labels
  std::int64_t count = 0;               ///< images; synthetic: the default
  std::vector<std::int64_t> histogram;  ///< images a class; empty: count / classes each, or, of an .amat file or a container, not known
  /// `order_free_digest` of the split. Where given, a file with the same images in another order is accepted.
  std::string order_free_sha256;
};

struct ArchiveEntry {
  std::string name;  ///< empty: the files are fetched one by one
  std::int64_t bytes = 0;
  std::string sha256;
};

/// Where the photographs of a set are; see photograph_layout.hpp.
struct PhotographPlaces {
  std::string folder;                           ///< relative to the data directory
  std::string test_folder = "val";              ///< of `folder`
  std::string train_archive, test_archive;      ///< official tar archives in `folder`, which may take the place of the folders
  std::string test_labels;                      ///< official list of a number a line, in the order of the test files' names
  int train_per_class = 0, test_per_class = 0;  ///< positive: `folder` has the classes, and that many of each are drawn
  std::vector<std::string> class_folders;       ///< in the order of class_names; empty: all there are, sorted
};

enum class VideoLists { ucf, sports };

/// Where the frames of a set of videos are, and its lists; see video_lists.hpp.
struct VideoPlaces {
  std::string folder;  ///< relative to the data directory; the videos' own folders are in `folder`/frames, or flow
  VideoLists lists = VideoLists::ucf;
  std::string classes, train_list, test_list;  ///< official files, relative to `folder`
  bool counts_are_known = true;                ///< the lists have as many videos as the entry says
};

struct DatasetEntry {
  std::string name;
  std::string title;
  Format format = Format::idx;
  int channels = 0, height = 0, width = 0;
  std::vector<std::string> class_names;
  SplitEntry train, test;
  std::string base;                              ///< canvas, rotated, distorted: the set it is made from
  Distortion distortion = Distortion::rotation;  ///< of Format::distorted
  std::string stands_for;                        ///< the published set in whose place it was made anew
  std::vector<std::string> urls;                 ///< folders of the files or of the archive, tried in order
  ArchiveEntry archive;                          ///< a .tar.gz whose members are the `files`
  std::vector<std::filesystem::path> elsewhere;  ///< folders also looked into for the files' names, after the data directory
  FileEntry folds{};                             ///< subsets of the training images that the set comes with; without a path: none
  PhotographPlaces photographs;                  ///< of Format::photographs, whose height and width are those of the usual frame
  VideoPlaces videos;                            ///< of Format::videos, whose height and width are those of a frame
  std::string package;                           ///< Debian package that installs it, if any

  int classes() const { return static_cast<int>(class_names.size()); }
  /// True for data that is made or drawn, so that there are no files of its own.
  bool is_derived() const { return !base.empty() || format == Format::synthetic; }
};

const std::vector<DatasetEntry>& manifest();

/// Null if there is none of that name.
const DatasetEntry* find_entry(const std::string& name);

/// As find_entry, but throws an InputError that lists the known names.
const DatasetEntry& require_entry(const std::string& name);

/// Where a file of the set is: in the data directory, or in one of `elsewhere`. Empty if in neither.
std::filesystem::path locate(const DatasetEntry& entry, const FileEntry& file, const std::filesystem::path& data_directory);

/// Where an HDF5 container of that name is, or would be: NAME.h5.
std::filesystem::path container_path(const std::string& name, const std::filesystem::path& data_directory);

/// What a user can do to get the files of this set.
std::string how_to_get(const DatasetEntry& entry);

}  // namespace reprise::datasets
