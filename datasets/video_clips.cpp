#include "datasets/video_clips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "datasets/file_bytes.hpp"
#include "datasets/in_parallel.hpp"
#include "datasets/photograph.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFoldersAtATime = 16;
constexpr const char* kFix = "Decode the video again.";

std::string frame_name(std::int64_t number) {
  return fmt::format("{:06}.jpg", number);
}

/// What is in the folder of a video.
struct Frames {
  std::int64_t count = 0;
  std::uint64_t bytes = 0;
};

/// The number that a file name is, or 0.
std::int64_t number_of_frame(const std::string& name) {
  if (name.size() != 10 || !name.ends_with(".jpg") ||
      !std::all_of(name.begin(), name.begin() + 6, [](char c) { return c >= '0' && c <= '9'; }))
    return 0;
  return std::stoll(name.substr(0, 6));
}

Frames count_frames(const fs::path& folder, const std::string& name, const fs::path& exclusions) {
  const std::string leave_out = fmt::format("Decode the video, or leave it out: write {} on a line of {}.", name, exclusions.string());
  std::error_code error;
  if (!fs::is_directory(folder, error)) throw InputError({folder.string(), "a folder of frames", "none", leave_out});
  Frames frames;
  std::int64_t last = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
    const std::string file_name = file.path().filename().string();
    const std::int64_t number = file.is_regular_file() ? number_of_frame(file_name) : 0;
    if (number == 0)
      throw InputError({file.path().string(), "frames 000001.jpg, 000002.jpg, ... and nothing else", file_name, "Move it away."});
    ++frames.count, frames.bytes += file.file_size(), last = std::max(last, number);
  }
  if (frames.count == 0) throw InputError({folder.string(), "frames", "an empty folder", leave_out});
  if (last == frames.count) return frames;
  std::int64_t missing = 1;
  while (fs::exists(folder / frame_name(missing))) ++missing;
  throw InputError({(folder / frame_name(missing)).string(), fmt::format("frames 1 to {} without a gap", last),
                    fmt::format("{} frames, not this one", frames.count), leave_out});
}

class VideoClips : public LazyImages {
 public:
  VideoClips(fs::path folder, std::vector<ListedVideo> videos, std::vector<Frames> frames, const ClipStage& stage)
      : folder_(std::move(folder)), videos_(std::move(videos)), frames_(std::move(frames)), stage_(stage) {}

  void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const override {
    const auto sample = static_cast<std::uint64_t>(index);
    const std::int64_t count = frames_[static_cast<std::size_t>(index)].count, span = (stage_.frames - 1) * stage_.step + 1;
    const std::int64_t room = std::max<std::int64_t>(0, count - span);
    std::int64_t first = room / 2;
    if (key != nullptr) {
      random::Generator draws({key->seed, random::Purpose::augmentation, random::name_hash("video"), key->epoch, sample});
      first = draws.next_below(static_cast<std::uint32_t>(room + 1));
    }
    const auto plane = static_cast<std::size_t>(stage_.frame.side) * static_cast<std::size_t>(stage_.frame.side);
    thread_local std::vector<std::uint8_t> square;
    square.resize(3 * plane);
    for (int t = 0; t < stage_.frames; ++t) {
      const fs::path path = folder_ / videos_[sample].folder / frame_name((first + t * stage_.step) % count + 1);
      const std::vector<std::uint8_t> bytes = read_file_bytes(path, Packing::none, kFix);
      const Photograph photograph = decode_photograph(bytes, path.string(), kFix, stage_.frame.short_side);
      cut_frame(photograph, window_of(stage_.frame, photograph.width, photograph.height, key, sample), stage_.frame.side, square.data());
      for (std::size_t c = 0; c < 3; ++c)
        std::copy_n(square.data() + c * plane, plane,
                    image + (c * static_cast<std::size_t>(stage_.frames) + static_cast<std::size_t>(t)) * plane);
    }
  }

  std::string description() const override {
    return fmt::format("{} frames, {} apart, shorter side {}, square of {}", stage_.frames, stage_.step, stage_.frame.short_side,
                       stage_.frame.side);
  }
  std::int64_t bytes_held() const override {
    std::int64_t bytes = static_cast<std::int64_t>(frames_.size() * sizeof(Frames));
    for (const ListedVideo& video : videos_)
      bytes += static_cast<std::int64_t>(sizeof(ListedVideo) + video.folder.size() + video.labels.size() * sizeof(std::int32_t));
    return bytes;
  }

 private:
  fs::path folder_;
  std::vector<ListedVideo> videos_;
  std::vector<Frames> frames_;
  ClipStage stage_;
};

std::string digest_of(const ImageSet& set, const std::vector<ListedVideo>& videos, const std::vector<Frames>& frames) {
  records::Sha256 sha;
  sha.add(records::bytes_of(std::string_view("videos\n")));
  for (const std::string& name : set.class_names) sha.add(records::bytes_of(name + "\n"));
  for (std::size_t i = 0; i < videos.size(); ++i) {
    sha.add(records::bytes_of(fmt::format("{} {} {}\n", videos[i].folder, frames[i].count, frames[i].bytes)));
    sha.add(std::as_bytes(std::span(videos[i].labels)));
  }
  return sha.finish_hex();
}

}  // namespace

void set_videos(const std::filesystem::path& folder, std::vector<ListedVideo> videos, const ClipStage& stage,
                const std::filesystem::path& exclusions, ImageSet& set) {
  std::vector<Frames> frames(videos.size());
  in_parallel(static_cast<std::int64_t>(videos.size()), kFoldersAtATime, [&](std::int64_t first, std::int64_t last) {
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i)
      frames[i] = count_frames(folder / videos[i].folder, videos[i].folder, exclusions);
  });
  set.count = static_cast<std::int64_t>(videos.size());
  set.channels = 3, set.height = stage.frames * stage.frame.side, set.width = stage.frame.side;
  set.frames = stage.frames;
  set.labels.clear(), set.other_labels.clear();
  for (const ListedVideo& video : videos) {
    set.labels.push_back(video.labels.front());
    set.other_labels.emplace_back(video.labels.begin() + 1, video.labels.end());
  }
  const bool none = std::all_of(set.other_labels.begin(), set.other_labels.end(), [](const auto& labels) { return labels.empty(); });
  if (none) set.other_labels.clear();
  set.digest = digest_of(set, videos, frames);
  set.lazy = std::make_shared<const VideoClips>(folder, std::move(videos), std::move(frames), stage);
}

}  // namespace reprise::datasets
