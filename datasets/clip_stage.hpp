#pragma once
// Clips: images of several frames, one below the other.

#include <optional>
#include <string>
#include <vector>

#include "datasets/photograph_frame.hpp"

namespace reprise::datasets {

/// What stands first in a recipe's preprocessing where samples are clips:
///   "snippets(frames=10,window=12,noise=0.3)"    made of an image: each frame shows it through a square window at a drawn place
///   "motion(frames=10,travel=9,room=12,noise=0.3,label=direction,shows=frames)"
///                                                made of an image, which moves by `travel` pixels in one of eight directions
///   "video(frames=30,step=1,side=220,short_side=256,place=random,shows=frames)"    of a video's frames, every step-th one, seen as
///   photographs are
///                                                (photograph_frame.hpp); a shorter video starts again
/// See made_clips.hpp and video_clips.hpp.
struct ClipStage {
  enum class Kind { snippets, motion, video };
  Kind kind = Kind::snippets;
  int frames = 1;
  // Made clips.
  int window = 0;                  ///< snippets: side of the window
  double noise = 0;                ///< deviation of what is added to each pixel, where black is 0 and white 1
  int travel = 0, room = 0;        ///< motion: pixels from first to last frame; by how much canvas and image differ
  bool labels_direction = false;   ///< motion: classes 0 to 7 are directions; else the class is the image's
  bool shows_differences = false;  ///< motion: each frame is the next of the canvas minus this one
  // Videos.
  int step = 1;
  bool shows_flow = false;  ///< images of optical flow, which lie beside the frames
  PhotographFrame frame{};

  /// Throws InputError for a text that is none of the above or numbers that do not fit each other.
  static ClipStage parse(const std::string& stage);
  static bool is_clip_stage(const std::string& name);
  /// Of a list of stages; nothing if it has no such stage. Throws InputError if it stands behind another.
  static std::optional<ClipStage> of(const std::vector<std::string>& stages);
};

}  // namespace reprise::datasets
