#include "datasets/box_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <set>
#include <system_error>

#include "datasets/file_bytes.hpp"
#include "datasets/list_lines.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

using metrics::Box;
using metrics::LabelledBox;

constexpr const char* kFix = "Correct the file.";

std::optional<double> number_of(const std::string& word) {
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// The words of one line of a text file after the other.
class TextLines {
 public:
  explicit TextLines(const std::filesystem::path& path) : path_(path), file_(path) {
    if (!file_) throw InputError({path.string(), "a readable file", std::strerror(errno), "Name another file."});
  }
  /// False at the end of the file.
  bool next() {
    std::string line;
    if (!std::getline(file_, line)) return false;
    ++number_;
    words_ = words_of(line);
    return true;
  }
  const std::vector<std::string>& words() const { return words_; }
  std::size_t number() const { return number_; }
  [[noreturn]] void refuse(const std::string& expected, const std::string& found) const {
    throw InputError({place_in_list(path_, number_), expected, found, kFix});
  }
  void require_words(std::size_t min, const std::string& expected) const {
    if (words_.size() < min) refuse(expected, fmt::format("{} word(s)", words_.size()));
  }
  double number_at(std::size_t place) const {
    const auto number = number_of(words_[place]);
    if (!number) refuse("a number", fmt::format("'{}'", words_[place]));
    return *number;
  }
  /// From the four words that begin at `place`.
  Box box_at(std::size_t place) const {
    const Box box{number_at(place), number_at(place + 1), number_at(place + 2), number_at(place + 3)};
    if (box.right < box.left || box.bottom < box.top)
      refuse("xmin ymin xmax ymax, the larger ones last", fmt::format("{} {} {} {}", box.left, box.top, box.right, box.bottom));
    return box;
  }

 private:
  const std::filesystem::path& path_;
  std::ifstream file_;
  std::vector<std::string> words_;
  std::size_t number_ = 0;
};

/// Classes by what stands for them in predictions.
class Classes {
 public:
  explicit Classes(const std::filesystem::path& path) : path_(path) {
    if (path.empty()) return;
    TextLines lines(path);
    while (lines.next()) {
      if (lines.words().empty()) continue;
      lines.require_words(2, "a class and its number");
      if (!names_.emplace(lines.words()[1], lines.words()[0]).second)
        lines.refuse("each number once", fmt::format("{} again", lines.words()[1]));
    }
  }
  std::string name_at(const TextLines& lines, std::size_t place) const {
    const std::string& word = lines.words()[place];
    if (path_.empty()) return word;
    const auto found = names_.find(word);
    if (found == names_.end()) lines.refuse("a number of a class in " + path_.string(), fmt::format("'{}'", word));
    return found->second;
  }

 private:
  const std::filesystem::path& path_;
  std::map<std::string, std::string> names_;
};

/// Names of annotations, without their ending, in alphabetical order.
std::vector<std::string> annotation_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".xml") names.push_back(it->path().stem().string());
  if (error) throw InputError({folder.string(), "a folder of annotations, NAME.xml", error.message(), "Name another folder."});
  if (names.empty()) throw InputError({folder.string(), "annotations, NAME.xml", "none", "Name another folder."});
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path annotation_path(const BoxFiles& files, const std::string& name) {
  return files.annotations / (name + ".xml");
}

/// Numbers of the images that do not count, from 0 on.
std::set<std::size_t> excluded_images(const BoxFiles& files, std::size_t images) {
  std::set<std::size_t> excluded;
  if (files.excluded.empty()) return excluded;
  TextLines lines(files.excluded);
  while (lines.next()) {
    if (lines.words().empty()) continue;
    const double number = lines.number_at(0);
    if (!(number >= 1 && number <= static_cast<double>(images)) || number != std::floor(number))
      lines.refuse(fmt::format("a number of an image, 1 to {}", images), fmt::format("'{}'", lines.words()[0]));
    excluded.insert(static_cast<std::size_t>(number) - 1);
  }
  return excluded;
}

/// Places among the images that count, by what stands for them in predictions.
struct Images {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> places;
};

Images listed_images(const BoxFiles& files) {
  Images images;
  if (files.images.empty()) {
    images.names = annotation_names(files.annotations);
    for (std::size_t i = 0; i < images.names.size(); ++i) images.places[std::to_string(i + 1)] = i;
    return images;
  }
  TextLines lines(files.images);
  while (lines.next()) {
    if (lines.words().empty()) continue;
    const std::string& id = lines.words().back();
    if (!images.places.emplace(id, images.names.size()).second) lines.refuse("each image once", id + " again");
    images.names.push_back(lines.words().front());
  }
  return images;
}

