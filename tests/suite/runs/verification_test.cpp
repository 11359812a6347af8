// A run that is executed again: identical as it is, different once any digest of its file was changed.

#include "suite/runs/verification.hpp"

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/records/result_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::runs {
namespace {

class Verification : public testing::Test {
 protected:
  /// A run of two epochs, three steps each; its file.
  static const std::filesystem::path& file() {
    static const tests::TemporaryFolder folder;
    static const std::filesystem::path path = [] {
      const auto recipe = catalog::resolve(
          "dropout", "table2-standard", "smoke",
          {{"dataset", "synthetic-gray28"}, {"train_images", "40"}, {"test_images", "20"}, {"batch", "16"}, {"epochs", "2"}});
      RunOptions options;
      options.data = folder.path();
      options.out = folder.path() / "out";
      options.threads = 2;
      return run_trial(recipe, 3, options).file;
    }();
    return path;
  }
  static records::Divergence verified(const records::RunRecord& record, VerificationPart part = {}) {
    const tests::TemporaryFolder folder;
    records::write_result(record, folder.path() / "run.h5");
    RunOptions options;
    options.data = folder.path();
    options.threads = 1;
    return verify_run(records::read_result(folder.path() / "run.h5"), part, options);
  }
  /// The same digest but for one digit.
  static std::string changed(std::string digest) {
    digest.back() = digest.back() == '0' ? '1' : '0';
    return digest;
  }
  const records::RunRecord whole = records::read_result(file());
};

TEST_F(Verification, finds_nothing_in_a_file_as_it_was_written) {
  const records::Divergence divergence = verified(whole);
  EXPECT_FALSE(divergence.differs) << records::divergence_text(divergence);
  EXPECT_EQ(divergence.rows, 2);
  EXPECT_EQ(divergence.steps, 6);
}

TEST_F(Verification, fails_on_one_changed_digest_of_the_weights_and_says_where) {
  records::RunRecord record = whole;
  record.weight_digests.at(1) = changed(record.weight_digests.at(1));
  const records::Divergence divergence = verified(record);
  EXPECT_TRUE(divergence.differs);
  EXPECT_EQ(divergence.what, "weights");
  EXPECT_EQ(divergence.epoch, 2);
  EXPECT_EQ(divergence.by_step, -1);
}

TEST_F(Verification, fails_on_one_changed_digest_of_the_losses) {
  records::RunRecord record = whole;
  record.trace.loss_digests.at(3) = changed(record.trace.loss_digests.at(3));
  const records::Divergence divergence = verified(record);
  EXPECT_TRUE(divergence.differs);
  EXPECT_EQ(divergence.what, "losses");
  EXPECT_EQ(divergence.after_step, 3);
  EXPECT_EQ(divergence.by_step, 4);
}

TEST_F(Verification, fails_on_one_changed_digest_of_the_optimizer) {
  records::RunRecord record = whole;
  record.trace.optimizer.at(0) = changed(record.trace.optimizer.at(0));
  EXPECT_EQ(verified(record).what, "optimizer state");
  EXPECT_FALSE(verified(record, {.from_epoch = 1.5}).differs);  // the row is left out
}

TEST_F(Verification, fails_on_a_changed_metric) {
  records::RunRecord record = whole;
  record.metrics.at("test_error").values.at(1) += 5;
  EXPECT_EQ(verified(record).what, "metric test_error");
}

TEST_F(Verification, names_the_first_layer_whose_weights_differ) {
  records::RunRecord record = whole;
  record.weight_digests.at(0) = changed(record.weight_digests.at(0));
  record.trace.layers.at(0) = changed(record.trace.layers.at(0));
  const records::Divergence divergence = verified(record);
  EXPECT_EQ(divergence.layer, record.trace.layer_names.back());
  EXPECT_EQ(divergence.epoch, 1);
}

TEST_F(Verification, stops_after_the_steps_that_were_asked_for) {
  const records::Divergence divergence = verified(whole, {.steps = 2});
  EXPECT_FALSE(divergence.differs);
  EXPECT_GE(divergence.steps, 2);
  EXPECT_EQ(divergence.rows, 0);
}

TEST_F(Verification, refuses_other_data_another_seed_and_other_instructions) {
  records::RunRecord record = whole;
  record.provenance.at("data_digest") = "0";
  EXPECT_THROW(verified(record), InputError);
  record = whole;
  record.seed = 4;
  EXPECT_THROW(verified(record), InputError);
  record = whole;
  record.provenance.at("isa_vector_kernels") = "none";
  EXPECT_THROW(verified(record), InputError);
}

}  // namespace
}  // namespace reprise::runs
