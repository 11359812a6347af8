#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Images of 4x4 with four bright pixels: a square of one pixel, so every place is a pixel.
SmallTraining bright(const std::vector<std::size_t>& places) {
  SmallTraining setup;
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.height = setup.train.width = 4;
  setup.train.pixels.assign(16, 0);
  for (const std::size_t place : places) setup.train.pixels[place] = 1;
  setup.train.labels = {0};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 3;  // 17 looks at an image do not fill the last batch
  return setup;
}

double probability(double logit) {
  return 1 / (1 + std::exp(-logit));
}

TEST(Occlusion, drops_of_a_dense_net_by_hand) {
  SmallRun run(bright({0, 3, 10}));  // two corners and the place in the middle
  std::vector<float> weights(32, 0.0f);
  weights[0] = 0.5f, weights[3] = 1.0f, weights[10] = 2.0f;
  run.set_weights("logits/weight", weights);
  const Analysed found = analysed(run, "occlusion");
  const double all = probability(3.5), centre = all - probability(1.5);
  const double corners = (2 * all - probability(3.0) - probability(2.5)) / 4;  // the other two corners take nothing
  EXPECT_NEAR(found.results.at("occlusion_drop_centre"), centre, 1e-6);
  EXPECT_NEAR(found.results.at("occlusion_drop_corners"), corners, 1e-6);
  EXPECT_NEAR(found.results.at("occlusion_contrast"), centre - corners, 1e-6);
  const records::Images& pictures = found.images.at("occlusion");
  ASSERT_EQ(pictures.count, 2);
  EXPECT_EQ(pictures.pixels[10], 255);                                                    // the image: bright and dark
  EXPECT_EQ(pictures.pixels[16 + 10], std::lround(255 * centre / all));                   // its map: what each place takes of `all`
  EXPECT_EQ(pictures.pixels[16 + 3], std::lround(255 * (all - probability(2.5)) / all));  //
  EXPECT_EQ(pictures.pixels[16 + 5], 0);
}

TEST(Occlusion, a_square_covers_a_quarter_of_the_side_and_reaches_the_edges) {
  SmallTraining setup = bright({});
  setup.graph = graph::Graph({9, 8, 1});
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.height = 9, setup.train.width = 8;
  setup.train.pixels.assign(72, 0);
  for (const std::size_t place : {62u, 63u, 70u, 71u}) setup.train.pixels[place] = 1;  // the lower right corner
  setup.test = setup.train;
  SmallRun run(setup);
  std::vector<float> weights(144, 0.0f);
  for (const std::size_t place : {62u, 63u, 70u, 71u}) weights[place] = 1;
  run.set_weights("logits/weight", weights);
  const Analysed found = analysed(run, "occlusion");
  EXPECT_NEAR(found.results.at("occlusion_drop_corners"), (probability(4) - probability(0)) / 4, 1e-6);
  EXPECT_NEAR(found.results.at("occlusion_drop_centre"), 0, 1e-6);
}

}  // namespace
}  // namespace reprise::tests
