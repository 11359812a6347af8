#include "datasets/sample_shape.hpp"

#include "datasets/augmentation.hpp"
#include "datasets/clip_stage.hpp"
#include "datasets/photograph_frame.hpp"

namespace reprise::datasets {

SampleShape image_shape(const DatasetEntry& entry, const std::vector<std::string>& preprocessing) {
  if (const auto frame = PhotographFrame::of(preprocessing)) return {frame->side, frame->side, entry.channels};
  if (const auto clips = ClipStage::of(preprocessing)) {
    const bool is_video = clips->kind == ClipStage::Kind::video;
    const int height = is_video ? clips->frame.side : entry.height, width = is_video ? clips->frame.side : entry.width;
    return {std::int64_t{clips->frames} * height, width, entry.channels};
  }
  return {entry.height, entry.width, entry.channels};
}

SampleShape sample_shape(const DatasetEntry& entry, const std::vector<std::string>& preprocessing,
                         const std::vector<std::string>& augmentation) {
  const SampleShape image = image_shape(entry, preprocessing);
  const Augmentations augmentations(augmentation, static_cast<int>(image.height), static_cast<int>(image.width),
                                    static_cast<int>(image.channels));
  return {augmentations.height(), augmentations.width(), image.channels};
}

}  // namespace reprise::datasets
