#include "datasets/sample_shape.hpp"

#include "datasets/augmentation.hpp"
#include "datasets/photograph_frame.hpp"

namespace reprise::datasets {

SampleShape image_shape(const DatasetEntry& entry, const std::vector<std::string>& preprocessing) {
  if (const auto frame = PhotographFrame::of(preprocessing)) return {frame->side, frame->side, entry.channels};
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
