#pragma once
// Columns of text that line up in a terminal.

#include <string>
#include <vector>

namespace reprise::command {

/// Rows of cells; the first row is the heading. Every column but the last is padded to its longest cell.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.size() == 1; }
  /// Each line starts with `indent` and ends with a newline.
  std::string text(const std::string& indent = "  ") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace reprise::command
