// Golden digests: one small net per paper learns for three steps on made-up images, in both precisions, with the lowest instruction
// set. What its weights must then be is stored here, one file per oneDNN version: other libraries round differently.
//
//   golden_digests_test            compares; skips if nothing is stored for this oneDNN (with REPRISE_GOLDEN_STRICT set: fails)
//   golden_digests_test --store    stores what is missing, and everything anew after kAnswerVersion was raised

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "datasets/manifest.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/runs/provenance.hpp"
#include "suite/runs/run_data.hpp"
#include "suite/version.hpp"

namespace reprise::golden {
namespace {

/// Of one oneDNN version.
struct Table {
  int answer_version = 0;
  std::map<std::string, std::string> digests;  ///< by "PAPER/TRIAL PRECISION"
};

constexpr const char* kHowToStore = "build/release/tests/golden/golden_digests_test --store";

std::string library_version() {
  const std::string text = kernels::onednn::library_text();
  return text.substr(0, text.find(','));
}

std::filesystem::path table_file() {
  return std::filesystem::path(REPRISE_GOLDEN_FOLDER) / fmt::format("onednn-{}.json", library_version());
}

Table read_table(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return {};
  const nlohmann::json json = nlohmann::json::parse(stream);
  return {json.at("answer_version"), json.at("digests")};
}

void write_table(const Table& table, const std::filesystem::path& file) {
  const nlohmann::json json = {{"answer_version", table.answer_version}, {"digests", table.digests}};
  std::ofstream stream(file);
  stream << json.dump(1) << "\n";
  if (!stream.flush()) throw RunError(Complaint{file.string(), "a file that can be written", "an error", "Check the folder"});
}

/// Three steps of the recipe's net, and three of its plastic layers before them, on patterns in place of its data.
std::string digest_of(const std::string& paper, const std::string& trial, Precision precision) {
  const recipes::Recipe published = catalog::resolve(paper, trial, "smoke");
  const bool grey = datasets::require_entry(published.dataset).channels == 1;
  recipes::Recipe recipe = catalog::resolve(paper, trial, "smoke",
                                            {{"dataset", grey ? "synthetic-gray28" : "synthetic-color32"},
                                             {"train_images", "60"},
                                             {"test_images", "20"},
                                             {"batch", "20"},
                                             {"shard", "6"},  // the last one is not full
                                             {"steps", "3"},
                                             {"evaluations", "1"},
                                             {"precision", std::string(name_of(precision))}});
  recipe.probes.clear();  // weights do not depend on them, and their data sets need not be here
  if (procedures::of(recipe).has_plastic_phase)
    recipe.hebbian.batch = 20, recipe.hebbian.shard = 6, recipe.hebbian.epochs = 1, recipe.hebbian.labelled_images = 0;
  // With more than three, the last step takes the weights back to where they began.
  if (recipe.optimizer.lookahead_steps > 0) recipe.optimizer.lookahead_steps = 2;
  for (std::string& stage : recipe.preprocessing)
    if (stage.starts_with("zca")) stage = "standardize";  // whitening takes tens of seconds
  ranks::Team& team = ranks::Team::alone();
  const auto data = runs::load_run_data(recipe, {}, team);
  const graph::Graph graph = catalog::build_model(recipe, data->train->shape(), data->train->classes());
  parallel::Workers workers(2);
  const auto learner = procedures::make_learner(recipe, graph, data->samples(), 1, workers, team);
  learner->run({});
  records::RunRecord record;
  learner->write_to(record);
  return record.weight_digests.back();
}

/// The first trial of every paper that has a smoke scale.
std::map<std::string, std::string> digests_of_today() {
  std::map<std::string, std::string> digests;
  for (const std::string& slug : catalog::paper_slugs())
    for (const catalog::Trial& trial : catalog::load_paper(slug).trials) {
      if (trial.recipe_at("smoke") == nullptr) continue;
      for (const Precision precision : {Precision::f32, Precision::bf16})
        digests[fmt::format("{}/{} {}", slug, trial.name, name_of(precision))] = digest_of(slug, trial.name, precision);
      break;
    }
  return digests;
}

TEST(GoldenDigests, are_those_of_this_answer_version) {
#if !defined(__OPTIMIZE__) || defined(__clang__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "digests are those of optimised builds by GCC: other builds contract products and sums differently";
#endif
  const std::filesystem::path file = table_file();
  if (!std::filesystem::exists(file)) {
    const std::string text =
        fmt::format("no golden digests for oneDNN {}: {} is missing. Store them: {}", library_version(), file.string(), kHowToStore);
    if (std::getenv("REPRISE_GOLDEN_STRICT") != nullptr) FAIL() << text;
    GTEST_SKIP() << text;
  }
  const Table stored = read_table(file);
  ASSERT_EQ(stored.answer_version, kAnswerVersion)
      << file << " is of answer version " << stored.answer_version << ", suite/version.hpp says " << kAnswerVersion
      << ". Store the digests of the new version: " << kHowToStore;
  const std::map<std::string, std::string> today = digests_of_today();
  for (const auto& [name, digest] : today) {
    const auto found = stored.digests.find(name);
    if (found == stored.digests.end())
      ADD_FAILURE() << name << " has no golden digest. Store it: " << kHowToStore;
    else
      EXPECT_EQ(digest, found->second) << name << ": the same recipe gives other weights than before. If that is meant, raise "
                                       << "kAnswerVersion in suite/version.hpp and store the new digests with " << kHowToStore;
  }
  for (const auto& [name, digest] : stored.digests)
    EXPECT_TRUE(today.contains(name)) << file << " names " << name << ", which the catalog no longer has. Remove its line";
}

/// Refuses to replace a digest of the same answer version.
int store() {
  const std::filesystem::path file = table_file();
  Table table = read_table(file);
  const auto today = digests_of_today();
  if (table.answer_version == kAnswerVersion)
    for (const auto& [name, digest] : today)
      if (const auto found = table.digests.find(name); found != table.digests.end() && found->second != digest) {
        fmt::print(stderr, "{}: {} is stored for answer version {}, found {}. Raise kAnswerVersion in suite/version.hpp first.\n", name,
                   found->second, kAnswerVersion, digest);
        return 1;
      }
  write_table({kAnswerVersion, today}, file);
  fmt::print("{} digests of answer version {} in {}\n", today.size(), kAnswerVersion, file.string());
  return 0;
}

/// The lowest instruction set, for libraries that read it when they are loaded: begins this program anew where it is not pinned.
void pin_arithmetic(char** arguments) {
  bool pinned = true;
  std::istringstream settings(runs::kLowestArithmetic);
  for (std::string setting; settings >> setting;) {
    const std::size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals), value = setting.substr(equals + 1);
    const char* now = std::getenv(name.c_str());
    if (now != nullptr && now == value) continue;
    pinned = false;
    setenv(name.c_str(), value.c_str(), 1);
  }
  if (!pinned) execv("/proc/self/exe", arguments);
}

}  // namespace
}  // namespace reprise::golden

int main(int argc, char** argv) {
  reprise::golden::pin_arithmetic(argv);
  if (argc == 2 && std::string(argv[1]) == "--store") try {
      return reprise::golden::store();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
      return 1;
    }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
