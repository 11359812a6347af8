#include "datasets/digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reprise::datasets {
namespace {

ImageSet three_images() {
  ImageSet set;
  set.count = 3, set.channels = 1, set.height = 1, set.width = 2, set.classes = 4;
  set.pixels = {1, 2, 3, 4, 5, 6};
  set.labels = {0, 3, 1};
  return set;
}

TEST(Digest, image_set_digest_changes_with_shape_pixels_labels_and_order) {
  const std::string digest = image_set_digest(three_images());
  ImageSet changed = three_images();
  std::swap(changed.height, changed.width);
  EXPECT_NE(image_set_digest(changed), digest);
  changed = three_images();
  changed.pixels[5] ^= 1;
  EXPECT_NE(image_set_digest(changed), digest);
  changed = three_images();
  changed.labels[2] = 2;
  EXPECT_NE(image_set_digest(changed), digest);
  EXPECT_EQ(image_set_digest(three_images()), digest);
}

TEST(Digest, order_free_digest_sees_images_and_labels_but_not_their_order) {
  ImageSet turned = three_images();
  turned.pixels = {5, 6, 1, 2, 3, 4};
  turned.labels = {1, 0, 3};
  EXPECT_EQ(order_free_digest(turned), order_free_digest(three_images()));
  std::swap(turned.labels[0], turned.labels[1]);  // the same labels, on other images
  EXPECT_NE(order_free_digest(turned), order_free_digest(three_images()));
}

}  // namespace
}  // namespace reprise::datasets
