#include "suite/ranks/gradient_exchange.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

#include "mpi_main.hpp"
#include "suite/errors.hpp"
#include "suite/parallel/tree_reduction.hpp"
#include "suite/random/random.hpp"

namespace reprise::ranks {
namespace {

void add(const float* left, const float* right, float* output, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) output[i] = left[i] + right[i];
}

std::vector<float> leaf_values(int leaf, std::int64_t count) {
  random::Generator generator({7, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(leaf)});
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = generator.next_normal();
  return values;
}

/// Sums of the largest subtrees of a range of leaves, on this thread, in buffers of the pool.
std::vector<std::byte*> sums_over(Range range, int leaves, std::int64_t count, parallel::BufferPool& pool) {
  parallel::TreeReduction reduction(
      static_cast<int>(range.first), static_cast<int>(range.last), leaves, pool, [&](std::byte* left, const std::byte* right) {
        add(reinterpret_cast<float*>(left), reinterpret_cast<const float*>(right), reinterpret_cast<float*>(left), count);
      });
  for (auto leaf = static_cast<int>(range.first); leaf < range.last; ++leaf) {
    std::byte* buffer = pool.take();
    const auto values = leaf_values(leaf, count);
    std::memcpy(buffer, values.data(), values.size() * sizeof(float));
    reduction.deposit(leaf, buffer);
  }
  return reduction.sums();
}

std::vector<float> sum_on_one(int leaves, std::int64_t count) {
  parallel::BufferPool pool(static_cast<std::size_t>(count) * sizeof(float));
  const float* sum = reinterpret_cast<const float*>(sums_over({0, leaves}, leaves, count, pool).front());
  return {sum, sum + count};
}

std::vector<float> exchanged(Team& team, int leaves, std::int64_t count) {
  GradientExchange exchange(team, leaves + 3, count, 1 + 3 * (team.local_rank() % 2),
                            add);  // unlike numbers of threads, as on unlike sockets
  Memory shared = team.memory(static_cast<std::size_t>(count) * sizeof(float));
  const auto take = [&](std::int64_t first, std::int64_t n, const float* left, const float* right) {
    if (right != nullptr)
      add(left, right, shared.floats() + first, n);
    else
      std::memcpy(shared.floats() + first, left, static_cast<std::size_t>(n) * sizeof(float));
  };
  exchange.put(leaves, sums_over(team.share(leaves), leaves, count, exchange.pool()));
  const bool starts = exchange.combine(take);
  EXPECT_EQ(starts, team.nodes() > 1);
  exchange.poll();
  GradientExchange* const started[] = {&exchange};
  GradientExchange::finish(std::span(started, starts ? 1 : 0),
                           [&](std::size_t, std::int64_t first, std::int64_t n, const float* sum) { take(first, n, sum, nullptr); });
  team.synchronise("test");
  return {shared.floats(), shared.floats() + count};
}

/// Teams of the first `size` ranks; the other ranks wait in a team of their own.
std::unique_ptr<Team> first_ranks(int size, int ranks_per_node) {
  ::setenv("REPRISE_RANKS_PER_NODE", std::to_string(ranks_per_node).c_str(), 1);
  return session().team(session().rank() < size ? 0 : 1);
}

TEST(GradientExchange, sum_on_any_ranks_and_nodes_has_the_bits_of_the_sum_on_one) {
  for (int size = 1; size <= session().size(); ++size) {
    for (const int per_node : {0, 1, 2, 3}) {
      const auto team = first_ranks(size, per_node);
      if (session().rank() >= size) continue;
      for (const int leaves : {1, 2, 3, 5, 8, 13, 16}) {
        for (const std::int64_t count : {1, 17, 1000, 20000})
          ASSERT_EQ(exchanged(*team, leaves, count), sum_on_one(leaves, count))
              << size << " ranks, " << per_node << " a node, " << leaves << " leaves, " << count << " floats";
      }
    }
  }
}

TEST(Team, gather_brings_every_nodes_items_to_all) {
  for (const int per_node : {0, 1, 2}) {
    const auto team = first_ranks(session().size(), per_node);
    for (const std::int64_t count : {1, 4, 11}) {
      Memory shared = team->memory(static_cast<std::size_t>(count) * sizeof(std::int64_t));
      auto* items = reinterpret_cast<std::int64_t*>(shared.data());
      for (std::int64_t i = team->share(count).first; i < team->share(count).last; ++i) items[i] = 100 + i;
      team->gather(shared.data(), sizeof(std::int64_t), count, "test");
      for (std::int64_t i = 0; i < count; ++i) ASSERT_EQ(items[i], 100 + i);
      team->synchronise("test");
    }
  }
}

TEST(Team, an_error_of_the_root_is_everybodys_with_its_kind) {
  const auto team = first_ranks(session().size(), 0);
  int runs = 0;
  EXPECT_THROW(team->on_root([&] { ++runs, throw InputError("bad"); }, "test"), InputError);
  EXPECT_THROW(team->on_root([&] { throw RunError("worse"); }, "test"), RunError);
  EXPECT_NO_THROW(team->on_root([&] { ++runs; }, "test"));
  EXPECT_EQ(runs, team->is_root() ? 2 : 0);
}

TEST(Team, a_late_rank_is_named_by_those_who_wait) {
  const auto team = first_ranks(session().size(), 0);
  if (team->size() < 2) GTEST_SKIP() << "one rank waits for nobody";
  team->set_watchdog(2);
  if (team->rank() == team->size() - 1) {
    struct timespec second {
      .tv_sec = 4, .tv_nsec = 0
    };
    nanosleep(&second, nullptr);
    EXPECT_NO_THROW(team->synchronise("test"));  // the others have long been here
  } else {
    try {
      team->synchronise("a test of patience");
      FAIL() << "nobody was missed";
    } catch (const RunError& error) {
      EXPECT_NE(std::string(error.what()).find("missing: " + team->name_of(team->size() - 1)), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("a test of patience"), std::string::npos) << error.what();
    }
  }
}

TEST(Session, counter_gives_each_number_once) {
  session().start_counter();
  std::vector<std::int64_t> mine;
  for (int i = 0; i < 20; ++i) mine.push_back(session().take_from_counter());
  session().stop_counter();
  std::string text;
  for (const std::int64_t number : mine) text += std::to_string(number) + " ";
  std::vector<bool> seen(static_cast<std::size_t>(20 * session().size()), false);
  for (const std::string& theirs : session().gather(text))
    for (std::size_t at = 0; at < theirs.size(); at = theirs.find(' ', at) + 1) {
      const auto number = static_cast<std::size_t>(std::stoll(theirs.substr(at)));
      ASSERT_LT(number, seen.size());
      ASSERT_FALSE(seen[number]) << number;
      seen[number] = true;
    }
}

}  // namespace
}  // namespace reprise::ranks
