#include "suite/parallel/tree_reduction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "suite/parallel/workers.hpp"
#include "suite/random/random.hpp"

namespace reprise::parallel {
namespace {

constexpr int kFloats = 1000;

void add(std::byte* left, const std::byte* right) {
  for (int i = 0; i < kFloats; ++i) reinterpret_cast<float*>(left)[i] += reinterpret_cast<const float*>(right)[i];
}

std::vector<float> leaf_values(int leaf) {
  random::Generator generator({7, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(leaf)});
  std::vector<float> values(kFloats);
  for (float& value : values) value = generator.next_normal();
  return values;
}

std::vector<float> reduce(int leaves, const std::vector<int>& order, int threads) {
  BufferPool pool(kFloats * sizeof(float));
  TreeReduction reduction(leaves, pool, add);
  Workers workers(threads);
  workers.for_each(leaves, [&](std::int64_t i, int) {
    const int leaf = order[static_cast<std::size_t>(i)];
    std::byte* buffer = pool.take();
    const auto values = leaf_values(leaf);
    std::copy(values.begin(), values.end(), reinterpret_cast<float*>(buffer));
    reduction.deposit(leaf, buffer);
  });
  const float* root = reinterpret_cast<const float*>(reduction.root());
  return {root, root + kFloats};
}

TEST(TreeReduction, bits_do_not_depend_on_order_or_threads) {
  std::mt19937 shuffler(1);
  for (const int leaves : {1, 2, 3, 5, 8, 13, 16, 31}) {
    std::vector<int> order(static_cast<std::size_t>(leaves));
    for (int i = 0; i < leaves; ++i) order[static_cast<std::size_t>(i)] = i;
    const auto expected = reduce(leaves, order, 1);
    for (int round = 0; round < 5; ++round) {
      std::shuffle(order.begin(), order.end(), shuffler);
      EXPECT_EQ(expected, reduce(leaves, order, 1 + round % 3)) << leaves << " leaves";
    }
  }
}

TEST(TreeReduction, three_leaves_add_as_left_pair_then_third) {
  const auto sum = reduce(3, {0, 1, 2}, 1);
  const auto a = leaf_values(0), b = leaf_values(1), c = leaf_values(2);
  for (std::size_t i = 0; i < sum.size(); ++i) ASSERT_EQ(sum[i], (a[i] + b[i]) + c[i]);
}

TEST(TreeReduction, serial_rows_use_the_same_tree) {
  for (const int leaves : {1, 2, 3, 6, 7, 16}) {
    std::vector<double> rows;
    std::vector<int> order;
    for (int leaf = 0; leaf < leaves; ++leaf) {
      order.push_back(leaf);
      for (const float value : leaf_values(leaf)) rows.push_back(value);
    }
    tree_sum_rows(rows.data(), leaves, kFloats);
    // In double these sums are exact up to 1e-15; float32 reduction along the same tree differs by its own roundings only.
    const auto floats = reduce(leaves, order, 1);
    for (int i = 0; i < kFloats; ++i) ASSERT_NEAR(rows[static_cast<std::size_t>(i)], floats[static_cast<std::size_t>(i)], 1e-5);
  }
}

}  // namespace
}  // namespace reprise::parallel
