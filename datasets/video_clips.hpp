#pragma once
// Clips out of videos whose frames lie decoded in folders.

#include <filesystem>
#include <vector>

#include "datasets/clip_stage.hpp"
#include "datasets/image_set.hpp"
#include "datasets/video_lists.hpp"

namespace reprise::datasets {

/// Describes `set` (all but name, split and classes): labels, shape, digest, and clips of these videos, made when they are asked for.
/// Frames of a video are FOLDER/000001.jpg, 000002.jpg, ...; a clip has those at first, first + step, ..., and a video that is too short
/// starts again. With a key, `first` and the place of the square, the same in all frames, are drawn by (seed, epoch, number of the video);
/// without, both are in the middle. The digest is over labels, folders, numbers of frames and their sizes; a damaged frame is found when it
/// is decoded. Throws InputError for a folder that is missing or empty, a file in it that is no frame, and a frame that is missing between
/// others; `exclusions` is where videos can be left out.
void set_videos(const std::filesystem::path& folder, std::vector<ListedVideo> videos, const ClipStage& stage,
                const std::filesystem::path& exclusions, ImageSet& set);

}  // namespace reprise::datasets
