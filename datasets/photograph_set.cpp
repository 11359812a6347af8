#include "datasets/photograph_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>

#include "datasets/cached_bytes.hpp"
#include "datasets/in_parallel.hpp"
#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kFilesAtATime = 16;
constexpr const char* kFix = "Restore the file, then start again.";

/// Reads files ahead of their decoding, on a thread that mostly waits for the disk.
class ReadAhead {
 public:
  explicit ReadAhead(const PhotographFiles& files) : files_(files), thread_([this] { work(); }) {}
  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      stops_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Forgets what was announced before and not yet read.
  void announce(std::span<const std::int64_t> indices) {
    {
      const std::lock_guard lock(mutex_);
      wanted_.assign(indices.rbegin(), indices.rend());
    }
    changed_.notify_one();
  }

 private:
  void work() {
    while (true) {
      std::int64_t index = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stops_ || !wanted_.empty(); });
        if (stops_) return;
        index = wanted_.back();
        wanted_.pop_back();
      }
      files_.read_ahead(index);
    }
  }

  const PhotographFiles& files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> wanted_;  ///< next one last
  bool stops_ = false;
  std::thread thread_;  ///< last: it uses the others
};

class FramedPhotographs : public LazyImages {
 public:
  FramedPhotographs(std::shared_ptr<const PhotographFiles> files, const PhotographFrame& frame)
      : files_(std::move(files)), frame_(frame), ahead_(*files_) {}

  void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const override {
    thread_local std::vector<std::uint8_t> bytes;
    files_->read(index, bytes);
    const Photograph photograph = decode_photograph(bytes, files_->name(index), kFix, frame_.useful_short_side());
    const FrameWindow window = window_of(frame_, photograph.width, photograph.height, key, static_cast<std::uint64_t>(index));
    cut_frame(photograph, window, frame_.side, image);
  }

  void announce(std::span<const std::int64_t> indices) const override { ahead_.announce(indices); }
  std::string description() const override { return fmt::format("shorter side {}, square of {}", frame_.short_side, frame_.side); }
  std::int64_t bytes_held() const override { return files_->bytes_held(); }
  std::shared_ptr<const LazyImages> at_side(int side) const override {
    return std::make_shared<FramedPhotographs>(files_, PhotographFrame{side, side, side});
  }

 private:
  std::shared_ptr<const PhotographFiles> files_;
  PhotographFrame frame_;
  mutable ReadAhead ahead_;
};

std::string digest_of(const ImageSet& set, const std::vector<std::uint64_t>& digests) {
  records::Sha256 sha;
  sha.add(records::bytes_of(std::string_view("photographs\n")));
  for (const std::string& name : set.class_names) sha.add(records::bytes_of(name + "\n"));
  sha.add(std::as_bytes(std::span(set.labels)));
  sha.add({std::as_bytes(std::span(digests))});
  return sha.finish_hex();
}

struct Damage {
  std::int64_t index;
  std::string text;
};

}  // namespace

std::vector<std::uint64_t> check_photographs(const PhotographFiles& files, const std::filesystem::path& cache_directory,
                                             const std::filesystem::path& exclusions) {
  const std::string key = "photographs " + files.stamp();
  const std::filesystem::path path = cached_file(cache_directory, "photographs", key);
  std::vector<std::uint64_t> digests(static_cast<std::size_t>(files.count()));
  if (const auto known = read_cached(path, key); known && known->size() == digests.size() * sizeof(std::uint64_t)) {
    std::memcpy(digests.data(), known->data(), known->size());
    return digests;
  }
  std::mutex mutex;
  std::vector<Damage> damages;
  in_parallel(files.count(), kFilesAtATime, [&](std::int64_t first, std::int64_t last) {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = first; i < last; ++i) try {
        files.read(i, bytes);
        decode_photograph(bytes, files.name(i),
                          fmt::format("Restore the file, or leave it out: write {} on a line of {}.", files.name(i), exclusions.string()),
                          1);
        digests[static_cast<std::size_t>(i)] = records::xxh3_64(std::as_bytes(std::span(bytes)));
      } catch (const InputError& error) {
        const std::lock_guard lock(mutex);
        damages.push_back({i, error.what()});
      }
  });
  if (!damages.empty()) {
    const auto first = std::min_element(damages.begin(), damages.end(), [](const Damage& a, const Damage& b) { return a.index < b.index; });
    throw InputError(damages.size() == 1 ? first->text : fmt::format("{} ({} more are damaged)", first->text, damages.size() - 1));
  }
  write_cached(path, key, {std::as_bytes(std::span(digests))});
  return digests;
}

void set_photographs(PhotographFiles files, const std::vector<std::uint64_t>& digests, const PhotographFrame& frame, ImageSet& set) {
  set.count = files.count();
  set.channels = 3, set.height = set.width = frame.side;
  set.labels.clear();
  for (std::int64_t i = 0; i < set.count; ++i) set.labels.push_back(files.label(i));
  set.digest = digest_of(set, digests);
  set.lazy = std::make_shared<const FramedPhotographs>(std::make_shared<const PhotographFiles>(std::move(files)), frame);
}

}  // namespace reprise::datasets
