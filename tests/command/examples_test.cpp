// Every line under "Examples:" in a help text runs, in the order in which the help texts show them, in one folder.

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "suite/version.hpp"
#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

/// In an order in which each finds what it needs: `run` fills results/, which `report` and `diff` read.
const std::vector<std::string> kCommands = {"",
                                            "list",
                                            "show",
                                            "plan",
                                            "run",
                                            "report",
                                            "diff",
                                            "verify",
                                            "seal",
                                            "collect",
                                            "status",
                                            "watch",
                                            "data list",
                                            "data info",
                                            "data fetch",
                                            "data check",
                                            "doctor",
                                            "score",
                                            "score localisation",
                                            "score detection"};

std::vector<std::string> example_lines(const std::string& help) {
  std::vector<std::string> lines;
  std::istringstream stream(help);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line == "Examples:") {
      inside = true;
    } else if (inside && line.rfind("  reprise ", 0) == 0) {
      lines.push_back(line.substr(2));
    } else {
      inside = false;
    }
  }
  return lines;
}

/// Two runs with different seeds differ, which `diff` says with its exit code; no evidence comes from a tree with changes.
int expected_code(const std::string& line) {
  if (line.rfind("reprise collect ", 0) == 0) return build_facts().at("git_dirty_diff_sha1") == "clean" ? 0 : 2;
  return line.rfind("reprise diff ", 0) == 0 ? 1 : 0;
}

/// What the examples of `score` read.
void write_boxes(const std::filesystem::path& folder) {
  write_file(folder / "annotations/a.xml",
             "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></"
             "annotation>");
  write_file(folder / "guesses.txt", "cat 1 1 9 9\n");
  write_file(folder / "detections.txt", "1 cat 0.5 1 1 9 9\n");
}

TEST(Examples, of_every_help_text_run_as_printed) {
  const TemporaryFolder folder;
  write_boxes(folder.path());
  for (const std::string& command : kCommands) {
    const Finished help = shell("reprise " + command + " --help", folder.path());
    ASSERT_EQ(help.exit_code, 0) << command;
    EXPECT_TRUE(help.err.empty()) << help.err;
    const std::vector<std::string> lines = example_lines(help.out);
    EXPECT_FALSE(lines.empty()) << "reprise " << command << " --help has no examples";
    for (const std::string& line : lines) {
      const Finished finished = shell(line, folder.path());
      EXPECT_EQ(finished.exit_code, expected_code(line)) << line << "\n" << finished.out << finished.err;
    }
  }
}

TEST(Examples, help_describes_every_flag) {
  const TemporaryFolder folder;
  for (const std::string& command : kCommands) {
    std::istringstream stream(shell("reprise " + command + " --help", folder.path()).out);
    for (std::string line; std::getline(stream, line);) {
      if (line.rfind("  --", 0) != 0 && line.rfind("  -h", 0) != 0) continue;
      // CLI11 puts a flag's description two or more spaces after it, or on the next line, indented further than any flag.
      line.erase(line.find_last_not_of(' ') + 1);
      if (line.find("  ", 4) != std::string::npos) continue;
      const std::streampos here = stream.tellg();
      std::string next;
      std::getline(stream, next);
      EXPECT_EQ(next.rfind(std::string(30, ' '), 0), 0u) << "reprise " << command << ": " << line;
      stream.seekg(here);
    }
  }
}

}  // namespace
}  // namespace reprise::command
