#include "suite/records/result_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <thread>

#include "suite/errors.hpp"
#include "suite/records/hdf5_writer.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_schema.hpp"
#include "suite/records/seal.hpp"
#include "tests/records/sample_record.hpp"

namespace reprise::records::testing {
namespace {

using ::testing::Test;

/// Everything below has the file "r.h5" of sample_record() and its bytes.
class ResultFile : public Test {
 protected:
  ResultFile() : record_(sample_record()), path_(folder_ / "r.h5") {
    write_result(record_, path_);
    bytes_ = read_bytes(path_);
  }
  /// Message of the InputError on reading a file of these bytes.
  std::string refusal(const std::string& bytes) {
    write_bytes(path_, bytes);
    return message_of<InputError>([&] { read_result(path_); });
  }
  /// The same for a sealed file with what `fill` puts into it: what a wrong writer would make.
  std::string refusal_of(const std::function<void(hdf5::Writer&)>& fill) {
    hdf5::Writer file;
    fill(file);
    const auto image = file.image();
    const std::string content(reinterpret_cast<const char*>(image.data()), image.size());
    return refusal(content + seal_of(image));
  }

  TemporaryFolder folder_;
  RunRecord record_;
  std::filesystem::path path_;
  std::string bytes_;
};

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(ResultFile, is_stored_without_the_parts_that_cannot_be) {
  record_.images["four"] = {
      .title = "four channels", .captions = {}, .count = 1, .height = 1, .width = 1, .channels = 4, .pixels = {1, 2, 3, 4}};
  record_.tables["a/b"] = {};
  record_.weights["torn"] = {{3}, {1, 2}};
  record_.results["bad\xff"] = 1;
  EXPECT_THROW(write_result(record_, path_), RunError);
  const std::vector<Fault> dropped = drop_faulty_parts(record_);
  ASSERT_EQ(dropped.size(), 4u);
  EXPECT_EQ(dropped[2].object, "/images/four");
  EXPECT_EQ(dropped[2].found, "4");
  EXPECT_EQ(record_digest(record_, Part::everything), record_digest(sample_record(), Part::everything));
  EXPECT_NO_THROW(write_result(record_, path_));
  record_.paper = "\xff";
  EXPECT_TRUE(drop_faulty_parts(record_).empty());
  EXPECT_TRUE(find_fault(record_)) << "what is no part stays a fault";
}

TEST_F(ResultFile, nobody_may_write_it) {
  const auto writable = std::filesystem::perms::owner_write | std::filesystem::perms::group_write | std::filesystem::perms::others_write;
  EXPECT_EQ(std::filesystem::status(path_).permissions() & writable, std::filesystem::perms::none);
  EXPECT_NO_THROW(write_result(record_, path_)) << "but it can be replaced";
}

TEST_F(ResultFile, whose_seal_was_lost_is_sealed_again_to_the_same_bytes) {
  const std::size_t seal = bytes_.rfind("reprise seal");
  expect_contains(refusal(bytes_.substr(0, seal)), "`reprise seal " + path_.string() + "`");
  check_without_seal(path_);
  seal_again(path_);
  EXPECT_EQ(read_bytes(path_), bytes_);
  EXPECT_NO_THROW(read_result(path_));
}

TEST_F(ResultFile, whose_seal_no_longer_fits_is_sealed_again) {
  std::string other = bytes_;
  other[bytes_.rfind("sha256 ") + 7] ^= 1;  // of the seal
  expect_contains(refusal(other), "`reprise seal ");
  check_without_seal(path_);
  seal_again(path_);
  EXPECT_EQ(read_bytes(path_), bytes_);
}

TEST_F(ResultFile, whose_content_was_changed_is_not_sealed) {
  std::string other = bytes_.substr(0, bytes_.rfind("reprise seal"));
  const std::size_t recipe = other.find("gr\xc3\xb6\xc3\x9f");
  ASSERT_NE(recipe, std::string::npos);
  other[recipe] = 'k';
  write_bytes(path_, other);
  expect_contains(message_of<InputError>([&] { check_without_seal(path_); }), "content_sha256");
  write_bytes(path_, other.substr(0, other.size() / 2));
  EXPECT_NE(message_of<InputError>([&] { check_without_seal(path_); }), "nothing was thrown");
  write_bytes(path_, "no HDF5");
  expect_contains(message_of<InputError>([&] { check_without_seal(path_); }), "HDF5 signature");
}

TEST_F(ResultFile, reading_gives_back_every_field) {
  const RunRecord back = read_result(path_);
  EXPECT_EQ(back.paper, record_.paper);
  EXPECT_EQ(back.trial, record_.trial);
  EXPECT_EQ(back.scale, record_.scale);
  EXPECT_EQ(back.run_id, record_.run_id);
  EXPECT_EQ(back.seed, record_.seed);
  EXPECT_EQ(back.status, record_.status);
  EXPECT_EQ(back.recipe_toml, record_.recipe_toml);
  EXPECT_EQ(back.provenance, record_.provenance);
  EXPECT_EQ(back.deviations, record_.deviations);
  EXPECT_EQ(back.epochs, record_.epochs);
  EXPECT_EQ(back.metrics.at("train_loss").unit, "nats");
  EXPECT_EQ(back.metrics.at("train_loss").values, record_.metrics.at("train_loss").values);
  EXPECT_TRUE(std::signbit(back.metrics.at("train_loss").values[2]));
  EXPECT_TRUE(std::isnan(back.metrics.at("test_error").values[1]));
  EXPECT_EQ(back.timing.at("epoch_seconds").values, record_.timing.at("epoch_seconds").values);
  EXPECT_EQ(back.weight_digests, record_.weight_digests);
  EXPECT_EQ(back.test_labels, record_.test_labels);
  EXPECT_EQ(back.test_predictions, record_.test_predictions);
  EXPECT_EQ(back.results, record_.results);
  ASSERT_EQ(back.evaluations.size(), 2u);
  EXPECT_EQ(back.evaluations.at("dense").results, record_.evaluations.at("dense").results);
  EXPECT_EQ(back.evaluations.at("dense").predictions, record_.evaluations.at("dense").predictions);
  EXPECT_EQ(back.evaluations.at("dense").scores_are, "probabilities");
  EXPECT_EQ(back.evaluations.at("dense").classes, 3);
  EXPECT_EQ(back.evaluations.at("dense").scores, record_.evaluations.at("dense").scores);
  EXPECT_TRUE(back.evaluations.at("centre").scores.empty());
  EXPECT_EQ(back.tables.at("sweep").columns, record_.tables.at("sweep").columns);
  EXPECT_EQ(back.tables.at("sweep").x, "p");
  EXPECT_EQ(back.images.at("maps").pixels, record_.images.at("maps").pixels);
  EXPECT_EQ(back.images.at("maps").captions, record_.images.at("maps").captions);
  EXPECT_EQ(back.images.at("maps").width, 5);
  EXPECT_EQ(back.images.at("maps").set, 2);
  EXPECT_EQ(back.weights.at("conv1.weight").shape, record_.weights.at("conv1.weight").shape);
  EXPECT_EQ(back.weights.at("none").shape, record_.weights.at("none").shape);
  EXPECT_EQ(record_digest(back, Part::everything), record_digest(record_, Part::everything));
}

TEST_F(ResultFile, an_empty_record_can_be_written_and_read) {
  write_result(RunRecord{}, folder_ / "empty.h5");
  EXPECT_EQ(record_digest(read_result(folder_ / "empty.h5"), Part::everything), record_digest(RunRecord{}, Part::everything));
}

TEST_F(ResultFile, many_results_and_large_arrays_survive) {
  for (int i = 0; i < 500; ++i) record_.results["result " + std::to_string(i)] = i;
  record_.weights["large"] = {{700, 1000}, std::vector<float>(700000)};  // 2.8 MB: several chunks
  for (std::size_t i = 0; i < 700000; ++i) record_.weights["large"].values[i] = static_cast<float>(i) * 1e-3f;
  write_result(record_, path_);
  EXPECT_EQ(record_digest(read_result(path_), Part::everything), record_digest(record_, Part::everything));
}

TEST_F(ResultFile, the_same_record_gives_the_same_bytes) {
  // Memory is dirtied and the clock goes on (HDF5 stamps whole seconds), so that bytes nobody sets and time stamps would differ.
  for (const std::size_t size : {16u, 64u, 256u, 1024u, 4096u, 65536u}) {
    std::vector<void*> blocks;
    for (int i = 0; i < 100; ++i) {
      blocks.push_back(::malloc(size));
      std::fill_n(static_cast<volatile unsigned char*>(blocks.back()), size, static_cast<unsigned char>(0xA5));
    }
    for (void* block : blocks) ::free(block);
  }
  const std::time_t written = std::time(nullptr);
  while (std::time(nullptr) == written) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  write_result(record_, folder_ / "again.h5");
  EXPECT_TRUE(read_bytes(folder_ / "again.h5") == bytes_);
}

TEST_F(ResultFile, a_flipped_bit_in_every_64_bytes_is_an_input_error) {
  for (std::size_t at = 0; at < bytes_.size(); at += 64) {
    const std::size_t byte = std::min(at + at / 64 % 64, bytes_.size() - 1);
    std::string damaged = bytes_;
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << (at / 64 % 8)));
    expect_contains(refusal(damaged), "r.h5");
    expect_contains(refusal(damaged), at == 0 ? "HDF5 signature" : "seal");  // before HDF5 sees it
    ASSERT_FALSE(HasFailure()) << "byte " << byte;
  }
}

