#include "datasets/clip_stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "datasets/named_call.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

constexpr std::array<std::string_view, 3> kNames{"snippets", "motion", "video"};  // in the order of Kind
constexpr int kMaxFrames = 300, kMaxSide = 4096;

}  // namespace

bool ClipStage::is_clip_stage(const std::string& name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

ClipStage ClipStage::parse(const std::string& stage) {
  NamedCall call("preprocessing stage", stage);
  const auto name = std::find(kNames.begin(), kNames.end(), call.name());
  if (name == kNames.end()) call.fail_unknown({kNames.begin(), kNames.end()});
  ClipStage clips;
  clips.kind = static_cast<Kind>(name - kNames.begin());
  clips.frames = call.get_int("frames", 1, 1, kMaxFrames);
  switch (clips.kind) {
    case Kind::snippets:
      clips.window = call.get_int("window", 12, 1, kMaxSide);
      clips.noise = call.get_double("noise", 0, 0, 10);
      break;
    case Kind::motion:
      clips.room = call.get_int("room", 12, 1, kMaxSide);
      clips.travel = call.get_int("travel", 9, 1, clips.room);
      clips.noise = call.get_double("noise", 0, 0, 10);
      clips.labels_direction = call.get_choice("label", {"direction", "image"}) == "direction";
      clips.shows_differences = call.get_choice("shows", {"frames", "differences"}) == "differences";
      break;
    case Kind::video:
      clips.step = call.get_int("step", 1, 1, kMaxFrames);
      clips.frame.side = call.get_int("side", 220, 1, kMaxSide);
      clips.frame.short_side = call.get_int("short_side", clips.frame.side, clips.frame.side, kMaxSide);
      clips.frame.largest_short_side = clips.frame.short_side;
      clips.shows_flow = call.get_choice("shows", {"frames", "flow"}) == "flow";
      clips.frame.is_random = call.get_choice("place", {"centre", "random"}) == "random";
      break;
  }
  call.check_all_used();
  return clips;
}

std::optional<ClipStage> ClipStage::of(const std::vector<std::string>& stages) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::string name = NamedCall("preprocessing stage", stages[i]).name();
    if (!is_clip_stage(name)) continue;
    if (i > 0)
      throw InputError(
          Complaint{fmt::format("preprocessing stage '{}'", name), "in front of all others", "behind " + stages[i - 1], "Move it"});
    return parse(stages[i]);
  }
  return std::nullopt;
}

}  // namespace reprise::datasets
