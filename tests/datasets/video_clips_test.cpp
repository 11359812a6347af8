#include "datasets/video_clips.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "datasets/preprocessing.hpp"
#include "datasets/sample_source.hpp"
#include "datasets/video_entries.hpp"
#include "made_photographs.hpp"

namespace reprise::datasets {
namespace {

using Strings = std::vector<std::string>;

void write_text(const std::filesystem::path& path, const Strings& lines) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path);
  for (const std::string& line : lines) file << line << "\n";
}

/// Two classes, three videos for training and one for tests, as UCF-101 lists them. Frame f of video v is even, of brightness 20 v + f.
struct MadeUcf {
  TemporaryFolder data;
  DatasetEntry entry = video_entries()[0];
  Strings train{"Archery/v_Archery_g02_c01.avi 1", "Archery/v_Archery_g02_c02.avi 1", "YoYo/v_YoYo_g03_c01.avi 2"};
  Strings test{"YoYo/v_YoYo_g01_c01.avi"};

  MadeUcf() {
    entry.class_names = {"class 0", "class 1"};
    entry.train.count = 3, entry.test.count = 1;
    write();
    const char* const folders[]{"Archery/v_Archery_g02_c01", "Archery/v_Archery_g02_c02", "YoYo/v_YoYo_g03_c01", "YoYo/v_YoYo_g01_c01"};
    for (int v = 0; v < 4; ++v)
      for (int f = 1; f <= 12 + v; ++f) write_file(frame(folders[v], f), even(20 * v + f));
  }
  std::filesystem::path root() const { return data.path() / "ucf-101"; }
  std::filesystem::path frame(const std::string& folder, int number) const {
    return root() / "frames" / folder / (std::string(number < 10 ? "00000" : "0000") + std::to_string(number) + ".jpg");
  }
  void write() const {
    write_text(root() / "ucfTrainTestlist/classInd.txt", {"1 Archery", "2 YoYo"});
    write_text(root() / "ucfTrainTestlist/trainlist01.txt", train);
    write_text(root() / "ucfTrainTestlist/testlist01.txt", test);
  }
  static Bytes even(int brightness) { return jpeg_of(Bytes(24 * 20 * 3, static_cast<std::uint8_t>(brightness)), 24, 20, {.quality = 100}); }

  ImageSet clips(const std::string& stage) const {
    ImageSet set;
    set.classes = 2, set.class_names = {"Archery", "YoYo"};
    set_videos(root() / "frames", list_videos(entry, data.path()).train, ClipStage::parse(stage), root() / "exclude.txt", set);
    return set;
  }
};

/// The brightness of each frame; all of its pixels have it.
std::vector<int> frames_of(const ImageSet& set, std::int64_t index, const FetchKey* key = nullptr) {
  std::vector<std::uint8_t> room;
  set.image(index, room, key);
  std::vector<int> frames;
  const std::size_t plane = room.size() / 3, size = plane / static_cast<std::size_t>(set.frames);
  for (std::size_t t = 0; t < static_cast<std::size_t>(set.frames); ++t) {
    frames.push_back(room[t * size]);
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(room[c * plane + t * size + i], frames.back());
  }
  return frames;
}

TEST(VideoLists, of_ucf_101_give_classes_and_sides) {
  const MadeUcf made;
  const ListedVideos listed = list_videos(made.entry, made.data.path());
  EXPECT_EQ(listed.class_names, (Strings{"Archery", "YoYo"}));
  ASSERT_EQ(listed.train.size(), 3u);
  EXPECT_EQ(listed.train[2].folder, "YoYo/v_YoYo_g03_c01");
  EXPECT_EQ(listed.train[2].labels, std::vector<std::int32_t>{1});
  EXPECT_EQ(listed.test[0].labels, std::vector<std::int32_t>{1});
}

/// The error of lists that `change` made wrong.
template <class Change>
void expect_refused(const Change& change, const Strings& parts) {
  MadeUcf made;
  change(made);
  made.write();
  expect_error([&] { list_videos(made.entry, made.data.path()); }, parts);
}