TEST_F(ResultFile, any_truncation_is_an_input_error) {
  for (std::size_t length = 0; length < bytes_.size(); length += 97) {
    expect_contains(refusal(bytes_.substr(0, length)), "r.h5");
    ASSERT_FALSE(HasFailure()) << "length " << length;
  }
  for (std::size_t cut = 1; cut < 200; ++cut) expect_contains(refusal(bytes_.substr(0, bytes_.size() - cut)), "r.h5");
  expect_contains(refusal(bytes_ + "x"), "r.h5");
}

TEST_F(ResultFile, missing_and_foreign_files_are_named) {
  expect_contains(message_of<InputError>([&] { read_result(folder_ / "no.h5"); }), "No such file");
  expect_contains(message_of<InputError>([&] { read_result(folder_.path()); }), "folder");
  expect_contains(refusal(""), "an empty file");
  expect_contains(refusal("\x1f\x8b something gzipped"), "1f8b");
  expect_contains(refusal(bytes_.substr(0, bytes_.size() - seal_of({}).size())), "without one");
}

TEST_F(ResultFile, a_change_under_a_renewed_seal_contradicts_the_content_digest) {
  std::string content = bytes_.substr(0, bytes_.size() - seal_of({}).size());
  content.replace(content.find("batch = 128"), 11, "batch = 256");
  expect_contains(refusal(content + seal_of(bytes_of(content))), "content_sha256");
}

