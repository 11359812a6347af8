#pragma once
// Surrogate classes as sets of images to train and to test on: transformed copies of patches, made when they are asked for.

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"
#include "datasets/patch_change.hpp"
#include "datasets/surrogate_recipe.hpp"

namespace reprise::datasets {

/// Training set: image i is copy i % copies of class i / copies; test set likewise. Copies are those of one set for all epochs and runs, as
/// a file of them would be: what is drawn for one depends on its class and number, and on whether it is of the training set, and on nothing
/// else (seed 0, Purpose::surrogate), so a set with fewer copies is a part of one with more.
///
/// A pixel is read once, bilinearly, through one map of scale, rotation and translation; the image is mirrored at its border, and halved
/// first while a pixel would step over the square root of two or more of its pixels. Then colours change (patch_change.hpp) in the
/// principal axes of all pixels of the images that seeds are from. Throws InputError as draw_seeds does.
///
/// Keeps copies of the images that patches are from, and of no others.
Dataset surrogate_classes(const ImageSet& images, const SurrogateRecipe& recipe);

/// Patches from images that no class is from, changed as one likes: up to 100, as far as there are such images.
class UnseenPatches {
 public:
  virtual ~UnseenPatches() = default;
  virtual std::int64_t unseen() const = 0;
  /// Patch `index` of them as bytes [channels, side, side]. Thread-safe.
  virtual void make_unseen(std::int64_t index, const PatchChange& change, std::uint8_t* image) const = 0;
};
/// Of a set that surrogate_classes() has made; null for another.
const UnseenPatches* unseen_patches(const ImageSet& set);

/// The entry of such a set made from that of its images: before there are any, their shape and numbers.
DatasetEntry surrogate_entry(const DatasetEntry& images, const SurrogateRecipe& recipe);

}  // namespace reprise::datasets