TEST(VideoLists, of_another_length_or_form_are_refused) {
  expect_refused([](MadeUcf& made) { made.train.pop_back(); }, {"trainlist01.txt", "3 videos", "2"});
  expect_refused([](MadeUcf& made) { made.train[1] = "Archery/v_Archery_g02_c02.avi 2"; }, {"line 2", "1, the number of Archery"});
  expect_refused([](MadeUcf& made) { made.train[1] = "Archery/v_Archery_g02_c02.avi"; }, {"line 2", "NUMBER"});
  expect_refused([](MadeUcf& made) { made.train[1] = "Archery/Archery_g02_c02.avi 1"; }, {"line 2", "v_CLASS_gXX_cYY"});
  expect_refused([](MadeUcf& made) { made.train[1] = "Diving/v_Diving_g02_c02.avi 1"; }, {"line 2", "Diving"});
  expect_refused([](MadeUcf& made) { made.train[1] = made.train[0]; }, {"line 2", "each video once"});
  expect_refused([](MadeUcf& made) { made.entry.class_names.pop_back(); }, {"classInd.txt", "1 classes", "2"});
}

TEST(VideoLists, parts_of_a_recording_stay_on_one_side) {
  expect_refused([](MadeUcf& made) { made.test[0] = "Archery/v_Archery_g02_c03.avi"; },
                 {"recording on one side", "Archery/v_Archery_g02_c01", "Archery/v_Archery_g02_c03"});
}

TEST(VideoLists, that_are_missing_say_how_to_get_them) {
  const MadeUcf made;
  std::filesystem::remove(made.root() / "ucfTrainTestlist/testlist01.txt");
  expect_error([&] { list_videos(made.entry, made.data.path()); }, {"testlist01.txt", "no such file", "CLASS/VIDEO/000001.jpg"});
  EXPECT_TRUE(has_videos(made.entry, made.data.path()));
  EXPECT_FALSE(has_videos(made.entry, made.data.path() / "elsewhere"));
}

TEST(VideoLists, leave_out_what_is_excluded) {
  const MadeUcf made;
  write_text(made.root() / "exclude.txt", {"# gone", "Archery/v_Archery_g02_c02"});
  EXPECT_EQ(list_videos(made.entry, made.data.path()).train.size(), 2u);
  write_text(made.root() / "exclude.txt", {"Archery/v_Archery_g09_c02"});
  expect_error([&] { list_videos(made.entry, made.data.path()); }, {"exclude.txt", "Archery/v_Archery_g09_c02"});
}

TEST(VideoLists, of_sports_1m_have_several_labels) {
  const TemporaryFolder data;
  DatasetEntry entry = video_entries()[3];
  entry.class_names = {"a", "b", "c"};
  const auto root = data.path() / "sports-1m";
  write_text(root / "labels.txt", {"boomerang", "boxing", "candlepin bowling"});
  write_text(root / "original/train_partition.txt",
             {"https://www.youtube.com/watch?v=UDqivjS-lpI 2,0", "https://www.youtube.com/watch?v=b_c 1"});
  write_text(root / "original/test_partition.txt", {"https://www.youtube.com/watch?v=d-e 0"});
  const ListedVideos listed = list_videos(entry, data.path());
  EXPECT_EQ(listed.class_names[2], "candlepin bowling");
  EXPECT_EQ(listed.train[0].folder, "UDqivjS-lpI");
  EXPECT_EQ(listed.train[0].labels, (std::vector<std::int32_t>{2, 0}));
  for (const auto& [line, part] : {std::pair{"https://www.youtube.com/watch?v=d-e 3", "labels from 0 to 2"},
                                   {"https://www.youtube.com/watch?v=d-e", "LABEL"},
                                   {"https://www.youtube.com/d-e 1", "v=ID"},
                                   {"https://www.youtube.com/watch?v=b_c 1", "a video on one side"}}) {
    write_text(root / "original/test_partition.txt", {line});
    expect_error([&] { list_videos(entry, data.path()); }, {part});
  }
}

TEST(VideoClips, are_frames_in_order_from_the_middle_of_a_video) {
  const MadeUcf made;
  const ImageSet set = made.clips("video(frames=4,side=16,short_side=20)");
  EXPECT_EQ(set.count, 3);
  EXPECT_EQ(set.height, 64);
  EXPECT_EQ(set.frames, 4);
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>{0, 0, 1}));
  EXPECT_TRUE(set.other_labels.empty());
  EXPECT_EQ(frames_of(set, 0), (std::vector<int>{5, 6, 7, 8}));                                           // of 12
  EXPECT_EQ(frames_of(set, 1), (std::vector<int>{25, 26, 27, 28}));                                       // of 13
  EXPECT_EQ(frames_of(made.clips("video(frames=3,step=4,side=16)"), 2), (std::vector<int>{43, 47, 51}));  // of 14
  EXPECT_EQ(frames_of(made.clips("video(frames=14,side=16)"), 0), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2}));
}

