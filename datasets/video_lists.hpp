#pragma once
// Official lists of videos: which there are, of which classes, on which side of a split.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/manifest.hpp"

namespace reprise::datasets {

struct ListedVideo {
  std::string folder;                ///< of its frames, in the folder of all frames: "Archery/v_Archery_g01_c01"
  std::vector<std::int32_t> labels;  ///< one or more
};

struct ListedVideos {
  std::vector<std::string> class_names;
  std::vector<ListedVideo> train, test;  ///< in the order of the lists, without those of exclude.txt
};

/// Reads the lists of a set of videos.
///   UCF-101    classInd.txt: "NUMBER CLASS", numbers from 1; train list: "CLASS/VIDEO.avi NUMBER"; test list: "CLASS/VIDEO.avi". A VIDEO
///   is
///              called v_CLASS_gXX_cYY; those of a class with one gXX are parts of one recording.
///   Sports-1M  labels.txt: a class per line; lists: "URL?v=ID LABEL,LABEL,...", labels from 0
/// Videos on a line of exclude.txt, by folder, are left out. Throws InputError that names list and line: another number of classes or,
/// where it is known, of videos; a line of another form; a class that there is not or that contradicts its number; a video listed twice or
/// on both sides; parts of one recording on both sides.
ListedVideos list_videos(const DatasetEntry& entry, const std::filesystem::path& data_directory);

/// Whether the lists are there.
bool has_videos(const DatasetEntry& entry, const std::filesystem::path& data_directory);

}  // namespace reprise::datasets
