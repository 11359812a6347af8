#include "datasets/amat_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "datasets/file_bytes.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

bool is_space(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\r';
}

/// The numbers of one line after the other.
class Lines {
 public:
  Lines(const std::filesystem::path& path, const std::string& fix, std::string_view text) : path_(path), fix_(fix), rest_(text) {}

  /// False at the end of the file; else the line's numbers are in `numbers`.
  bool next(std::vector<double>& numbers) {
    numbers.clear();
    while (numbers.empty()) {
      if (rest_.empty()) return false;
      ++line_;
      const std::size_t end = rest_.find('\n');
      read(rest_.substr(0, end), numbers);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    }
    return true;
  }

  /// Column 0: the line as a whole.
  [[noreturn]] void fail(std::size_t column, const std::string& expected, const std::string& found) const {
    throw InputError(
        {fmt::format("{} line {}{}", path_.string(), line_, column > 0 ? fmt::format(" column {}", column) : ""), expected, found, fix_});
  }

 private:
  void read(std::string_view line, std::vector<double>& numbers) const {
    const char *at = line.data(), *end = line.data() + line.size();
    while (true) {
      at = std::find_if_not(at, end, is_space);
      if (at == end) return;
      const char* stop = std::find_if(at, end, is_space);
      double number = 0;
      const auto [next, error] = std::from_chars(at, stop, number);
      if (error != std::errc() || next != stop || !std::isfinite(number))
        fail(numbers.size() + 1, "a number", "'" + std::string(at, std::min(stop, at + 40)) + "'");
      numbers.push_back(number);
      at = stop;
    }
  }

  const std::filesystem::path& path_;
  const std::string& fix_;
  std::string_view rest_;
  std::int64_t line_ = 0;
};

}  // namespace

AmatExamples read_amat(const std::filesystem::path& path, std::int64_t count, std::int64_t pixels, int classes, const std::string& fix) {
  const std::vector<std::uint8_t> bytes = read_file_bytes(path, fix);
  Lines lines(path, fix, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  AmatExamples examples;
  std::vector<double> numbers;
  const auto columns = static_cast<std::size_t>(pixels) + 1;
  while (lines.next(numbers)) {
    if (static_cast<std::int64_t>(examples.labels.size()) == count)
      lines.fail(0, fmt::format("the end after {} examples", count), "another");
    if (numbers.size() != columns)
      lines.fail(0, fmt::format("{} numbers: {} pixels and a label", columns, pixels), fmt::format("{}", numbers.size()));
    for (std::size_t i = 0; i + 1 < columns; ++i) {
      const double level = std::round(numbers[i] * 255);
      if (!(level >= 0 && level <= 255)) lines.fail(i + 1, "a pixel from 0 to 1", fmt::format("{}", numbers[i]));
      examples.pixels.push_back(static_cast<std::uint8_t>(level));
    }
    const double label = numbers.back();
    if (!(label >= 0 && label < classes) || label != std::floor(label))
      lines.fail(columns, fmt::format("a label: a whole number from 0 to {}", classes - 1), fmt::format("{}", label));
    examples.labels.push_back(static_cast<std::int32_t>(label));
  }
  if (static_cast<std::int64_t>(examples.labels.size()) < count)
    throw InputError(
        {path.string(), fmt::format("{} examples", count), fmt::format("the end of the file after {}", examples.labels.size()), fix});
  return examples;
}

}  // namespace reprise::datasets
