#pragma once
// The tree of sources as a test sees it: who includes what, how long each file is, and which rules of the house it breaks.

#include <filesystem>
#include <string>
#include <vector>

namespace reprise::structure {

struct Source {
  std::string path;  ///< from the root of the project, as includes spell it
  int lines = 0;
  std::vector<std::string> quoted, angled;  ///< headers included as "..." and as <...>
  bool calls_algorithms = false;            ///< those of the standard library: sort, min, ...
};

/// Folders by layer, lowest first: a file includes from its own layer and from those before it.
using Layers = std::vector<std::vector<std::string>>;

/// Sources and headers of C++ below `folders` of `root`, sorted by path.
std::vector<Source> read_sources(const std::filesystem::path& root, const std::vector<std::string>& folders);

/// The list of folders in docs/design.md: the lines of its block "```folders". Throws std::runtime_error if there is none.
Layers read_layers(const std::filesystem::path& design);

/// The entry of Layers that a file belongs to: suite/NAME/... and suite/NAME.hpp are NAME, everything else its first folder.
std::string folder_of(const std::string& path);

// Each of these returns one line per violation; none is the wish.

/// Includes of a later layer, of a folder that is in no layer, and of a file that is not there.
std::vector<std::string> backward_includes(const std::vector<Source>& sources, const Layers& layers);
/// Folders, or files, that include each other in a ring; one ring of each kind is named.
std::vector<std::string> include_cycles(const std::vector<Source>& sources);
/// MPI, HDF5, oneTBB and oneDNN included outside the one folder that wraps each.
std::vector<std::string> wrapped_headers_elsewhere(const std::vector<Source>& sources);
/// Sources that call algorithms of the standard library without <algorithm>: GCC 12 hands it on with other headers, GCC 14 does not.
std::vector<std::string> algorithms_without_their_header(const std::vector<Source>& sources);
std::vector<std::string> sources_longer_than(int lines, const std::vector<Source>& sources);
/// X.cpp beside which there is no X.hpp; in folders whose sources share one header, a source that does not include it.
std::vector<std::string> sources_without_their_header(const std::vector<Source>& sources);

}  // namespace reprise::structure
