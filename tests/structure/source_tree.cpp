#include "source_tree.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace reprise::structure {

namespace {

bool starts_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& beginning) { return text.starts_with(beginning); });
}

bool calls_an_algorithm(const std::string& line) {
  static const std::regex call(
      "std::(all_of|any_of|clamp|copy|copy_n|count|count_if|equal|fill|fill_n|find|find_if|generate|lower_bound|max|max_element|min|"
      "min_element|minmax_element|none_of|nth_element|partial_sort|remove_if|replace|reverse|rotate|shuffle|sort|stable_sort|transform|"
      "unique|upper_bound)[(]");
  return line.find("std::") != std::string::npos && std::regex_search(line, call);
}

Source read_source(const fs::path& root, const fs::path& file) {
  static const std::regex include(R"(^\s*#\s*include\s*(["<])([^">]+)[">].*)");
  Source source{fs::relative(file, root).generic_string(), 0, {}, {}};
  std::ifstream stream(file);
  std::smatch match;
  for (std::string line; std::getline(stream, line); ++source.lines) {
    if (std::regex_match(line, match, include)) (match[1] == "\"" ? source.quoted : source.angled).push_back(match[2]);
    source.calls_algorithms = source.calls_algorithms || calls_an_algorithm(line);
  }
  return source;
}

using Graph = std::map<std::string, std::set<std::string>>;

/// A ring of arrows reached from `node`, as "a -> b -> a", or "".
std::string ring_from(const std::string& node, const Graph& arrows, std::vector<std::string>& way, std::set<std::string>& done) {
  if (const auto begin = std::find(way.begin(), way.end(), node); begin != way.end()) {
    std::string text;
    for (auto at = begin; at != way.end(); ++at) text += *at + " -> ";
    return text + node;
  }
  if (!done.insert(node).second || !arrows.contains(node)) return "";
  way.push_back(node);
  for (const std::string& next : arrows.at(node))
    if (const std::string ring = ring_from(next, arrows, way, done); !ring.empty()) return ring;
  way.pop_back();
  return "";
}

void add_ring(const Graph& arrows, std::vector<std::string>& found) {
  std::set<std::string> done;
  for (const auto& [node, targets] : arrows) {
    std::vector<std::string> way;
    const std::string ring = ring_from(node, arrows, way, done);
    if (ring.empty()) continue;
    found.push_back(ring);
    return;
  }
}

/// A library that one folder wraps for all others.
struct Wrapped {
  std::string folder;
  std::vector<std::string> headers;  ///< how they begin
};

const std::vector<Wrapped>& wrapped_libraries() {
  static const std::vector<Wrapped> all{{"suite/ranks/", {"mpi.h"}},
                                        {"suite/records/", {"hdf5"}},
                                        {"suite/parallel/", {"oneapi/tbb", "tbb/"}},
                                        {"suite/kernels/onednn/", {"dnnl", "oneapi/dnnl"}}};
  return all;
}

/// Folders whose sources have no header each: what they define is declared in one that all include, or nowhere but in a table.
struct SharedHeader {
  std::string sources;  ///< how their paths begin
  std::string header;   ///< "" for none
};

const std::vector<SharedHeader>& shared_headers() {
  static const std::vector<SharedHeader> all{{"experiments/", "suite/models/model.hpp"},  // each model.cpp is a row of the table of papers
                                             {"suite/analyses/", "suite/analyses/analysis.hpp"},  // one analysis each
                                             {"suite/bench/", ""},                                // benchmarks register themselves
                                             {"suite/command/", "suite/command/command.hpp"},     // one subcommand each
                                             {"suite/kernels/vector/", ""},  // compiled once per instruction set, into its table
                                             {"reports/formats/write_", "reports/formats/writers.hpp"}};  // one format each
  return all;
}

std::string header_of(const std::string& source) {
  return source.substr(0, source.size() - 3) + "hpp";
}

}  // namespace

std::vector<Source> read_sources(const fs::path& root, const std::vector<std::string>& folders) {
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp") sources.push_back(read_source(root, entry.path()));
    }
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

