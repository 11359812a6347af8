// Every row of the catalog keeps its declarations.

#include "suite/layers/catalog.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

TEST(LayerCatalog, names_are_kinds_and_unique) {
  std::set<std::string_view> names;
  for (const auto& row : layers::catalog()) {
    EXPECT_EQ(row.example()->kind(), row.name);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  EXPECT_THROW(layers::catalog_entry("conv3d"), InputError);
}

TEST(LayerCatalog, facts_have_unique_names_and_make_up_the_summary) {
  for (const auto& row : layers::catalog()) {
    const auto layer = row.example();
    std::set<std::string> names;
    std::string summary(row.name);
    for (const layers::Fact& fact : layer->facts()) {
      EXPECT_TRUE(!fact.name.empty() && names.insert(fact.name).second) << row.name << ": " << fact.name;
      summary += fact.words;
    }
    EXPECT_EQ(layer->summary(), summary);
  }
}

TEST(LayerCatalog, what_a_summary_leaves_out_is_still_a_fact) {
  const auto layer = layers::catalog_entry("conv2d").example();
  EXPECT_EQ(layer->summary(), "conv2d 3x3, 5, pad 1");
  std::map<std::string, std::int64_t> counts;
  for (const layers::Fact& fact : layer->facts())
    if (const auto* count = std::get_if<std::int64_t>(&fact.value)) counts[fact.name] = *count;
  EXPECT_EQ(counts,
            (std::map<std::string, std::int64_t>{{"filter_size", 3}, {"filters", 5}, {"stride", 1}, {"padding", 1}, {"groups", 1}}));
}

/// The example of a row over two shards, the second half padding.
LayerCase example(const layers::CatalogEntry& row, Precision precision) {
  LayerCase c;
  c.layer = row.example();
  c.inputs = row.inputs;
  c.samples = 4, c.shards = 2, c.count = 6;
  c.precision = precision;
  return c;
}

TEST(LayerCatalog, two_runs_give_the_same_bits_and_write_every_value) {
  for (const auto& row : layers::catalog())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = example(row, precision);
      const LayerValues values = random_values(c, 1);
      const Doubles grad = random_grad_output(c, 2);
      const LayerResult first = run_layer(c, values, grad), second = run_layer(c, values, grad);
      EXPECT_EQ(first.output, second.output) << row.name;
      EXPECT_EQ(first.grad_inputs, second.grad_inputs) << row.name;
      EXPECT_EQ(first.grad_parameters, second.grad_parameters) << row.name;
      for (const Doubles& g : first.grad_inputs) EXPECT_LT(largest_magnitude(g), 1e6) << row.name << ": a gradient was not overwritten";
    }
}

TEST(LayerCatalog, in_place_equals_out_of_place_where_it_is_declared) {
  for (const auto& row : layers::catalog())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      LayerCase c = example(row, precision);
      const LayerValues values = random_values(c, 1);
      const Doubles grad = random_grad_output(c, 2);
      const LayerResult apart = run_layer(c, values, grad);
      c.in_place = true;
      const LayerResult together = run_layer(c, values, grad);
      EXPECT_EQ(together.output, apart.output) << row.name;
      EXPECT_EQ(together.grad_inputs, apart.grad_inputs) << row.name;
    }
}

TEST(LayerCatalog, inference_saves_nothing) {
  for (const auto& row : layers::catalog())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      LayerCase c = example(row, precision);
      c.mode = layers::Mode::infer;
      const LayerValues values = random_values(c, 1);
      const Doubles with_saved = run_layer(c, values, random_grad_output(c, 2)).output;
      EXPECT_EQ(run_layer(c, values).output, with_saved) << row.name;
    }
}

TEST(LayerCatalog, padded_samples_leave_the_others_and_the_parameters_alone) {
  for (const auto& row : layers::catalog()) {
    LayerCase padded = example(row, Precision::f32), exact = padded;
    exact.samples = 3;
    LayerValues values = random_values(padded, 1);
    Doubles grad = random_grad_output(padded, 2);
    const LayerResult with = run_layer(padded, values, grad);
    for (std::size_t i = 0; i < values.inputs.size(); ++i) values.inputs[i].resize(static_cast<std::size_t>(6 * padded.inputs[i].size()));
    grad.resize(static_cast<std::size_t>(6 * padded.output().size()));
    const LayerResult without = run_layer(exact, values, grad);
    Doubles output = with.output;
    output.resize(without.output.size());
    EXPECT_NEAR_ARRAY(output, without.output, sum_of(64), kRoundoffF32);
    for (std::size_t i = 0; i < without.grad_inputs.size(); ++i) {
      Doubles real = with.grad_inputs[i];
      real.resize(without.grad_inputs[i].size());
      EXPECT_NEAR_ARRAY(real, without.grad_inputs[i], sum_of(64), kRoundoffF32);
      for (std::size_t j = real.size(); j < with.grad_inputs[i].size(); ++j) EXPECT_EQ(with.grad_inputs[i][j], 0) << row.name;
    }
    for (std::size_t p = 0; p < without.grad_parameters.size(); ++p)
      EXPECT_NEAR_ARRAY(with.grad_parameters[p], without.grad_parameters[p], sum_of(400), kRoundoffF32);
  }
}

}  // namespace
}  // namespace reprise::tests
