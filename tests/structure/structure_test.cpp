// The order of folders and the rules that a reader relies on, held by reading the tree itself.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace reprise::structure {
namespace {

using testing::Test;
using Lines = std::vector<std::string>;

constexpr int kMaxLines = 400;

fs::path root() {
  const char* source = std::getenv("REPRISE_SOURCE");
  if (source == nullptr) throw std::runtime_error("REPRISE_SOURCE is not set; start this test with ctest");
  return source;
}

class Tree : public Test {
 protected:
  static const std::vector<Source>& sources() {
    static const std::vector<Source> all = read_sources(root(), {"suite", "datasets", "experiments", "reports"});
    return all;
  }

  static std::string joined(const Lines& violations) {
    std::string text;
    for (const std::string& violation : violations) text += violation + "\n";
    return text;
  }
};

TEST_F(Tree, is_read) {
  EXPECT_GT(sources().size(), 300u);
  EXPECT_GT(read_layers(root() / "docs/design.md").size(), 10u);
}

TEST_F(Tree, includes_of_its_own_layer_and_of_those_before_it) {
  EXPECT_EQ(joined(backward_includes(sources(), read_layers(root() / "docs/design.md"))), "");
}

TEST_F(Tree, has_no_ring_of_includes) {
  EXPECT_EQ(joined(include_cycles(sources())), "");
}

TEST_F(Tree, has_one_folder_per_wrapped_library) {
  EXPECT_EQ(joined(wrapped_headers_elsewhere(sources())), "");
}

TEST_F(Tree, includes_algorithm_where_it_is_used) {
  EXPECT_EQ(joined(algorithms_without_their_header(sources())), "");
  EXPECT_EQ(joined(algorithms_without_their_header(read_sources(root(), {"tests"}))), "");
}

TEST_F(Tree, has_no_long_source) {
  EXPECT_EQ(joined(sources_longer_than(kMaxLines, sources())), "");
}

TEST_F(Tree, names_sources_like_their_headers) {
  EXPECT_EQ(joined(sources_without_their_header(sources())), "");
}

// Made-up trees: each rule sees what breaks it, and nothing else.

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Version, is_the_same_wherever_it_stands) {
  const std::string cmake = text_of(root() / "CMakeLists.txt"), before = "project(reprise VERSION ";
  const std::size_t begin = cmake.find(before) + before.size();
  const std::string version = cmake.substr(begin, cmake.find(' ', begin) - begin);
  ASSERT_TRUE(std::regex_match(version, std::regex("[0-9]+[.][0-9]+[.][0-9]+"))) << version;
  EXPECT_NE(text_of(root() / "CITATION.cff").find("\nversion: " + version + "\n"), std::string::npos);
  EXPECT_NE(text_of(root() / "CHANGELOG.md").find("\n## " + version + " ("), std::string::npos);
  EXPECT_NE(text_of(root() / "tests/consumer/CMakeLists.txt").find("find_package(reprise " + version.substr(0, version.rfind('.')) + " "),
            std::string::npos);
}

const Layers kLayers{{"tensor", "errors"}, {"layers", "losses"}, {"datasets"}};

TEST(FolderOf, files_of_the_suite_and_of_other_folders) {
  EXPECT_EQ(folder_of("suite/tensor/shape.hpp"), "tensor");
  EXPECT_EQ(folder_of("suite/errors.hpp"), "errors");
  EXPECT_EQ(folder_of("suite/kernels/vector/lanes.hpp"), "kernels");
  EXPECT_EQ(folder_of("datasets/digest.hpp"), "datasets");
}

TEST(BackwardIncludes, finds_a_later_layer) {
  const std::vector<Source> sources{{"suite/tensor/a.cpp", 1, {"suite/tensor/a.hpp", "datasets/b.hpp"}, {"vector"}},
                                    {"suite/tensor/a.hpp", 1, {"suite/errors.hpp"}, {}},
                                    {"suite/errors.hpp", 1, {}, {}},
                                    {"datasets/b.hpp", 1, {"suite/tensor/a.hpp"}, {}}};
  EXPECT_EQ(backward_includes(sources, kLayers), Lines{"suite/tensor/a.cpp includes datasets/b.hpp: datasets is later than tensor"});
}

