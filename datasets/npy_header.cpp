#include "datasets/npy_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace reprise::datasets {

namespace {

constexpr std::int64_t kMaxSize = std::int64_t{1} << 40;

/// Reads the parts of a dictionary one after the other. After the first fault all else is skipped.
class HeaderText {
 public:
  HeaderText(std::string_view text, NpyHeaderFault& fault) : text_(text), fault_(fault) {}

  bool is_sound() const { return is_sound_; }
  bool is_at_end() {
    skip_spaces();
    return at_ == text_.size();
  }
  /// Whether the next sign is this one, which is then behind.
  bool takes(char sign) {
    skip_spaces();
    if (!is_sound_ || at_ == text_.size() || text_[at_] != sign) return false;
    ++at_;
    return true;
  }
  void require(char sign) {
    if (!takes(sign)) refuse(fmt::format("'{}'", sign));
  }
  std::string quoted(const char* expected) {
    skip_spaces();
    if (!is_sound_ || at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return refuse(expected), "";
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return refuse("a closing quote"), "";
    std::string inner(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return inner;
  }
  bool boolean() {
    skip_spaces();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!is_sound_ || !text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    refuse("True or False");
    return false;
  }
  /// (), (3,), (3, 4)
  std::vector<std::int64_t> sizes() {
    std::vector<std::int64_t> sizes;
    require('(');
    while (is_sound_ && !takes(')')) {
      sizes.push_back(size());
      if (!takes(',')) {
        require(')');
        break;
      }
    }
    return sizes;
  }
  void refuse(const std::string& expected) {
    skip_spaces();
    refuse_at(at_, expected, at_ == text_.size() ? "the end of the header" : fmt::format("'{}'", text_.substr(at_, 20)));
  }
  void refuse_at(std::size_t at, const std::string& expected, const std::string& found) {
    if (is_sound_) fault_ = {at, expected, found};
    is_sound_ = false;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  std::int64_t size() {
    skip_spaces();
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{} || value < 0 || value > kMaxSize) return refuse(fmt::format("a size from 0 to {}", kMaxSize)), 0;
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote it
    return value;
  }

  std::string_view text_;
  NpyHeaderFault& fault_;
  std::size_t at_ = 0;
  bool is_sound_ = true;
};

}  // namespace

std::optional<NpyHeader> parse_npy_header(std::string_view text, NpyHeaderFault& fault) {
  HeaderText header(text, fault);
  NpyHeader result;
  std::set<std::string> missing{"descr", "fortran_order", "shape"};
  header.require('{');
  while (header.is_sound() && !header.takes('}')) {
    const std::string key = header.quoted("a key in quotes, or '}'");
    if (header.is_sound() && missing.erase(key) == 0)
      header.refuse_at(0, "the keys descr, fortran_order and shape, each once", "'" + key + "'");
    header.require(':');
    if (key == "descr") result.type = header.quoted("one type of numbers, in quotes");
    if (key == "fortran_order") result.fortran_order = header.boolean();
    if (key == "shape") result.shape = header.sizes();
    if (!header.takes(',')) {
      header.require('}');
      break;
    }
  }
  if (!missing.empty()) header.refuse_at(0, "the keys descr, fortran_order and shape", fmt::format("no {}", *missing.begin()));
  if (header.is_sound() && !header.is_at_end()) header.refuse("the end of the header");
  if (!header.is_sound()) return std::nullopt;
  return result;
}

}  // namespace reprise::datasets
