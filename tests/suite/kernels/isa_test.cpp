// Both instruction sets compute the same bits, and the environment chooses between them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "suite/errors.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

using kernels::bf16;
using kernels::StorageKernels;
using kernels::VectorKernels;

constexpr std::int64_t kChannels = 19, kRows = 35, kCount = kChannels * kRows;  // of [5, 7, 19]

kernels::WindowGeometry windows() {
  return {5, 7, kChannels, 3, 4, 3, 3, 2, 1};
}

/// Everything the kernels of a table make of the same input, as doubles.
template <class T>
std::vector<Doubles> everything(const VectorKernels& table) {
  const StorageKernels<T>& k = table.of<T>();
  const auto x = stored<T>(random_numbers(1, kCount)), y = stored<T>(random_numbers(2, kCount));
  const auto p = stored<float>(random_numbers(3, kCount)), q = stored<float>(random_numbers(4, kCount));
  const std::vector<float> temperature(static_cast<std::size_t>(kChannels), 0.7f);
  std::vector<Doubles> results;
  std::vector<T> out(static_cast<std::size_t>(kCount));
  const auto keep = [&] { results.push_back(read_back(out.data(), kCount)); };
  k.logistic(x.data(), out.data(), kCount), keep();
  k.tanh(x.data(), out.data(), kCount), keep();
  k.gelu(x.data(), out.data(), kCount), keep();
  k.gelu_grad(x.data(), y.data(), out.data(), kCount), keep();
  k.logistic_grad(x.data(), y.data(), out.data(), kCount), keep();
  k.dropout(x.data(), out.data(), kCount, {{1, 2}, {0, 3, 4, 5}}, 40'000, 1.6f), keep();
  k.gaussian_noise(x.data(), out.data(), kCount, {{1, 2}, {0, 3, 4, 5}}, 0.5f), keep();
  k.affine(x.data(), kChannels, out.data(), kRows, kChannels, p.data(), q.data(), p.data(), true), keep();
  k.norm_grad(x.data(), y.data(), kChannels, out.data(), kRows, kChannels, p.data(), q.data(), q.data(), p.data()), keep();
  Doubles sum(static_cast<std::size_t>(kChannels)), square(sum.size()), tau(sum.size());
  k.sums(x.data(), kRows, kChannels, sum.data(), square.data());
  results.push_back(sum), results.push_back(square);
  k.grad_sums(x.data(), y.data(), kChannels, kRows, kChannels, p.data(), q.data(), sum.data(), square.data());
  results.push_back(sum), results.push_back(square);
  out = x, k.add_rows(out.data(), kChannels, y.data(), kRows - 2, kChannels - 3), keep();
  k.column_sum(x.data(), kRows, kChannels, 0.3f, out.data()), keep();
  std::vector<std::uint8_t> argmax(static_cast<std::size_t>(kCount));
  std::vector<float> maximum(static_cast<std::size_t>(kCount)), total(maximum), sums(maximum);
  k.max_pool(x.data(), windows(), out.data(), argmax.data()), keep();
  k.max_pool_grad(y.data(), argmax.data(), windows(), out.data(), sums.data()), keep();
  k.average_pool_grad(y.data(), windows(), out.data(), sums.data()), keep();
  k.log_avg_exp(x.data(), windows(), temperature.data(), true, out.data(), maximum.data(), total.data()), keep();
  k.log_avg_exp_grad(x.data(), y.data(), maximum.data(), total.data(), windows(), temperature.data(), true, out.data(), sums.data(),
                     tau.data()),
      keep();
  results.push_back(tau);
  results.push_back({k.softmax_cross_entropy(x.data(), kCount, 5, 0.1f, 0.25f, out.data(), nullptr)}), keep();
  const std::vector<float> even(static_cast<std::size_t>(kCount), 1.0f / static_cast<float>(kCount));
  results.push_back({k.soft_target_cross_entropy(x.data(), even.data(), kCount, 0.25f, out.data(), nullptr)}), keep();
  results.push_back({k.squared_error(x.data(), y.data(), kCount, 0.25f, out.data())}), keep();
  results.push_back({k.logistic_cross_entropy(x.data(), y.data(), kCount, 0.25f, out.data())}), keep();
  k.triangle(x.data(), out.data(), kRows, kChannels, 1.4f), keep();
  k.triangle_grad(out.data(), y.data(), out.data(), kRows, kChannels, 1.4f), keep();
  k.softmax(x.data(), out.data(), kRows, kChannels, 3), keep();
  k.softmax_grad(out.data(), y.data(), out.data(), kRows, kChannels, 3), keep();
  std::vector<float> rows(static_cast<std::size_t>(2 * kRows)), gamma(static_cast<std::size_t>(kChannels)), beta(gamma);
  k.layer_norm(x.data(), kRows, kChannels, p.data(), q.data(), 1e-5f, out.data(), rows.data()), keep();
  k.layer_norm_grad(x.data(), y.data(), kRows, kChannels, p.data(), rows.data(), out.data()), keep();
  k.layer_norm_parameter_grads(x.data(), y.data(), kRows, kChannels, rows.data(), gamma.data(), beta.data());
  results.push_back(read_back(gamma.data(), kChannels)), results.push_back(read_back(beta.data(), kChannels));
  std::vector<float> padded(static_cast<std::size_t>(kernels::response_scratch(kChannels)));
  for (const float exponent : {0.75f, 0.6f}) {
    const kernels::ResponseTerms terms{2, 1.5f, 0.3f, exponent};
    k.response_norm(x.data(), kRows, kChannels, terms, out.data(), padded.data()), keep();
    k.response_norm_grad(x.data(), y.data(), kRows, kChannels, terms, out.data(), padded.data()), keep();
  }
  std::fill(sum.begin(), sum.end(), 0.0);
  k.compete(x.data(), kRows, kChannels, {0.7f, true, true}, out.data(), sum.data(), sums.data()), keep();
  results.push_back(sum);
  auto change = q;
  results.push_back(
      {static_cast<double>(table.plastic_change(change.data(), p.data(), 0.3f, kCount)), table.square_sum(change.data(), kCount)});
  table.add_scaled(change.data(), p.data(), 0.2f, kCount);
  results.push_back(read_back(change.data(), kCount));
  auto w = p, first = q, second = stored<float>(Doubles(p.size(), 0.1));
  kernels::UpdateTerms terms;
  terms.rate = 0.1f, terms.momentum = 0.9f, terms.weight_decay = 1e-3f, terms.l1 = 1e-3f;
  table.sgd(w.data(), q.data(), first.data(), kCount, terms);
  table.adam(w.data(), q.data(), first.data(), second.data(), kCount, terms);
  table.max_norm(w.data(), 5, kCount / 5, 1.0f);
  results.push_back(read_back(w.data(), kCount));
  return results;
}

/// Every kernel of minimal filtering, with blocks of 12 rows, of 6 and what is left over.
template <class T>
std::vector<Doubles> filtering(const VectorKernels& table) {
  const kernels::WinogradKernels& k = table.winograd;
  const kernels::TileKernels<T>& t = table.of<T>().tiles;
  constexpr std::int64_t kTiles = 21, kIn = 19, kOut = 35, kInRow = 48, kOutRow = 48;
  const kernels::TilePlane data{.height = 12, .width = 28, .channels = kIn, .tiles_down = 3, .tiles_across = 7, .padding = 1};
  const kernels::TilePlane output{.height = 12, .width = 28, .channels = kOut, .tiles_down = 3, .tiles_across = 7};
  const kernels::TileRange from{0, kTiles, kTiles * kInRow, kInRow}, to{0, kTiles, kTiles * kOutRow, kOutRow};
  const auto x = stored<T>(random_numbers(1, 12 * 28 * kIn)), g = stored<T>(random_numbers(3, 12 * 28 * kOut));
  const auto w = stored<float>(random_numbers(2, kOut * kIn * 9));
  const auto points = [&](std::int64_t floats) { return std::vector<float>(static_cast<std::size_t>(data.points() * floats)); };
  std::vector<float> tiles = points(from.point), gradients = points(to.point), products = points(to.point), taps(w.size()),
                     grad_data(x.size());
  std::vector<T> y(g.size());
  kernels::FilterLayout layout{.outer = kOut, .depth = kIn, .outer_step = kIn * 9, .depth_step = 9, .point = 48 * kIn};
  std::vector<float> filters = points(layout.point), sums = points(kIn * kOutRow);
  t.data_tiles(x.data(), data, from, tiles.data());
  t.gradient_tiles(g.data(), output, to, gradients.data());
  k.filters(layout, w.data(), filters.data());
  for (int p = 0; p < data.points(); ++p) {
    table.panels.multiply({kTiles, kOut, kIn, kInRow, 1, 16 * kIn, 16, kOutRow, false}, tiles.data() + p * from.point,
                          filters.data() + p * layout.point, products.data() + p * to.point);
    table.panels.multiply({kIn, kOut, kTiles, 1, kInRow, 16, kOutRow, kOutRow, false}, tiles.data() + p * from.point,
                          gradients.data() + p * to.point, sums.data() + p * kIn * kOutRow);
  }
  t.output_tiles(products.data(), output, to, nullptr, y.data());
  k.add_data_tiles(tiles.data(), data, from, grad_data.data());
  layout.point = kIn * kOutRow;
  k.filter_gradients(sums.data(), layout, 0, kOutRow, taps.data());
  return {read_back(y.data(), static_cast<std::int64_t>(y.size())),
          read_back(grad_data.data(), static_cast<std::int64_t>(grad_data.size())),
          read_back(taps.data(), static_cast<std::int64_t>(taps.size()))};
}

/// Sums of capsules: of 16 values, of 8, of 8 that do not fill lanes, and of 5.
std::vector<Doubles> routing(const VectorKernels& table) {
  const kernels::CapsuleKernels& k = table.capsules;
  std::vector<Doubles> results;
  for (const kernels::CapsuleRows& shape :
       {kernels::CapsuleRows{7, 3, 16}, kernels::CapsuleRows{7, 6, 8}, kernels::CapsuleRows{7, 3, 8}, kernels::CapsuleRows{7, 3, 5}}) {
    const std::int64_t size = shape.capsules * shape.dimensions, pairs = shape.rows * shape.capsules;
    const auto votes = stored<float>(random_numbers(1, shape.rows * size)), coefficients = stored<float>(random_numbers(2, pairs));
    auto sum = stored<float>(random_numbers(3, size)), agreement = coefficients, scaled = votes;
    std::vector<float> products(static_cast<std::size_t>(shape.rows * shape.rows));
    k.weigh(shape, coefficients.data(), votes.data(), sum.data());
    k.agree(shape, votes.data(), sum.data(), true, agreement.data());
    k.scale(shape, coefficients.data(), shape.capsules, votes.data(), true, scaled.data());
    k.multiply_rows(votes.data(), shape.rows, scaled.data(), shape.rows, size, products.data(), shape.rows);
    for (const auto& values : {sum, agreement, scaled, products})
      results.push_back(read_back(values.data(), static_cast<std::int64_t>(values.size())));
  }
  return results;
}

/// Rows of attention: fewer tokens than lanes, two blocks of lanes and a rest, a row without a rest.
std::vector<Doubles> attention(const VectorKernels& table) {
  std::vector<Doubles> results;
  for (const kernels::ScoreRows& shape : {kernels::ScoreRows{5, 7, 16}, kernels::ScoreRows{5, 45, 48}, kernels::ScoreRows{5, 64, 64}}) {
    const std::int64_t count = shape.rows * shape.row;
    const auto scores = stored<float>(random_numbers(1, count)), dropped = stored<float>(random_numbers(2, count));
    auto probability = scores, again = scores, grad = stored<float>(random_numbers(3, count));
    std::vector<float> statistics(static_cast<std::size_t>(2 * shape.rows));
    table.attention.softmax(shape, 0.7f, probability.data(), statistics.data());
    table.attention.softmax_again(shape, 0.7f, statistics.data(), again.data());
    table.attention.softmax_grad(shape, 0.7f, probability.data(), dropped.data(), grad.data());
    for (const auto& values : {probability, again, statistics, grad})
      results.push_back(read_back(values.data(), static_cast<std::int64_t>(values.size())));
  }
  return results;
}

TEST(InstructionSets, probabilities_come_again_to_the_same_bits) {
  for (const VectorKernels* table : isa_tables()) {
    const auto results = attention(*table);
    for (std::size_t i = 0; i < results.size(); i += 4) EXPECT_EQ(results[i], results[i + 1]);
  }
}

TEST(InstructionSets, avx2_and_avx512_give_the_same_bits) {
  const auto tables = isa_tables();
  if (tables.size() < 2) GTEST_SKIP() << "this processor has no AVX-512";
  EXPECT_EQ(everything<float>(*tables[0]), everything<float>(*tables[1]));
  EXPECT_EQ(everything<bf16>(*tables[0]), everything<bf16>(*tables[1]));
  EXPECT_EQ(routing(*tables[0]), routing(*tables[1]));
  EXPECT_EQ(attention(*tables[0]), attention(*tables[1]));
  EXPECT_EQ(filtering<float>(*tables[0]), filtering<float>(*tables[1]));
  EXPECT_EQ(filtering<bf16>(*tables[0]), filtering<bf16>(*tables[1]));
}

TEST(InstructionSets, results_do_not_depend_on_alignment_or_aliasing) {
  for (const VectorKernels* table : isa_tables()) {
    const auto input = stored<float>(random_numbers(1, 200));
    std::vector<float> apart(200), together(201);
    table->f32.tanh(input.data(), apart.data(), 200);
    std::copy(input.begin(), input.end(), together.begin() + 1);
    table->f32.tanh(together.data() + 1, together.data() + 1, 200);
    EXPECT_TRUE(std::equal(apart.begin(), apart.end(), together.begin() + 1));
  }
}

/// Runs in a child process, because the table is chosen once.
void exit_with_isa(const char* pinned) {
  if (pinned != nullptr)
    setenv("REPRISE_ISA", pinned, 1);
  else
    unsetenv("REPRISE_ISA");
  try {
    std::fputs(kernels::vector_kernels().isa, stderr);
  } catch (const InputError& error) {
    std::fputs(error.what(), stderr);
    std::exit(2);
  }
  std::exit(0);
}

TEST(InstructionSetsDeathTest, the_environment_pins_the_table) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(exit_with_isa("avx2"), testing::ExitedWithCode(0), "^avx2$");
  EXPECT_EXIT(exit_with_isa(nullptr), testing::ExitedWithCode(0), isa_tables().back()->isa);
  EXPECT_EXIT(exit_with_isa("sse9"), testing::ExitedWithCode(2), "REPRISE_ISA: expected avx2 or avx512, found 'sse9'");
}

}  // namespace
}  // namespace reprise::tests
