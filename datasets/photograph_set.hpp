#pragma once
// Photographs as the images of a set: decoded from their files when they are asked for.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/photograph_files.hpp"
#include "datasets/photograph_frame.hpp"

namespace reprise::datasets {

/// XXH3 of the bytes of every file. Decodes each, too, so that a damaged one is found before training and not on its third day; what was
/// found good is noted in `cache_directory` and believed as long as names, sizes and times of the files stay the same. Throws InputError
/// that names the first damaged photograph, what is wrong with it and how many others are damaged; `exclusions` is where they can be
/// listed.
std::vector<std::uint64_t> check_photographs(const PhotographFiles& files, const std::filesystem::path& cache_directory,
                                             const std::filesystem::path& exclusions);

/// Describes `set` (all but name and split): labels, shape, digest, and photographs seen through a frame.
void set_photographs(PhotographFiles files, const std::vector<std::uint64_t>& digests, const PhotographFrame& frame, ImageSet& set);

}  // namespace reprise::datasets
