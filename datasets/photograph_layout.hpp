#pragma once
// Finds the photographs of a data set in its folder:
//
//   train/CLASS/FILE or the training archive     a folder per class; an archive of such folders, or of an archive per class
//   val/CLASS/FILE, or val/FILE or the test archive with a list of labels
//   val.txt                                      the list: "FILE CLASS" a line, CLASS a class folder or its number from 0; or
//   the official labels and synsets.txt          a number a line from 1, in the order of the files' names, and the class folder of each
//   number CLASS/FILE                                   sets that come without a split exclude.txt optional: photographs to leave out,
//   "train/CLASS/FILE" a line
//
// Classes are numbered in the order of their names, files taken in that order too. Names that begin with a dot are passed over.

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/manifest.hpp"
#include "datasets/photograph_files.hpp"

namespace reprise::datasets {

struct ListedPhotographs {
  PhotographFiles train, test;
  std::vector<std::string> class_names;
};

/// Throws InputError that names file, line, expected, found and the fix for: nothing there; a class folder that is empty, that stands there
/// in two spellings, or that the training set lacks; a file that is no photograph by its name; a list with a missing, a doubled or an
/// unknown file; numbers of photographs other than the entry's.
ListedPhotographs list_photographs(const DatasetEntry& entry, const std::filesystem::path& data_directory);

/// Whether anything is where `list_photographs` looks first.
bool has_photographs(const DatasetEntry& entry, const std::filesystem::path& data_directory);

/// Where photographs to be left out are listed.
std::filesystem::path exclusion_list(const DatasetEntry& entry, const std::filesystem::path& data_directory);

}  // namespace reprise::datasets
