#include "suite/layers/weight_clusters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/errors.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

using layers::weight_clusters;
using layers::WeightClusters;
using Floats = std::vector<float>;
using Places = std::vector<std::int32_t>;

/// What the header says of weights other than 0, a weight at a time in double.
struct Exact {
  Doubles means;
  Places cluster;
};

Exact exact(const Doubles& weights, std::size_t values) {
  const auto [least, most] = std::minmax_element(weights.begin(), weights.end());
  Exact found{{}, Places(weights.size(), -1)};
  for (std::size_t j = 0; j < values; ++j)
    found.means.push_back(*least + (*most - *least) * static_cast<double>(j) / static_cast<double>(values - 1));
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      std::size_t nearest = 0;
      for (std::size_t j = 1; j < values; ++j)
        if (std::fabs(weights[i] - found.means[j]) < std::fabs(weights[i] - found.means[nearest])) nearest = j;
      moved = moved || found.cluster[i] != static_cast<std::int32_t>(nearest);
      found.cluster[i] = static_cast<std::int32_t>(nearest);
    }
    for (std::size_t j = 0; j < values; ++j) {
      double sum = 0, count = 0;
      for (std::size_t i = 0; i < weights.size(); ++i)
        if (found.cluster[i] == static_cast<std::int32_t>(j)) sum += weights[i], ++count;
      if (count > 0) found.means[j] = sum / count;
    }
  }
  return found;
}

TEST(WeightClusters, are_those_of_k_means_in_double) {
  for (const std::size_t values : {2u, 3u, 16u, 100u}) {
    Doubles numbers = random_numbers(values, 5000);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(numbers[i] * numbers[i] * (i % 3 == 0 ? -1 : 1));
    const Exact expected = exact(numbers, values);
    const WeightClusters found = weight_clusters(Floats(numbers.begin(), numbers.end()), static_cast<std::int64_t>(values));
    EXPECT_EQ(found.cluster, expected.cluster) << values;
    // Sums in double differ by less than what storing the mean as a float rounds.
    EXPECT_NEAR_ARRAY(Doubles(found.codebook.begin(), found.codebook.end()), expected.means, 2, kRoundoffF32);
  }
}

TEST(WeightClusters, begin_evenly_spaced_and_move_until_nothing_changes) {
  // 0.5, 4.5 and 8.5 begin; each has one weight or two, whose means are as near to them as before.
  const WeightClusters found = weight_clusters(Floats{1, 3, 8, 0.5f, 8.5f}, 3);
  EXPECT_EQ(found.codebook, (Floats{0.75f, 3, 8.25f}));
  EXPECT_EQ(found.cluster, (Places{0, 1, 2, 0, 2}));
}

TEST(WeightClusters, of_two_equally_near_values_a_weight_takes_the_smaller) {
  const WeightClusters found = weight_clusters(Floats{-1, 3, 1}, 2);  // 1 is as far from -1 as from 3
  EXPECT_EQ(found.codebook, (Floats{0, 3}));
  EXPECT_EQ(found.cluster, (Places{0, 1, 0}));
}

TEST(WeightClusters, pruned_weights_have_a_value_of_their_own) {
  const WeightClusters found = weight_clusters(Floats{0, -2, 0, 4, -4, 0.001f}, 3);
  EXPECT_EQ(found.codebook[0], 0);
  EXPECT_EQ(found.cluster, (Places{0, 1, 0, 2, 1, 2})) << "-4 and 4 begin; 0.001 is nearer to 4";
  EXPECT_EQ(found.codebook[1], -3);
  EXPECT_FLOAT_EQ(found.codebook[2], 4.001f / 2);
  const WeightClusters none = weight_clusters(Floats{0, 0}, 2);
  EXPECT_EQ(none.codebook, (Floats{0, 0}));
  EXPECT_EQ(none.cluster, (Places{0, 0}));
}

TEST(WeightClusters, more_values_than_weights_leave_some_without_any) {
  const WeightClusters found = weight_clusters(Floats{1, 5}, 5);
  EXPECT_EQ(found.codebook, (Floats{1, 2, 3, 4, 5})) << "where they began";
  EXPECT_EQ(found.cluster, (Places{0, 4}));
  EXPECT_EQ(weight_clusters(Floats{2, 2}, 2).cluster, (Places{0, 0}));
}

TEST(WeightClusters, refuse_a_single_value_and_what_is_no_number) {
  EXPECT_THROW(weight_clusters(Floats{1, 2}, 1), InputError);
  EXPECT_THROW(weight_clusters(Floats{1, std::numeric_limits<float>::quiet_NaN()}, 2), InputError);
}

}  // namespace
}  // namespace reprise::tests
