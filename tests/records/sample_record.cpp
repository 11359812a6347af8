#include "tests/records/sample_record.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace reprise::records::testing {

RunRecord sample_record() {
  RunRecord record;
  record.paper = "all-cnn";
  record.trial = "c";
  record.scale = "smoke";
  record.run_id = "0123456789abcdef";
  record.seed = -7;
  record.recipe_toml = "model = \"all-cnn-c\"\nbatch = 128\nlearning_rate = 0.01\n# größer\n";
  record.provenance = {{"isa", "avx512_core"}, {"ranks", "1"}, {"git_diff", std::string(70000, '+')}, {"empty", ""}};
  record.deviations = {"350 → 3 epochs", ""};
  record.epochs = {0, 1, 2.5};
  record.metrics["train_loss"] = {"nats", {2.302585092994046, 1.5, -0.0}};
  record.metrics["test_error"] = series_of("test_error", {90, std::numeric_limits<double>::quiet_NaN(), 12.5});
  record.phases = {{"Hebbian learning", 1.5, 200, 1e12}, {"training", 1e-3, 0, 0}};
  record.timing["epoch_seconds"] = {"seconds", {0, 1e-300, std::numeric_limits<double>::infinity()}};
  record.step_losses = {{10, 20, 25}, {2.25, 1.5, 0.125}};
  record.weight_digests = {"aa", "bb", "cc"};
  for (int i = 0; i < 300; ++i) {
    record.test_labels.push_back(i % 10);
    record.test_predictions.push_back((i * 7) % 10);
  }
  EvaluationResult& dense = record.evaluations["dense"];
  dense.results = {{"test_error", {12.5, metrics::find("test_error")}}, {"top5_error", {2, metrics::find("top5_error")}}};
  dense.predictions = record.test_predictions;
  dense.scores_are = "probabilities";
  dense.classes = 3;
  dense.scores.assign(900, 0x3555);  // a third
  record.evaluations["centre"].predictions = record.test_labels;
  record.results = {{"test_error.monte_carlo", 1.0 / 3.0}, {"sparsity", {1e308, metrics::find("sparsity")}}};
  record.tables["sweep"] = {"Error over retention", "p", {{"p", {0.1, 0.5, 0.9}}, {"error", {9, 1, 3}}}};
  record.tables["empty"] = {"", "", {}};
  record.images["maps"] = {"Guided backpropagation", {"a", "ü"}, 2, 4, 5, 3, std::vector<std::uint8_t>(120), 2};
  std::iota(record.images["maps"].pixels.begin(), record.images["maps"].pixels.end(), std::uint8_t{1});
  record.images["gray"] = {"", {}, 1, 30, 30, 1, std::vector<std::uint8_t>(900, 200)};
  record.weights["conv1.weight"] = {{2, 3, 1}, {1, 2, 3, 4, 5, 6}};
  record.weights["tau"] = {{}, {0.5f}};
  record.weights["none"] = {{0, 4}, {}};
  return record;
}

TemporaryFolder::TemporaryFolder(Where where) {
  const std::filesystem::path memory = "/dev/shm";
  const bool is_in_memory = where == Where::memory && ::access(memory.c_str(), W_OK) == 0;
  std::string name = ((is_in_memory ? memory : std::filesystem::temp_directory_path()) / "reprise-records-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::size_t TemporaryFolder::entries() const {
  const std::filesystem::directory_iterator begin(path_);
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator{}));
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // ext4 forces a file to disk that is truncated and written again, which takes milliseconds
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace reprise::records::testing
