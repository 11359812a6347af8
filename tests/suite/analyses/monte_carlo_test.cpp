#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// 200 equal test images whose first pixel is 4. Dropout keeps it with probability 1/2; logits are the pixel and 1: class 0 if it is kept
/// (probability 0.953 of class 0), class 1 if it is not (0.269). With scaled weights the logits are 2 and 1: class 0.
SmallTraining coin_tosses(std::int32_t label, double keep = 0.5) {
  SmallTraining setup;
  if (keep < 1)
    setup.graph.add("dropout",
                    std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = keep, .form = layers::DropoutForm::non_inverted}));
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  for (int i = 0; i < 200; ++i) {
    setup.test.pixels.insert(setup.test.pixels.end(), {4, 0});
    setup.test.labels.push_back(label);
  }
  setup.train = setup.test;
  setup.recipe.batch = 50;  // each image of each batch has masks of its own
  setup.recipe.analysis_options.set("masks", std::int64_t{40});
  setup.recipe.analysis_options.set("sizes", std::vector<double>{1, 2, 5});
  return setup;
}

Analysed averaged(const SmallTraining& setup) {
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  run.set_weights("dense/bias", {0, 1});
  run.run();
  return analysed(run, "monte_carlo");
}

TEST(MonteCarlo, averages_of_thinned_nets_err_as_often_as_coins_say) {
  // Wrong if none of one, none of two, at most one of five kept the pixel: (0.953 + 4 * 0.269) / 5 < 1/2 < (2 * 0.953 + 3 * 0.269) / 5.
  const double expected[] = {50, 25, 100 * 6.0 / 32};
  constexpr int kSeeds = 8;
  std::array<double, 3> errors{}, deviations{};
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SmallTraining setup = coin_tosses(0);
    setup.seed = seed;
    const auto columns = averaged(setup).tables.at("monte_carlo").columns;
    EXPECT_EQ(columns.at("k"), (std::vector<double>{1, 2, 5}));
    EXPECT_EQ(columns.at("weight_scaling"), std::vector<double>(3, 0.0));
    for (std::size_t i = 0; i < 3; ++i) {
      errors[i] += columns.at("error")[i] / kSeeds;
      deviations[i] += columns.at("deviation")[i] / kSeeds;
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(errors[i], expected[i], 1) << i;  // 64,000 tosses: five deviations of 0.2
    // Of 200 images: sqrt(p (1 - p) / 200).
    EXPECT_NEAR(deviations[i] / std::sqrt(expected[i] * (100 - expected[i]) / 200), 1, 0.15) << i;
  }
}

TEST(MonteCarlo, deviations_are_those_of_masks_drawn_anew) {
  // One of two masks: errors e and f, half of |e - f| apart from their mean, whose square is half of the variance of an error on average.
  constexpr int kSeeds = 64;
  double squares = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SmallTraining setup = coin_tosses(0);
    setup.seed = seed;
    setup.recipe.analysis_options.set("masks", std::int64_t{2});
    setup.recipe.analysis_options.set("sizes", std::vector<double>{1});
    squares += std::pow(averaged(setup).tables.at("monte_carlo").columns.at("deviation")[0], 2) / kSeeds;
  }
  EXPECT_NEAR(std::sqrt(squares), 100 * std::sqrt(0.25 / 200), 0.6);  // of 3.5; the subsets' own is 2.5
}

TEST(MonteCarlo, stands_for_more_nets_if_no_average_is_as_good_as_scaled_weights) {
  const Analysed record = averaged(coin_tosses(0));
  const auto& columns = record.tables.at("monte_carlo").columns;
  EXPECT_EQ(record.results.at("samples"), 5);
  EXPECT_EQ(record.results.at("samples_suffice"), 0);
  EXPECT_EQ(record.deviations.size(), 1u);
  EXPECT_EQ(record.results.at("monte_carlo_error"), columns.at("error")[2]);
  EXPECT_NEAR(record.results.at("gap_deviations"), columns.at("error")[2] / columns.at("deviation")[2], 1e-9);
}

TEST(MonteCarlo, the_spread_of_subsets_that_overlap_is_made_up_for) {
  SmallTraining setup = coin_tosses(0);
  setup.recipe.analysis_options.set("masks", std::int64_t{8});
  setup.recipe.analysis_options.set("sizes", std::vector<double>{7});
  const Analysed record = averaged(setup);
  // Seven masks are wrong if at most two of them kept the pixel. Which of eight is left out matters where three of them did, for 56 of 256
  // images, and then for 3 of 8 choices: sqrt(56/256 * 3/8 * 5/8 / 200) = 1.6 percent, divided by sqrt(1 - 7/8).
  EXPECT_NEAR(record.tables.at("monte_carlo").columns.at("deviation")[0], 1.6 / std::sqrt(1.0 / 8), 1.5);
}

TEST(MonteCarlo, says_how_few_nets_are_as_good_as_scaled_weights) {
  const Analysed record = averaged(coin_tosses(1));  // scaled weights are always wrong, a thinned net half of the time
  EXPECT_EQ(record.results.at("weight_scaling_error"), 100);
  EXPECT_EQ(record.results.at("samples"), 1);
  EXPECT_EQ(record.results.at("samples_suffice"), 1);
  EXPECT_TRUE(record.deviations.empty());
}

TEST(MonteCarlo, without_dropout_every_net_is_the_same) {
  SmallTraining setup = coin_tosses(0, 1);
  setup.recipe.batch = 64;  // and a last one of 8, whose labels are others
  std::fill_n(setup.test.labels.rbegin(), 8, 1);
  const Analysed record = averaged(setup);
  EXPECT_EQ(record.tables.at("monte_carlo").columns.at("error"), std::vector<double>(3, 4.0));
  EXPECT_EQ(record.tables.at("monte_carlo").columns.at("deviation"), std::vector<double>(3, 0.0));
  EXPECT_EQ(record.results.at("samples"), 1);
  EXPECT_EQ(record.results.at("gap_deviations"), 0);
}

TEST(MonteCarlo, needs_more_masks_than_it_averages) {
  SmallTraining setup = coin_tosses(0);
  setup.recipe.analysis_options.set("sizes", std::vector<double>{40});
  EXPECT_THROW(averaged(setup), InputError);
}

}  // namespace
}  // namespace reprise::tests