Layers read_layers(const fs::path& design) {
  std::ifstream stream(design);
  Layers layers;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (inside && line.starts_with("```")) return layers;
    if (inside) {
      std::istringstream words(line);
      layers.emplace_back();
      for (std::string word; words >> word;) layers.back().push_back(word);
    }
    inside |= line == "```folders";
  }
  throw std::runtime_error(design.string() + ": no block that begins with ```folders");
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find('/');
  const std::string first = path.substr(0, slash);
  if (first != "suite" || slash == std::string::npos) return first;
  return path.substr(slash + 1, path.find_first_of("/.", slash + 1) - slash - 1);
}

std::vector<std::string> backward_includes(const std::vector<Source>& sources, const Layers& layers) {
  std::map<std::string, std::size_t> layer;
  for (std::size_t number = 0; number < layers.size(); ++number)
    for (const std::string& folder : layers[number]) layer[folder] = number;
  std::set<std::string> paths;
  for (const Source& source : sources) paths.insert(source.path);

  std::vector<std::string> found;
  for (const Source& source : sources) {
    const std::string mine = folder_of(source.path);
    if (!layer.contains(mine)) found.push_back(source.path + ": folder '" + mine + "' is in no layer");
    for (const std::string& header : source.quoted) {
      if (!paths.contains(header)) found.push_back(source.path + " includes " + header + ", which is not there (paths begin at the root)");
      const std::string theirs = folder_of(header);
      if (layer.contains(mine) && layer.contains(theirs) && layer[theirs] > layer[mine])
        found.push_back(source.path + " includes " + header + ": " + theirs + " is later than " + mine);
    }
  }
  return found;
}

std::vector<std::string> include_cycles(const std::vector<Source>& sources) {
  Graph files, folders;
  for (const Source& source : sources) {
    for (const std::string& header : source.quoted) {
      files[source.path].insert(header);
      if (folder_of(source.path) != folder_of(header)) folders[folder_of(source.path)].insert(folder_of(header));
    }
  }
  std::vector<std::string> found;
  add_ring(files, found);
  add_ring(folders, found);
  return found;
}

std::vector<std::string> wrapped_headers_elsewhere(const std::vector<Source>& sources) {
  std::vector<std::string> found;
  for (const Source& source : sources) {
    for (const auto& headers : {source.angled, source.quoted}) {
      for (const std::string& header : headers) {
        for (const Wrapped& library : wrapped_libraries()) {
          if (!starts_with_any(header, library.headers) || source.path.starts_with(library.folder)) continue;
          found.push_back(source.path + " includes " + header + ", which only " + library.folder + " may");
        }
      }
    }
  }
  return found;
}

std::vector<std::string> algorithms_without_their_header(const std::vector<Source>& sources) {
  std::vector<std::string> found;
  for (const Source& source : sources)
    if (source.calls_algorithms && std::find(source.angled.begin(), source.angled.end(), "algorithm") == source.angled.end())
      found.push_back(source.path + " does not include <algorithm>");
  return found;
}

std::vector<std::string> sources_longer_than(int lines, const std::vector<Source>& sources) {
  std::vector<std::string> found;
  for (const Source& source : sources)
    if (source.lines > lines) found.push_back(source.path + " has " + std::to_string(source.lines) + " lines");
  return found;
}

std::vector<std::string> sources_without_their_header(const std::vector<Source>& sources) {
  std::set<std::string> paths;
  for (const Source& source : sources) paths.insert(source.path);
  std::vector<std::string> found;
  for (const Source& source : sources) {
    if (!source.path.ends_with(".cpp") || paths.contains(header_of(source.path))) continue;
    const auto shared = std::find_if(shared_headers().begin(), shared_headers().end(),
                                     [&](const SharedHeader& each) { return source.path.starts_with(each.sources); });
    if (shared == shared_headers().end()) {
      found.push_back(source.path + ": there is no " + header_of(source.path));
    } else if (!shared->header.empty() && std::count(source.quoted.begin(), source.quoted.end(), shared->header) == 0) {
      found.push_back(source.path + ": there is no " + header_of(source.path) + ", and it does not include " + shared->header);
    }
  }
  return found;
}

}  // namespace reprise::structure
