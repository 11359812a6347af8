#pragma once
// A dense net on images of two pixels.

#include <cstdint>
#include <memory>

#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {

/// `count` images with the same two pixels.
inline SmallImages equal_images(std::size_t count, std::uint8_t left, std::uint8_t right, std::int32_t label = 0) {
  SmallImages images;
  for (std::size_t i = 0; i < count; ++i) {
    images.pixels.push_back(left);
    images.pixels.push_back(right);
    images.labels.push_back(label);
  }
  return images;
}

/// Two logits of two pixels; all images in one batch, rate 0 unless set otherwise.
inline SmallTraining two_pixels(const SmallImages& train, double keep = 1, int features = 2) {
  SmallTraining setup;
  if (keep < 1)
    setup.graph.add("dropout",
                    std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = keep, .form = layers::DropoutForm::non_inverted}));
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = features}));
  setup.train = train;
  setup.test = train;
  setup.recipe.batch = static_cast<std::int64_t>(train.labels.size());
  setup.recipe.shard = 2;
  return setup;
}

}  // namespace reprise::tests
