#include "datasets/photograph_layout.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>

#include "datasets/list_lines.hpp"
#include "datasets/photograph_labels.hpp"
#include "datasets/tar_members.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFirstClassStep = 16;  // of the draws that split a class

[[noreturn]] void fail(const std::string& thing, const std::string& expected, const std::string& found, const std::string& fix) {
  throw InputError(Complaint{thing, expected, found, fix});
}

using Labels = std::unordered_map<std::string, std::int32_t>;

bool is_photograph(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

std::int64_t stamp_of(const fs::directory_entry& entry) {
  return static_cast<std::int64_t>(entry.last_write_time().time_since_epoch().count());
}

/// What is in a folder, by name; without what begins with a dot.
std::map<std::string, fs::directory_entry> contents(const fs::path& folder) {
  std::map<std::string, fs::directory_entry> result;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with('.')) result.emplace(name, *it);
  }
  if (error) fail(folder.string(), "a folder that can be read", error.message(), "Correct its permissions.");
  return result;
}

class Lister {
 public:
  Lister(const DatasetEntry& entry, const fs::path& data_directory)
      : entry_(entry), places_(entry.photographs), root_(data_directory / entry.photographs.folder) {}

  ListedPhotographs list() const {
    if (places_.train_per_class > 0) return list_drawn();
    const fs::path train = root_ / "train", train_archive = root_ / places_.train_archive;
    PhotographFiles files;
    if (fs::is_directory(train)) {
      const PhotographClasses classes = classes_of_folder(train);
      add_class_folders(train, "train", classes, files);
      return with_test(std::move(files), classes);
    }
    if (places_.train_archive.empty() || !fs::exists(train_archive))
      fail(fmt::format("data set '{}'", entry_.name),
           places_.train_archive.empty() ? train.string() : fmt::format("{} or {}", train.string(), train_archive.string()),
           "no such folder", how_to_get(entry_));
    const PhotographClasses classes = classes_of_archive(train_archive);
    add_class_archive(train_archive, classes, files);
    return with_test(std::move(files), classes);
  }

 private:
  std::vector<std::string> chosen_classes(std::vector<std::string> found, const std::string& where) const {
    if (places_.class_folders.empty()) return found;
    for (const std::string& name : places_.class_folders)
      if (std::find(found.begin(), found.end(), name) == found.end())
        fail(where, fmt::format("a folder for class '{}'", name), "none", how_to_get(entry_));
    return places_.class_folders;
  }