metrics::SearchedImage& image_at(const TextLines& lines, const Images& images, std::vector<metrics::SearchedImage>& searched) {
  const auto found = images.places.find(lines.words()[0]);
  if (found == images.places.end())
    lines.refuse(fmt::format("one of {} images", images.names.size()), fmt::format("'{}'", lines.words()[0]));
  return searched[found->second];
}

}  // namespace

std::vector<LabelledBox> read_annotation(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file_bytes(path, Packing::none, kFix);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
  if (!parsed) throw InputError({fmt::format("{} at byte {}", path.string(), parsed.offset), "XML", parsed.description(), kFix});
  const pugi::xml_node annotation = document.child("annotation");
  const auto refuse = [&](const pugi::xml_node& node, const std::string& expected, const std::string& found) {
    throw InputError(
        {fmt::format("{} at byte {}", path.string(), std::max<std::ptrdiff_t>(0, node.offset_debug())), expected, found, kFix});
  };
  if (!annotation) refuse(document.document_element(), "an element <annotation>", "none");
  std::vector<LabelledBox> objects;
  for (const pugi::xml_node& object : annotation.children("object")) {
    LabelledBox& box = objects.emplace_back();
    box.label = object.child("name").text().get();
    if (box.label.empty()) refuse(object, "a <name> of each object", "none");
    const auto corner = [&](const char* name) {
      const pugi::xml_node element = object.child("bndbox").child(name);
      const auto number = number_of(element.text().get());
      if (!number) refuse(object, fmt::format("a number in bndbox/{}", name), fmt::format("'{}'", element.text().get()));
      return number.value_or(0);
    };
    box.box = {corner("xmin"), corner("ymin"), corner("xmax"), corner("ymax")};
    if (box.box.right < box.box.left || box.box.bottom < box.box.top)
      refuse(object, "xmax and ymax that are not below xmin and ymin",
             fmt::format("{} {} {} {}", box.box.left, box.box.top, box.box.right, box.box.bottom));
  }
  return objects;
}

std::vector<metrics::LocalisedImage> read_localisations(const BoxFiles& files) {
  constexpr std::size_t kWords = 5;
  const Classes classes(files.classes);
  const std::vector<std::string> names = annotation_names(files.annotations);
  const std::set<std::size_t> excluded = excluded_images(files, names.size());
  std::vector<metrics::LocalisedImage> images;
  TextLines lines(files.predictions);
  while (lines.next()) {
    const std::size_t place = lines.number() - 1;
    if (place >= names.size()) lines.refuse(fmt::format("the end after {} lines, one for each annotation", names.size()), "another line");
    if (lines.words().size() % kWords != 0)
      lines.refuse("class xmin ymin xmax ymax for each guess", fmt::format("{} words", lines.words().size()));
    if (excluded.contains(place)) continue;
    metrics::LocalisedImage& image = images.emplace_back();
    for (std::size_t word = 0; word < lines.words().size(); word += kWords)
      image.guesses.push_back({classes.name_at(lines, word), lines.box_at(word + 1)});
    image.objects = read_annotation(annotation_path(files, names[place]));
    if (image.objects.empty())
      throw InputError({annotation_path(files, names[place]).string(), "at least one <object>", "none",
                        "Exclude the image, number " + std::to_string(place + 1) + "."});
  }
  if (lines.number() != names.size())
    throw InputError({files.predictions.string(), fmt::format("{} lines, one for each annotation", names.size()),
                      fmt::format("{}", lines.number()), "Add a line for each image; it may be empty."});
  if (images.empty()) throw InputError({files.excluded.string(), "images that count", "all of them", "Correct the list."});
  return images;
}

std::vector<metrics::SearchedImage> read_detections(const BoxFiles& files) {
  constexpr std::size_t kWords = 7;
  const Classes classes(files.classes);
  const Images images = listed_images(files);
  std::vector<metrics::SearchedImage> searched(images.names.size());
  for (std::size_t i = 0; i < searched.size(); ++i) searched[i].objects = read_annotation(annotation_path(files, images.names[i]));
  if (!files.excluded.empty()) {
    TextLines lines(files.excluded);
    while (lines.next()) {
      if (lines.words().empty()) continue;
      lines.require_words(2, "an image and a class");
      image_at(lines, images, searched).ignored.insert(lines.words()[1]);
    }
  }
  TextLines lines(files.predictions);
  while (lines.next()) {
    if (lines.words().empty()) continue;
    if (lines.words().size() != kWords)
      lines.refuse("image class confidence xmin ymin xmax ymax", fmt::format("{} word(s)", lines.words().size()));
    image_at(lines, images, searched).detections.push_back({{classes.name_at(lines, 1), lines.box_at(3)}, lines.number_at(2)});
  }
  return searched;
}

}  // namespace reprise::datasets
