#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Hidden units that repeat the two pixels of images (0, 1) and (2, 80), read in batches of one image.
SmallTraining repeating(bool dropout) {
  SmallTraining setup;
  setup.graph.add("in", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.graph.add("hidden", std::make_shared<layers::Relu>());
  if (dropout)
    setup.graph.add("dropout",
                    std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = 0.5, .form = layers::DropoutForm::non_inverted}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.pixels = {0, 1, 2, 80};
  setup.train.labels = {0, 1};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 1;
  return setup;
}

Analysed sparsity_of(const SmallTraining& setup) {
  SmallRun run(setup);
  run.set_weights("in/weight", {1, 0, 0, 1});
  return analysed(run, "sparsity");
}

TEST(Sparsity, counts_activations_as_inference_scales_them) {
  const Analysed record = sparsity_of(repeating(true));
  // Half of the pixels: 0, 0.5, 1 and 40.
  EXPECT_DOUBLE_EQ(record.results.at("mean_activation"), 41.5 / 4);
  EXPECT_DOUBLE_EQ(record.results.at("sparsity"), 0.25);  // only 0 lies below 0.1
  const auto& histogram = record.tables.at("activations").columns;
  ASSERT_EQ(histogram.at("share_percent").size(), 40u);
  for (std::size_t b = 0; b < 40; ++b) {
    EXPECT_DOUBLE_EQ(histogram.at("activation")[b], 0.125 + 0.25 * static_cast<double>(b));
    EXPECT_EQ(histogram.at("share_percent")[b], b == 0 || b == 2 || b == 4 || b == 39 ? 25 : 0) << b;  // the last bin takes what is larger
  }
  EXPECT_EQ(record.tables.at("unit_means").columns.at("mean_activation"), (std::vector<double>{0.5, 20.25}));
}

TEST(Sparsity, takes_values_as_they_are_without_dropout_and_of_as_many_images_as_asked) {
  SmallTraining setup = repeating(false);
  EXPECT_DOUBLE_EQ(sparsity_of(setup).results.at("mean_activation"), 83.0 / 4);
  setup.recipe.analysis_options.set("images", std::int64_t{1});
  EXPECT_DOUBLE_EQ(sparsity_of(setup).results.at("mean_activation"), 0.5);
  setup.recipe.analysis_options.set("node", std::string("nowhere"));
  EXPECT_THROW(sparsity_of(setup), InputError);
}

}  // namespace
}  // namespace reprise::tests
