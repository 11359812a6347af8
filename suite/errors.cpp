#include "suite/errors.hpp"

namespace reprise {

namespace {

/// Control characters, which a damaged file may put into a message, as "\x00": a zero byte would end what() and the rest play with the
/// terminal.
std::string visible(const std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\n') || code == 0x7f) {
      line += {'\\', 'x', kDigits[code >> 4], kDigits[code & 15]};
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

std::string Complaint::text() const {
  std::string line = thing;
  if (!expected.empty()) line += ": expected " + expected;
  if (!found.empty()) line += (expected.empty() ? ": found " : ", found ") + found;
  if (!fix.empty()) line += ". " + fix;
  return visible(line);
}

}  // namespace reprise