TEST(BackwardIncludes, finds_a_folder_in_no_layer_and_a_missing_header) {
  const std::vector<Source> sources{{"suite/new/a.cpp", 1, {"suite/new/gone.hpp"}, {}}};
  EXPECT_EQ(backward_includes(sources, kLayers),
            (Lines{"suite/new/a.cpp: folder 'new' is in no layer",
                   "suite/new/a.cpp includes suite/new/gone.hpp, which is not there (paths begin at the root)"}));
}

TEST(IncludeCycles, finds_rings_of_files_and_of_folders) {
  EXPECT_EQ(include_cycles({{"suite/layers/a.hpp", 1, {"suite/layers/b.hpp"}, {}}, {"suite/layers/b.hpp", 1, {"suite/layers/a.hpp"}, {}}}),
            Lines{"suite/layers/a.hpp -> suite/layers/b.hpp -> suite/layers/a.hpp"});
  EXPECT_EQ(include_cycles({{"suite/layers/a.cpp", 1, {"suite/losses/b.hpp"}, {}}, {"suite/losses/c.cpp", 1, {"suite/layers/d.hpp"}, {}}}),
            Lines{"layers -> losses -> layers"});
  EXPECT_EQ(include_cycles({{"suite/layers/a.cpp", 1, {"suite/losses/b.hpp", "suite/losses/c.hpp"}, {}},
                            {"suite/losses/b.hpp", 1, {"suite/losses/c.hpp"}, {}}}),
            Lines{});
}

TEST(WrappedHeaders, are_found_outside_their_folder) {
  const std::vector<Source> sources{{"suite/ranks/a.cpp", 1, {}, {"mpi.h"}},
                                    {"suite/graph/a.cpp", 1, {}, {"mpi.h", "vector"}},
                                    {"datasets/b.cpp", 1, {}, {"hdf5.h"}},
                                    {"suite/layers/c.cpp", 1, {}, {"oneapi/tbb/task_arena.h", "dnnl.hpp"}}};
  EXPECT_EQ(wrapped_headers_elsewhere(sources),
            (Lines{"suite/graph/a.cpp includes mpi.h, which only suite/ranks/ may",
                   "datasets/b.cpp includes hdf5.h, which only suite/records/ may",
                   "suite/layers/c.cpp includes oneapi/tbb/task_arena.h, which only suite/parallel/ may",
                   "suite/layers/c.cpp includes dnnl.hpp, which only suite/kernels/onednn/ may"}));
}

TEST(AlgorithmsWithoutTheirHeader, are_found) {
  EXPECT_EQ(
      algorithms_without_their_header({{"a.cpp", 9, {}, {"vector"}, true}, {"b.cpp", 9, {}, {"algorithm"}, true}, {"c.cpp", 9, {}, {}}}),
      Lines{"a.cpp does not include <algorithm>"});
}

TEST(LongSources, are_those_above_the_limit) {
  EXPECT_EQ(sources_longer_than(400, {{"a.cpp", 400, {}, {}}, {"b.cpp", 401, {}, {}}}), Lines{"b.cpp has 401 lines"});
}

TEST(SourcesWithoutTheirHeader, are_found_and_shared_headers_are_known) {
  const std::vector<Source> sources{{"suite/text/a.cpp", 1, {"suite/text/a.hpp"}, {}},
                                    {"suite/text/a.hpp", 1, {}, {}},
                                    {"suite/text/b.cpp", 1, {"suite/text/a.hpp"}, {}},
                                    {"suite/command/run.cpp", 1, {"suite/command/command.hpp"}, {}},
                                    {"suite/command/list.cpp", 1, {}, {}}};
  EXPECT_EQ(sources_without_their_header(sources),
            (Lines{"suite/text/b.cpp: there is no suite/text/b.hpp",
                   "suite/command/list.cpp: there is no suite/command/list.hpp, and it does not include suite/command/command.hpp"}));
}

TEST(ReadSources, counts_lines_and_sees_both_kinds_of_includes) {
  const tests::TemporaryFolder folder;
  fs::create_directories(folder.path() / "suite/text");
  std::ofstream(folder.path() / "suite/text/a.cpp")
      << "#pragma once\n#include <vector>\n  #  include \"suite/text/b.hpp\"  // why\n// #include <mpi.h>\n";
  const auto sources = read_sources(folder.path(), {"suite"});
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].path, "suite/text/a.cpp");
  EXPECT_EQ(sources[0].lines, 4);
  EXPECT_EQ(sources[0].angled, Lines{"vector"});
  EXPECT_EQ(sources[0].quoted, Lines{"suite/text/b.hpp"});
}

}  // namespace
}  // namespace reprise::structure
