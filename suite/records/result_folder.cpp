#include "suite/records/result_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "suite/errors.hpp"

namespace reprise::records {

namespace {

namespace fs = std::filesystem;

class Walk {
 public:
  Walk(ResultFolder& found, const std::set<std::string>& skipped) : found_(found), skipped_(skipped) {}

  void enter(const fs::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return unreadable(folder, std::strerror(errno));
    if (!seen_.emplace(status.st_dev, status.st_ino).second) return;  // a link in a circle, or a second way to it
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    std::vector<fs::path> paths;
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) paths.push_back(entry->path());
    if (error) unreadable(folder, error.message());
    for (const fs::path& path : paths) take(path);
  }

 private:
  void take(const fs::path& path) {
    const std::string name = path.filename().string();
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      // A file of any other kind may vanish: a lock does when its run ends.
      if (errno != ENOENT || path.extension() == ".h5" || fs::is_symlink(fs::symlink_status(path, ignored_)))
        unreadable(path, std::strerror(errno));
      return;
    }
    if (S_ISDIR(status.st_mode)) {
      if (!skipped_.contains(name)) enter(path);
    } else if (S_ISREG(status.st_mode)) {
      sort(path, name);
    } else if (path.extension() == ".h5") {
      unreadable(path, "not a file");
    }
  }

  void sort(const fs::path& path, std::string_view name) {
    if (name.front() == '.') {
      if (name.ends_with(".new")) found_.temporaries.push_back(path);
      return;
    }
    for (const std::string_view end : {".new", ".previous"})
      if (name.ends_with(std::string(".checkpoint").append(end))) {
        const fs::path base = path.parent_path() / name.substr(0, name.size() - end.size());
        if (!fs::exists(base, ignored_)) found_.checkpoints.push_back(base);
        return;
      }
    for (const auto& [end, list] : {std::pair{".h5", &found_.results}, std::pair{".checkpoint", &found_.checkpoints},
                                    std::pair{".lock", &found_.locks}, std::pair{".jsonl", &found_.streams}})
      if (name.ends_with(end)) list->push_back(path);
  }

  void unreadable(const fs::path& path, const std::string& reason) { found_.unreadable.push_back({path, reason}); }

  ResultFolder& found_;
  const std::set<std::string>& skipped_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::error_code ignored_;
};

void sort_unique(std::vector<fs::path>& paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

}  // namespace

ResultFolder list_result_folder(const fs::path& folder, const std::set<std::string>& skipped, const std::string& maker) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    throw InputError(Complaint{"folder of results", "a folder", "'" + folder.string() + "', which is not a folder", maker});
  ResultFolder found;
  Walk(found, skipped).enter(folder);
  for (auto* list : {&found.results, &found.checkpoints, &found.locks, &found.streams, &found.temporaries}) sort_unique(*list);
  std::sort(found.unreadable.begin(), found.unreadable.end(), [](const Unreadable& a, const Unreadable& b) { return a.path < b.path; });
  return found;
}

}  // namespace reprise::records