TEST_F(ResultFile, a_missing_dataset_is_named) {
  const std::string text = refusal_of([&](hdf5::Writer& file) {
    file.set_attribute("/", "schema", std::string("reprise result"));
    file.set_attribute("/", "schema_version", std::int64_t{1});
    for (const char* name : {"paper", "trial", "scale", "run_id", "status"}) file.set_attribute("/", name, std::string("x"));
    file.set_attribute("/", "seed", std::int64_t{1});
  });
  expect_contains(text, "r.h5");
  expect_contains(text, "/recipe/toml");
  expect_contains(text, "HDF5: H5Dopen2");
}

TEST_F(ResultFile, another_schema_or_version_is_named) {
  expect_contains(refusal_of([](hdf5::Writer&) {}), "attribute schema = 'reprise result', found none");
  expect_contains(refusal_of([](hdf5::Writer& file) {
                    file.set_attribute("/", "schema", std::string("reprise result"));
                    file.set_attribute("/", "schema_version", kSchemaVersion + 1);
                  }),
                  fmt::format("expected 1 to {}, which this reprise reads, found {}", kSchemaVersion, kSchemaVersion + 1));
}

TEST_F(ResultFile, a_record_that_contradicts_itself_is_not_written) {
  const std::vector<std::pair<std::function<void(RunRecord&)>, std::string>> cases = {
      {[](RunRecord& r) { r.metrics["train_loss"].values.pop_back(); }, "/metrics/train_loss"},
      {[](RunRecord& r) { r.timing["epoch_seconds"].values.push_back(1); }, "/timing/epoch_seconds"},
      {[](RunRecord& r) { r.weight_digests.pop_back(); }, "/digests/weights"},
      {[](RunRecord& r) { r.step_losses.values.pop_back(); }, "/steps/train_loss"},
      {[](RunRecord& r) { r.test_labels.pop_back(); }, "/predictions/predictions"},
      {[](RunRecord& r) { r.tables["sweep"].columns["p"].pop_back(); }, "/tables/sweep/p"},
      {[](RunRecord& r) { r.images["maps"].height = 3; }, "/images/maps"},
      {[](RunRecord& r) { r.images["maps"].captions.pop_back(); }, "/images/maps"},
      {[](RunRecord& r) { r.images["maps"].set = 3; }, "/images/maps"},
      {[](RunRecord& r) { r.weights["conv1.weight"].shape[0] = 3; }, "/weights/conv1.weight"},
      {[](RunRecord& r) { r.metrics["a/b"] = r.metrics["train_loss"]; }, "'a/b'"},
      {[](RunRecord& r) { r.recipe_toml += '\0'; }, "/recipe/toml"},
      {[](RunRecord& r) { r.deviations[0] = "\xc3\x28"; }, "/provenance/deviations"},
  };
  for (const auto& [spoil, named] : cases) {
    RunRecord record = record_;
    spoil(record);
    const std::string text = message_of<RunError>([&] { write_result(record, folder_ / "new.h5"); });
    expect_contains(text, "new.h5");
    expect_contains(text, named);
  }
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(ResultFile, a_disk_that_is_full_gives_a_run_error_and_leaves_the_old_file) {
  // A limit on the file size fails write() in the middle of the file, as a full disk does.
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit = before;
  limit.rlim_cur = 1000;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  record_.seed = 8;
  const std::string text = message_of<RunError>([&] { write_result(record_, path_); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  expect_contains(text, "r.h5");
  expect_contains(text, "Free space");
  EXPECT_EQ(folder_.entries(), 1u);
  EXPECT_TRUE(read_bytes(path_) == bytes_);
}

TEST_F(ResultFile, a_folder_that_cannot_be_written_gives_a_run_error) {
  const std::string text = message_of<RunError>([&] { write_result(record_, path_ / "below-a-file" / "r.h5"); });
  expect_contains(text, "Check that");
}

TEST_F(ResultFile, a_read_only_folder_gives_a_run_error) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  const ::pid_t child = ::fork();
  if (child == 0) {  // permissions do not bind the superuser
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const std::string text = message_of<RunError>([&] { write_result(record_, folder_ / "new.h5"); });
    ::_exit(text.find("Permission denied. Make") == std::string::npos ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(ResultFile, folders_are_made) {
  write_result(record_, folder_ / "a" / "b" / "r.h5");
  EXPECT_EQ(read_result(folder_ / "a" / "b" / "r.h5").run_id, record_.run_id);
}

TEST_F(ResultFile, opens_in_h5py_and_netcdf_with_dimension_scales_and_texts) {
  const char* source = ::getenv("REPRISE_SOURCE");
  if (source == nullptr) GTEST_SKIP() << "REPRISE_SOURCE is not set: run through ctest";
  // The system's own Python, whose packages are Debian's, not one that comes earlier on the PATH.
  const std::string python = std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
  const std::string command = python + " '" + source + "/tests/records/open_in_h5py.py' '" + path_.string() + "'";
  const int status = ::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) GTEST_SKIP() << "python3 with h5py is not installed (python3-h5py)";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RecordDigest, repeatable_part_leaves_out_timing_and_provenance_and_nothing_else) {
  const std::string before = record_digest(sample_record(), Part::repeatable);
  RunRecord record = sample_record();
  record.timing.clear();
  record.provenance["ranks"] = "4";
  record.deviations.clear();
  EXPECT_EQ(record_digest(record, Part::repeatable), before);
  EXPECT_NE(record_digest(record, Part::everything), record_digest(sample_record(), Part::everything));
  record.metrics["train_loss"].values[2] = 0.0;  // was minus zero
  EXPECT_NE(record_digest(record, Part::repeatable), before);
}

TEST(RecordDigest, depends_on_every_field) {
  struct Change {
    const char* field;
    void (*change)(RunRecord&);
    bool repeats;  ///< part of what repeats to the bit
  };
  const Change changes[] = {
      {"paper", [](RunRecord& r) { r.paper += "x"; }, true},
      {"trial", [](RunRecord& r) { r.trial += "x"; }, true},
      {"scale", [](RunRecord& r) { r.scale += "x"; }, true},
      {"run id", [](RunRecord& r) { r.run_id += "x"; }, true},
      {"seed", [](RunRecord& r) { ++r.seed; }, true},
      {"status", [](RunRecord& r) { r.status = kDiverged; }, true},
      {"recipe", [](RunRecord& r) { r.recipe_toml += "x"; }, true},
      {"epochs", [](RunRecord& r) { r.epochs[1] += 1; }, true},
      {"metrics", [](RunRecord& r) { r.metrics.at("test_error").values[0] += 1; }, true},
      {"digests of weights", [](RunRecord& r) { r.weight_digests[0] = "x"; }, true},
      {"trace", [](RunRecord& r) { r.trace.loss_digests.push_back("x"); }, true},
      {"labels", [](RunRecord& r) { ++r.test_labels[0]; }, true},
      {"predictions", [](RunRecord& r) { ++r.test_predictions[0]; }, true},
      {"results", [](RunRecord& r) { r.results.at("sparsity").value = 1; }, true},
      {"evaluations", [](RunRecord& r) { r.evaluations.at("dense").results.at("test_error").value = 1; }, true},
      {"predictions of an evaluation", [](RunRecord& r) { ++r.evaluations.at("centre").predictions[0]; }, true},
      {"scores", [](RunRecord& r) { ++r.evaluations.at("dense").scores[0]; }, true},
      {"tables", [](RunRecord& r) { r.tables.at("sweep").columns.at("p")[0] = 1; }, true},
      {"images", [](RunRecord& r) { ++r.images.at("gray").pixels[0]; }, true},
      {"weights", [](RunRecord& r) { r.weights.at("tau").values[0] = 1; }, true},
      {"provenance", [](RunRecord& r) { r.provenance["isa"] = "x"; }, false},
      {"deviations", [](RunRecord& r) { r.deviations[0] = "x"; }, false},
      {"timing", [](RunRecord& r) { r.timing.at("epoch_seconds").values[0] = 1; }, false},
      {"phases", [](RunRecord& r) { r.phases[0].images = 1; }, false},
  };
  for (const Change& change : changes) {
    RunRecord record = sample_record();
    change.change(record);
    EXPECT_NE(record_digest(record, Part::everything), record_digest(sample_record(), Part::everything)) << change.field;
    EXPECT_EQ(record_digest(record, Part::repeatable) != record_digest(sample_record(), Part::repeatable), change.repeats) << change.field;
  }
}

}  // namespace
}  // namespace reprise::records::testing
