#pragma once
// The errors that reprise raises, and the exit code each one becomes.

#include <stdexcept>
#include <string>

namespace reprise {

/// A message with its four parts: the thing, what was expected, what was found, and what the reader can do.
/// `text()` gives "THING: expected EXPECTED, found FOUND. FIX", control characters but newlines as "\x00".
struct Complaint {
  std::string thing;
  std::string expected;
  std::string found;
  std::string fix;

  std::string text() const;
};

/// Something that a user gave us is wrong: a flag, a recipe key, a data file, a damaged result file. Exit code 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const Complaint& complaint) : std::runtime_error(complaint.text()) {}
  explicit InputError(const std::string& text) : std::runtime_error(text) {}
};

/// The world failed while we worked: non-finite loss, full disk, output that cannot be written. Exit code 1.
class RunError : public std::runtime_error {
 public:
  explicit RunError(const Complaint& complaint) : std::runtime_error(complaint.text()) {}
  explicit RunError(const std::string& text) : std::runtime_error(text) {}
};

/// Training left the finite numbers: with the same recipe, seed and data it always will.
class DivergenceError : public RunError {
 public:
  using RunError::RunError;
};

/// A layer was given shapes that do not fit; names the layer and both shapes. Exit code 2: the graph comes from a recipe.
class ShapeError : public InputError {
 public:
  using InputError::InputError;
};

enum ExitCode : int { kDone = 0, kFailed = 1, kBadInput = 2, kStoppedEarly = 3 };

}  // namespace reprise
