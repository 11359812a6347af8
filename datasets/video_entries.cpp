#include "datasets/video_entries.hpp"

#include <fmt/format.h>

namespace reprise::datasets {

namespace {

constexpr int kSide = 220;

DatasetEntry videos(const std::string& name, const std::string& title, int classes, std::int64_t train, std::int64_t test) {
  DatasetEntry entry;
  entry.name = name;
  entry.title = title;
  entry.format = Format::videos;
  entry.channels = 3, entry.height = entry.width = kSide;
  for (int i = 0; i < classes; ++i) entry.class_names.push_back(fmt::format("class {}", i));
  entry.train.count = train, entry.test.count = test;
  return entry;
}

/// Split 1 goes by the name of the set. All three are of the same 13,320 videos.
DatasetEntry ucf_101(int split, std::int64_t train, std::int64_t test) {
  DatasetEntry entry = videos(split > 1 ? fmt::format("ucf-101-{}", split) : "ucf-101",
                              fmt::format("UCF-101, split {}, decoded frames", split), 101, train, test);
  entry.videos = {"ucf-101",
                  VideoLists::ucf,
                  "ucfTrainTestlist/classInd.txt",
                  fmt::format("ucfTrainTestlist/trainlist{:02}.txt", split),
                  fmt::format("ucfTrainTestlist/testlist{:02}.txt", split),
                  true};
  return entry;
}

/// 1,133,158 videos in all, of which seven tenths are for training and two for tests (Karpathy et al. 2014, section 4); the lists decide.
DatasetEntry sports_1m() {
  DatasetEntry entry = videos("sports-1m", "Sports-1M, decoded frames", 487, 793211, 226632);
  entry.videos = {"sports-1m", VideoLists::sports, "labels.txt", "original/train_partition.txt", "original/test_partition.txt", false};
  return entry;
}

}  // namespace

std::vector<DatasetEntry> video_entries() {
  return {ucf_101(1, 9537, 3783), ucf_101(2, 9586, 3734), ucf_101(3, 9624, 3696), sports_1m()};
}

std::string how_to_get_videos(const DatasetEntry& entry) {
  const VideoPlaces& places = entry.videos;
  return fmt::format(
      "Put the official lists ({0}, {1}, {2}) into {3} in the data directory, and the frames of each video as {3}/frames/{4}/000001.jpg, "
      "000002.jpg, ..., images of optical flow in {3}/flow; or name the directory with --data or REPRISE_DATA.",
      places.classes, places.train_list, places.test_list, places.folder, places.lists == VideoLists::ucf ? "CLASS/VIDEO" : "ID");
}

}  // namespace reprise::datasets