  PhotographClasses classes_of_folder(const fs::path& folder) const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : contents(folder)) {
      if (!entry.is_directory()) fail(entry.path().string(), "a folder per class and nothing else", "a file", "Move it away.");
      names.push_back(name);
    }
    if (names.empty()) fail(folder.string(), "a folder per class", "nothing", how_to_get(entry_));
    const PhotographClasses all(names, folder.string());  // refuses two spellings, also of what is not chosen
    return {chosen_classes(std::move(names), folder.string()), folder.string()};
  }

  void add_folder(const fs::path& folder, const std::string& name, std::int32_t label, PhotographFiles& files) const {
    const int place = files.add_place(folder, name);
    const std::int64_t before = files.count();
    for (const auto& [file, entry] : contents(folder)) {
      require_photograph(entry);
      files.add_file(place, file, label, entry.file_size(), stamp_of(entry));
    }
    if (files.count() == before)
      fail(folder.string(), "photographs of the class", "an empty folder", "Fill it, or remove it in all splits.");
  }

  static void require_photograph(const fs::directory_entry& entry) {
    if (!entry.is_regular_file() || !is_photograph(entry.path()))
      fail(entry.path().string(), "a file called .jpg, .jpeg or .png", entry.is_directory() ? "a folder" : "another one", "Move it away.");
  }

  void add_class_folders(const fs::path& folder, const std::string& name, const PhotographClasses& classes, PhotographFiles& files) const {
    for (std::int32_t label = 0; label < classes.count(); ++label) {
      const std::string& of_class = classes.names()[static_cast<std::size_t>(label)];
      add_folder(folder / of_class, fmt::format("{}/{}", name, of_class), label, files);
    }
  }

  // Archives: of an archive per class ("n01440764.tar"), or of a folder per class ("train/n01440764/FILE").

  static std::string class_of(const TarMember& member) {
    const fs::path path(member.name);
    return path.extension() == ".tar" ? path.stem().string() : path.parent_path().filename().string();
  }

  PhotographClasses classes_of_archive(const fs::path& archive) const {
    std::map<std::string, bool> names;
    for_each_tar_member(archive, [&](const TarMember& member) { names[class_of(member)] = true; });
    std::vector<std::string> found;
    for (const auto& [name, is_there] : names) found.push_back(name);
    if (found.empty()) fail(archive.string(), "an archive or a folder per class", "an empty archive", how_to_get(entry_));
    return {chosen_classes(std::move(found), archive.string()), archive.string()};
  }

  void add_class_archive(const fs::path& archive, const PhotographClasses& classes, PhotographFiles& files) const {
    const std::string name = archive.filename().string();
    const int place = files.add_place(archive, name);
    const std::int64_t stamp = stamp_of(fs::directory_entry(archive));
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes.count()), 0);
    for_each_tar_member(archive, [&](const TarMember& member) {
      const std::string of_class = class_of(member);
      const std::int32_t label = classes.label(of_class, fmt::format("{}, member {}", archive.string(), member.name));
      const auto add = [&](const TarMember& file) {
        if (!is_photograph(file.name))
          fail(fmt::format("{}, member {}", archive.string(), file.name), "a file called .jpg, .jpeg or .png", "another one",
               how_to_get(entry_));
        files.add_member(place, fmt::format("{}/{}", of_class, fs::path(file.name).filename().string()), label, file.bytes, file.offset,
                         stamp);
        ++counts[static_cast<std::size_t>(label)];
      };
      if (fs::path(member.name).extension() == ".tar")
        for_each_tar_member(archive, member.offset, member.offset + member.bytes, add);
      else
        add(member);
    });
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] == 0)
        fail(fmt::format("{}, class {}", archive.string(), classes.names()[i]), "photographs of the class", "none", how_to_get(entry_));
  }

  // Test photographs.

  ListedPhotographs with_test(PhotographFiles train, const PhotographClasses& classes) const {
    PhotographFiles test;
    const fs::path folder = root_ / places_.test_folder, archive = root_ / places_.test_archive;
    if (fs::is_directory(folder)) {
      const auto inside = contents(folder);
      if (!inside.empty() && inside.begin()->second.is_directory())
        add_test_folders(folder, inside, classes, test);
      else
        add_listed_folder(folder, inside, classes, test);
    } else if (!places_.test_archive.empty() && fs::exists(archive)) {
      add_listed_archive(archive, classes, test);
    } else {
      fail(fmt::format("data set '{}'", entry_.name), folder.string(), "no such folder", how_to_get(entry_));
    }
    return finished(std::move(train), std::move(test), classes.names());
  }

  void add_test_folders(const fs::path& folder, const std::map<std::string, fs::directory_entry>& inside, const PhotographClasses& classes,
                        PhotographFiles& files) const {
    for (const auto& [name, entry] : inside) {
      if (!entry.is_directory()) fail(entry.path().string(), "a folder per class and nothing else", "a file", "Move it away.");
      classes.label(name, entry.path().string());
    }
    for (const std::string& name : classes.names())
      if (!inside.contains(name))
        fail(folder.string(), fmt::format("a folder for class '{}', as in the training set", name), "none", how_to_get(entry_));
    add_class_folders(folder, places_.test_folder, classes, files);
  }

  fs::path list_path() const { return root_ / (places_.test_folder + ".txt"); }

  /// Labels of test files by name; each must be asked for once.
  Labels listed_labels(const std::vector<std::string>& files, const PhotographClasses& classes) const {
    if (fs::exists(list_path())) return read_label_list(list_path(), classes);
    const fs::path numbers = root_ / places_.test_labels;
    if (places_.test_labels.empty() || !fs::exists(numbers))
      fail(fmt::format("labels of {}", (root_ / places_.test_folder).string()),
           places_.test_labels.empty() ? list_path().string()
                                       : fmt::format("{} or {} with synsets.txt", list_path().string(), numbers.string()),
           "no such file", "Sort the photographs into a folder per class, or write the list: \"FILE CLASS\" a line.");
    return read_label_numbers(numbers, root_ / "synsets.txt", files, classes, how_to_get(entry_));
  }

  /// Takes the label of a file out of the list.
  std::int32_t take_label(Labels& labels, const std::string& file, const fs::path& where) const {
    const auto found = labels.find(file);
    if (found == labels.end())
      fail((where / file).string(), fmt::format("a line for it in {}", list_path().string()), "none",
           "Add the line, or move the file away.");
    const std::int32_t label = found->second;
    labels.erase(found);
    return label;
  }

  void require_all_taken(const Labels& labels, const fs::path& where) const {
    if (labels.empty()) return;
    const auto first = std::min_element(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    fail(list_path().string(), fmt::format("files that are in {}", where.string()),
         labels.size() == 1 ? fmt::format("{}, which is not", first->first)
                            : fmt::format("{} and {} more, which are not", first->first, labels.size() - 1),
         "Get the files, or remove their lines.");
  }

  void add_listed_folder(const fs::path& folder, const std::map<std::string, fs::directory_entry>& inside, const PhotographClasses& classes,
                         PhotographFiles& files) const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : inside) {
      require_photograph(entry);
      names.push_back(name);
    }
    auto labels = listed_labels(names, classes);
    const int place = files.add_place(folder, places_.test_folder);
    for (const auto& [name, entry] : inside)
      files.add_file(place, name, take_label(labels, name, folder), entry.file_size(), stamp_of(entry));
    require_all_taken(labels, folder);
  }

  void add_listed_archive(const fs::path& archive, const PhotographClasses& classes, PhotographFiles& files) const {
    std::map<std::string, TarMember> members;
    for_each_tar_member(archive, [&](const TarMember& member) { members[fs::path(member.name).filename().string()] = member; });
    std::vector<std::string> names;
    for (const auto& [name, member] : members) names.push_back(name);
    auto labels = listed_labels(names, classes);
    const int place = files.add_place(archive, archive.filename().string());
    const std::int64_t stamp = stamp_of(fs::directory_entry(archive));
    for (const auto& [name, member] : members)
      files.add_member(place, name, take_label(labels, name, archive), member.bytes, member.offset, stamp);
    require_all_taken(labels, archive);
  }

  // Sets without a split.

  ListedPhotographs list_drawn() const {
    if (!fs::is_directory(root_)) fail(fmt::format("data set '{}'", entry_.name), root_.string(), "no such folder", how_to_get(entry_));
    const PhotographClasses classes = classes_of_folder(root_);
    PhotographFiles all;
    add_class_folders(root_, fs::path(places_.folder).filename().string(), classes, all);
    std::vector<std::int64_t> train, test;
    for (std::int64_t first = 0, last = 0; first < all.count(); first = last) {
      const std::int32_t label = all.label(first);
      while (last < all.count() && all.label(last) == label) ++last;
      if (last - first <= places_.train_per_class)
        fail((root_ / classes.names()[static_cast<std::size_t>(label)]).string(),
             fmt::format("more than {} photographs", places_.train_per_class), fmt::format("{}", last - first), how_to_get(entry_));
      const std::vector<std::int64_t> order =
          random::permutation(0, random::Purpose::subset, kFirstClassStep + static_cast<std::uint64_t>(label), last - first);
      for (std::int64_t i = 0; i < last - first; ++i) {
        const std::int64_t index = first + order[static_cast<std::size_t>(i)];
        if (i < places_.train_per_class)
          train.push_back(index);
        else if (places_.test_per_class == 0 || i < places_.train_per_class + places_.test_per_class)
          test.push_back(index);
      }
    }
    std::sort(train.begin(), train.end());
    std::sort(test.begin(), test.end());
    return finished(all.chosen(train), all.chosen(test), classes.names());
  }

  // What holds of every layout.

  ListedPhotographs finished(PhotographFiles train, PhotographFiles test, const std::vector<std::string>& folders) const {
    if (entry_.classes() > 0 && folders.size() != entry_.class_names.size())
      fail(root_.string(), fmt::format("{} classes", entry_.classes()), fmt::format("{}", folders.size()), how_to_get(entry_));
    check_counts(train, entry_.train, "training");
    check_counts(test, entry_.test, "test");
    exclude(train, test);
    return {std::move(train), std::move(test), places_.class_folders.empty() ? folders : entry_.class_names};
  }

  void check_counts(const PhotographFiles& files, const SplitEntry& split, const char* what) const {
    if (split.count > 0 && files.count() != split.count)
      fail(fmt::format("{} photographs of {}", what, root_.string()), fmt::format("{}", split.count), fmt::format("{}", files.count()),
           how_to_get(entry_));
    if (split.histogram.empty()) return;
    std::vector<std::int64_t> counts(split.histogram.size(), 0);
    for (std::int64_t i = 0; i < files.count(); ++i) ++counts[static_cast<std::size_t>(files.label(i))];
    if (counts != split.histogram)
      fail(fmt::format("{} photographs of {}", what, root_.string()), fmt::format("[{}] a class", fmt::join(split.histogram, ", ")),
           fmt::format("[{}]", fmt::join(counts, ", ")), how_to_get(entry_));
  }

  void exclude(PhotographFiles& train, PhotographFiles& test) const {
    const fs::path path = root_ / "exclude.txt";
    if (!fs::exists(path)) return;
    std::unordered_map<std::string, std::size_t> wanted;
    for (const ListLine& line : lines_of_list(path)) wanted[line.text] = line.number;
    for (PhotographFiles* files : {&train, &test}) {
      std::vector<std::int64_t> indices;
      for (std::int64_t i = 0; i < files->count(); ++i)
        if (wanted.erase(files->name(i)) > 0) indices.push_back(i);
      files->remove(indices);
    }
    for (const auto& [name, number] : wanted)
      fail(place_in_list(path, number), "a photograph of the set, such as train/CLASS/FILE", fmt::format("'{}'", name),
           "Correct the line.");
  }

  const DatasetEntry& entry_;
  const PhotographPlaces& places_;
  fs::path root_;
};

}  // namespace

ListedPhotographs list_photographs(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  try {
    return Lister(entry, data_directory).list();
  } catch (const fs::filesystem_error& error) {
    throw InputError(Complaint{error.path1().string(), "a file that can be read", error.code().message(), "Correct its permissions."});
  }
}

bool has_photographs(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  const PhotographPlaces& places = entry.photographs;
  const fs::path root = data_directory / places.folder;
  std::error_code ignored;
  if (places.train_per_class > 0) return fs::is_directory(root, ignored);
  return fs::is_directory(root / "train", ignored) || (!places.train_archive.empty() && fs::exists(root / places.train_archive, ignored));
}

std::filesystem::path exclusion_list(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  return data_directory / entry.photographs.folder / "exclude.txt";
}

}  // namespace reprise::datasets
