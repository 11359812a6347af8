// Any bytes as each of the official lists of videos, the others being right.

#include "datasets/video_entries.hpp"
#include "datasets/video_lists.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;

/// Lists of a set of three classes, in files of their own.
class Lists {
 public:
  Lists(std::size_t entry, std::string_view classes, std::string_view train, std::string_view test)
      : entry_(datasets::video_entries()[entry]), right_{classes, train, test} {
    entry_.class_names = {"a", "b", "c"};
    entry_.videos.counts_are_known = false;
    entry_.videos.folder = files_[0].folder().string();
    entry_.videos.classes = files_[0].path().string();
    entry_.videos.train_list = files_[1].path().string();
    entry_.videos.test_list = files_[2].path().string();
  }

  void read_with(std::size_t file, std::string_view text) {
    for (std::size_t i = 0; i < 3; ++i) files_[i].set(i == file ? text : right_[i]);
    fuzz::reads_or_refuses([&] {
      const datasets::ListedVideos videos = datasets::list_videos(entry_, "");
      fuzz::require(videos.class_names.size() == 3, "three classes");
      for (const auto* side : {&videos.train, &videos.test})
        for (const datasets::ListedVideo& video : *side) {
          fuzz::require(!video.labels.empty(), "a label");
          for (const std::int32_t label : video.labels) fuzz::require(label >= 0 && label < 3, "a label of three classes");
        }
    });
  }

 private:
  datasets::DatasetEntry entry_;
  std::string_view right_[3];
  fuzz::InputFile files_[3]{fuzz::InputFile("classes.txt"), fuzz::InputFile("train.txt"), fuzz::InputFile("test.txt")};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Lists ucf(0, "1 Archery\n2 Diving\n3 YoYo\n", "Archery/v_Archery_g02_c01.avi 1\n", "YoYo/v_YoYo_g01_c01.avi\n");
  static Lists sports(3, "boxing\ncandlepin bowling\ncurling\n", "https://www.youtube.com/watch?v=ab 2,0\n",
                      "https://www.youtube.com/watch?v=cd 1\n");
  for (Lists* lists : {&ucf, &sports})
    for (const std::size_t file : {0, 1, 2}) lists->read_with(file, fuzz::text_of(data, size));
  return 0;
}
