#include "suite/records/divergence.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace reprise::records {
namespace {

RunRecord record() {
  RunRecord record;
  record.epochs = {1, 2};
  record.metrics["test_error"] = {"percent", {50, 40}};
  record.weight_digests = {"aa", "bb"};
  record.trace = {.optimizer = {"o1", "o2"},
                  .layer_names = {"conv", "dense"},
                  .layers = {"c1 d1", "c2 d2"},
                  .steps = {5, 10, 15, 20},
                  .loss_digests = {"l1", "l2", "l3", "l4"}};
  return record;
}

TEST(Divergence, of_a_run_and_a_part_of_it_is_none) {
  RunRecord part = record();
  part.epochs.pop_back();
  part.weight_digests.pop_back();
  part.metrics["test_error"].values.pop_back();
  part.trace.steps.resize(3);
  const Divergence found = find_divergence(record(), part, 0);
  EXPECT_FALSE(found.differs);
  EXPECT_EQ(found.rows, 1);
  EXPECT_EQ(found.steps, 15);
  EXPECT_EQ(divergence_text(found), "identical: 1 rows of the history (weights, optimizer state, metrics) and the losses of steps 1 to 15");
}

TEST(Divergence, names_epoch_step_and_layer_of_the_first_difference) {
  RunRecord other = record();
  other.weight_digests[1] = "xx";
  other.trace.layers[1] = "c2 dx";
  other.trace.loss_digests[2] = other.trace.loss_digests[3] = "xx";
  const Divergence found = find_divergence(record(), other, 0);
  EXPECT_EQ(divergence_text(found),
            "differs: weights, first after epoch 2, first layer dense; losses first differ between steps 11 and 15");
}

TEST(Divergence, sees_optimizer_state_metrics_and_losses_by_themselves) {
  RunRecord other = record();
  other.trace.optimizer[0] = "xx";
  EXPECT_EQ(find_divergence(record(), other, 0).what, "optimizer state");
  other = record();
  other.metrics["test_error"].values[1] = 40.000001;
  EXPECT_EQ(find_divergence(record(), other, 0).what, "metric test_error");
  other = record();
  other.trace.loss_digests[3] = "xx";
  EXPECT_EQ(find_divergence(record(), other, 0).what, "losses");
}

TEST(Divergence, compares_metrics_bit_by_bit) {
  RunRecord zero = record(), minus = record();
  zero.metrics["test_error"].values[1] = 0.0;
  minus.metrics["test_error"].values[1] = -0.0;
  EXPECT_EQ(find_divergence(zero, minus, 0).what, "metric test_error");
  zero.metrics["test_error"].values[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(find_divergence(zero, zero, 0).differs);
}

TEST(Divergence, leaves_out_rows_before_the_wanted_epoch) {
  RunRecord other = record();
  other.weight_digests[0] = "xx";
  EXPECT_TRUE(find_divergence(record(), other, 0).differs);
  EXPECT_FALSE(find_divergence(record(), other, 1.5).differs);
}

}  // namespace
}  // namespace reprise::records