TEST(VideoClips, begin_anywhere_in_training) {
  const MadeUcf made;
  const ImageSet set = made.clips("video(frames=4,side=16)");
  std::set<int> beginnings;
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    const FetchKey key{1, epoch};
    const std::vector<int> frames = frames_of(set, 0, &key);
    beginnings.insert(frames[0]);
    for (int t = 1; t < 4; ++t) EXPECT_EQ(frames[static_cast<std::size_t>(t)], frames[0] + t);
  }
  EXPECT_EQ(beginnings, (std::set<int>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(VideoClips, show_one_place_of_all_frames) {
  MadeUcf made;
  const Bytes slope = jpeg(24, 20, 3);
  for (int f = 1; f <= 12; ++f) write_file(made.frame("Archery/v_Archery_g02_c01", f), slope);
  const ImageSet set = made.clips("video(frames=3,side=12,short_side=20,place=random)");
  std::set<std::string> places;
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    const FetchKey key{1, epoch};
    std::vector<std::uint8_t> room;
    set.image(0, room, &key);
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t t = 1; t < 3; ++t)
        for (std::size_t i = 0; i < 144; ++i) EXPECT_EQ(room[(c * 3 + t) * 144 + i], room[c * 3 * 144 + i]);
    places.emplace(room.begin(), room.end());
  }
  EXPECT_GT(places.size(), 5u);
}

TEST(VideoClips, missing_frames_are_named) {
  {
    const MadeUcf made;
    std::filesystem::remove(made.frame("YoYo/v_YoYo_g03_c01", 7));
    expect_error([&] { made.clips("video(frames=4,side=16)"); },
                 {"000007.jpg", "1 to 14 without a gap", "YoYo/v_YoYo_g03_c01", "exclude.txt"});
  }
  {
    const MadeUcf made;
    std::filesystem::remove_all(made.root() / "frames/YoYo/v_YoYo_g03_c01");
    expect_error([&] { made.clips("video(frames=4,side=16)"); }, {"v_YoYo_g03_c01", "a folder of frames", "exclude.txt"});
    std::filesystem::create_directories(made.root() / "frames/YoYo/v_YoYo_g03_c01");
    expect_error([&] { made.clips("video(frames=4,side=16)"); }, {"an empty folder"});
    write_file(made.root() / "frames/YoYo/v_YoYo_g03_c01/1.jpg", {1});
    expect_error([&] { made.clips("video(frames=4,side=16)"); }, {"1.jpg", "nothing else"});
  }
  const MadeUcf made;
  write_file(made.frame("YoYo/v_YoYo_g03_c01", 7), {0xff, 0xd8, 1});
  const ImageSet set = made.clips("video(frames=14,side=16)");
  expect_error([&] { frames_of(set, 2); }, {"000007.jpg", "Decode the video again"});
}

TEST(VideoClips, load_by_name_and_need_their_stage) {
  // The official counts are not those of a few made files, so that the set's own name is refused here with its true numbers.
  const MadeUcf made;
  expect_error([&] { load("ucf-101", made.data.path(), {.clips = ClipStage::parse("video(frames=4)")}); }, {"101 classes"});
  expect_error([&] { load("ucf-101", made.data.path()); }, {"video(...)"});
}

TEST(VideoClips, may_be_of_optical_flow) {
  EXPECT_TRUE(ClipStage::parse("video(frames=4,shows=flow)").shows_flow);
  EXPECT_FALSE(ClipStage::parse("video(frames=4)").shows_flow);
}

TEST(VideoEntries, count_the_official_splits) {
  for (int split = 0; split < 3; ++split) {
    const DatasetEntry entry = video_entries()[static_cast<std::size_t>(split)];
    EXPECT_EQ(entry.train.count + entry.test.count, 13320);
    EXPECT_EQ(entry.classes(), 101);
  }
  EXPECT_EQ(require_entry("sports-1m").classes(), 487);
}

}  // namespace
}  // namespace reprise::datasets
