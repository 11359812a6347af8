#include "datasets/video_lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>

#include "datasets/list_lines.hpp"
#include "datasets/video_entries.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& thing, const std::string& expected, const std::string& found, const std::string& fix) {
  throw InputError(Complaint{thing, expected, found, fix});
}

constexpr const char* kOfficial = "Use the official lists as they are.";

/// A whole number below `bound`, or -1.
std::int32_t number_of(const std::string& word, std::int32_t bound) {
  std::int32_t number = -1;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() && number >= 0 && number < bound ? number : -1;
}

class Lister {
 public:
  Lister(const DatasetEntry& entry, const fs::path& data_directory)
      : entry_(entry), places_(entry.videos), root_(data_directory / entry.videos.folder) {}

  ListedVideos list() const {
    for (const std::string& file : {places_.classes, places_.train_list, places_.test_list})
      if (std::error_code ignored; !fs::exists(root_ / file, ignored))
        fail(fmt::format("data set '{}'", entry_.name), (root_ / file).string(), "no such file", how_to_get_videos(entry_));
    ListedVideos videos;
    videos.class_names = class_names();
    if (static_cast<int>(videos.class_names.size()) != entry_.classes())
      fail((root_ / places_.classes).string(), fmt::format("{} classes", entry_.classes()), fmt::format("{}", videos.class_names.size()),
           kOfficial);
    videos.train = read(places_.train_list, entry_.train.count, true, videos.class_names);
    videos.test = read(places_.test_list, entry_.test.count, false, videos.class_names);
    require_apart(videos);
    leave_out(videos);
    return videos;
  }

 private:
  bool is_ucf() const { return places_.lists == VideoLists::ucf; }

  std::vector<std::string> class_names() const {
    std::vector<std::string> names;
    for (const ListLine& line : lines_of_list(root_ / places_.classes)) {
      if (!is_ucf()) {
        names.push_back(line.text);
        continue;
      }
      const std::vector<std::string> words = words_of(line.text);
      const auto expected = static_cast<std::int32_t>(names.size()) + 1;
      if (words.size() != 2 || number_of(words[0], expected + 1) != expected)
        fail(place_in_list(root_ / places_.classes, line.number), fmt::format("\"{} CLASS\"", expected), line.text, kOfficial);
      names.push_back(words[1]);
    }
    return names;
  }

  std::vector<ListedVideo> read(const std::string& list, std::int64_t count, bool has_numbers,
                                const std::vector<std::string>& classes) const {
    const fs::path path = root_ / list;
    std::vector<ListedVideo> videos;
    std::set<std::string> folders;
    for (const ListLine& line : lines_of_list(path)) {
      const std::string where = place_in_list(path, line.number);
      videos.push_back(is_ucf() ? ucf_video(line.text, where, has_numbers, classes) : sports_video(line.text, where, classes));
      if (!folders.insert(videos.back().folder).second)
        fail(where, "each video once", fmt::format("{} again", videos.back().folder), "Remove one of the lines.");
    }
    if (places_.counts_are_known && static_cast<std::int64_t>(videos.size()) != count)
      fail(path.string(), fmt::format("{} videos", count), fmt::format("{}", videos.size()), kOfficial);
    return videos;
  }

  static ListedVideo ucf_video(const std::string& text, const std::string& where, bool has_number,
                               const std::vector<std::string>& classes) {
    const std::vector<std::string> words = words_of(text);
    const fs::path file(words[0]);
    const std::string of_class = file.parent_path().string(), name = file.stem().string();
    if (words.size() != (has_number ? 2u : 1u) || of_class.empty() || group_of(name).empty())
      fail(where, has_number ? "\"CLASS/v_CLASS_gXX_cYY.avi NUMBER\"" : "\"CLASS/v_CLASS_gXX_cYY.avi\"", text, kOfficial);
    const auto found = std::find(classes.begin(), classes.end(), of_class);
    if (found == classes.end()) fail(where, "a class of classInd.txt", of_class, kOfficial);
    const auto label = static_cast<std::int32_t>(found - classes.begin());
    if (has_number && number_of(words[1], static_cast<std::int32_t>(classes.size()) + 1) != label + 1)
      fail(where, fmt::format("{}, the number of {}", label + 1, of_class), words[1], kOfficial);
    return {of_class + "/" + name, {label}};
  }

  static ListedVideo sports_video(const std::string& text, const std::string& where, const std::vector<std::string>& classes) {
    const std::vector<std::string> words = words_of(text);
    const std::size_t id = words[0].find("v=");
    if (words.size() != 2 || id == std::string::npos || words[0].find('/', id) != std::string::npos)
      fail(where, "\"URL?v=ID LABEL,LABEL,...\"", text, kOfficial);
    ListedVideo video{words[0].substr(id + 2), {}};
    std::istringstream labels(words[1]);
    for (std::string word; std::getline(labels, word, ',');) {
      video.labels.push_back(number_of(word, static_cast<std::int32_t>(classes.size())));
      if (video.labels.back() < 0) fail(where, fmt::format("labels from 0 to {}", classes.size() - 1), words[1], kOfficial);
    }
    if (video.labels.empty()) fail(where, "at least one label", text, kOfficial);
    return video;
  }

  /// "v_Archery_g01" of "v_Archery_g01_c02"; empty for another form.
  static std::string group_of(const std::string& name) {
    const std::size_t clip = name.rfind("_c"), group = name.rfind("_g");
    if (!name.starts_with("v_") || clip == std::string::npos || group == std::string::npos || group + 2 >= clip) return "";
    return name.substr(0, clip);
  }

  /// What must not be on both sides: the parts of a recording, or a video.
  std::string apart(const ListedVideo& video) const {
    return is_ucf() ? group_of(fs::path(video.folder).filename().string()) : video.folder;
  }

  void require_apart(const ListedVideos& videos) const {
    std::unordered_map<std::string, const ListedVideo*> of_train;
    for (const ListedVideo& video : videos.train) of_train.emplace(apart(video), &video);
    for (const ListedVideo& video : videos.test)
      if (const auto found = of_train.find(apart(video)); found != of_train.end())
        fail(fmt::format("{} and {}", (root_ / places_.train_list).string(), (root_ / places_.test_list).string()),
             is_ucf() ? "the parts of a recording on one side" : "a video on one side",
             fmt::format("{} for training and {} for tests", found->second->folder, video.folder), kOfficial);
  }

  void leave_out(ListedVideos& videos) const {
    const fs::path path = root_ / "exclude.txt";
    if (std::error_code ignored; !fs::exists(path, ignored)) return;
    std::set<std::string> left_out, listed;
    for (const ListLine& line : lines_of_list(path)) left_out.insert(line.text);
    for (auto* side : {&videos.train, &videos.test}) {
      for (const ListedVideo& video : *side) listed.insert(video.folder);
      std::erase_if(*side, [&](const ListedVideo& video) { return left_out.count(video.folder) > 0; });
    }
    for (const std::string& folder : left_out)
      if (listed.count(folder) == 0) fail(path.string(), "folders of listed videos", folder, "Correct the line.");
  }

  const DatasetEntry& entry_;
  const VideoPlaces& places_;
  fs::path root_;
};

}  // namespace

ListedVideos list_videos(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  return Lister(entry, data_directory).list();
}

bool has_videos(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  std::error_code ignored;
  return fs::exists(data_directory / entry.videos.folder / entry.videos.train_list, ignored);
}

}  // namespace reprise::datasets
