#include "made_up_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <functional>

#include "reports/build_report.hpp"
#include "suite/version.hpp"

namespace reprise::reports::made_up {
namespace {

// SplitMix64: a uniform draw in [0, 1) from two numbers, the same on every machine.
double draw(std::uint64_t stream, std::uint64_t index) {
  std::uint64_t z = stream * 0x9E3779B97F4A7C15u + index * 0xBF58476D1CE4E5B9u + 0x94D049BB133111EBu;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

std::uint64_t name_hash(const std::string& text) {
  std::uint64_t hash = 1469598103934665603u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", name);
  return "[" + out + "]";
}

catalog::PublishedNumber number(const std::string& id, const std::string& model, double value, const std::string& status) {
  catalog::PublishedNumber published;
  published.id = id;
  published.source = "Table 2";
  published.dataset = "mnist";
  published.model = model;
  published.metric = "test_error";
  published.value = value;
  published.unit = "percent";
  published.role = "own";
  published.status = status;
  return published;
}

catalog::Claim claim(const std::string& id, const std::string& kind, const std::string& left, const std::string& right, double margin,
                     const std::string& statement) {
  catalog::Claim made;
  made.id = id;
  made.kind = kind;
  made.left = left;
  made.right = right;
  made.margin = margin;
  made.statement = statement;
  made.dataset = "mnist";
  return made;
}

}  // namespace

records::RunRecord record_of(const RunSpec& run) {
  records::RunRecord record;
  record.paper = "made-up";
  record.trial = run.trial;
  record.scale = run.scale;
  record.seed = run.seed;
  record.deviations = run.deviations;
  record.recipe_toml = fmt::format(
      "paper = 'made-up'\ntrial = '{}'\nscale = '{}'\ndataset = '{}'\ntrain_images = 0\ntest_images = 0\npreprocessing = ['scale']\n"
      "augmentation = []\nbatch = 100\nepochs = 10.0\nsteps = 0\nprecision = '{}'\nreports = {}\ndeviations = {}\n",
      run.trial, run.scale, run.dataset, run.precision, quoted_list(run.reports), quoted_list(run.deviations));
  const std::string by_hand = "set by hand: ";
  for (const std::string& deviation : run.deviations)
    if (deviation.starts_with(by_hand)) record.recipe_toml += deviation.substr(by_hand.size()) + "\n";
  const std::uint64_t stream = name_hash(record.recipe_toml) + static_cast<std::uint64_t>(run.seed) * 7919;
  record.run_id = fmt::format("{:016x}", stream);
  record.provenance = {
      {"version", "0.1.0"}, {"answer_version", std::to_string(kAnswerVersion)}, {"cpu", "a made-up processor"}, {"threads", "2"}};

  const double error = (run.error_percent + run.seed_spread * (draw(stream, 1u << 30) - 0.5)) / 100;
  for (std::int64_t i = 0; i < run.test_images; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const auto label = static_cast<std::int32_t>(i % 10);
    // A third of the images is hard and takes nine tenths of the errors.
    const bool hard = draw(name_hash(run.dataset), index) < 1.0 / 3;
    const bool wrong = draw(stream, index) < error * (hard ? 2.7 : 0.15);
    record.test_labels.push_back(label);
    record.test_predictions.push_back(wrong ? (label + 1) % 10 : label);
  }
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < record.test_labels.size(); ++i) wrong += record.test_labels[i] != record.test_predictions[i];
  const double final_error = 100.0 * static_cast<double>(wrong) / static_cast<double>(run.test_images);
  records::Series test{"percent", {}}, train{"percent", {}}, seconds{"seconds", {}};
  for (int epoch = 1; epoch <= 10; ++epoch) {
    record.epochs.push_back(epoch);
    const double jitter = 1 + 0.1 * (draw(stream, 1000000u + static_cast<std::uint64_t>(epoch)) - 0.5);
    test.values.push_back(epoch == 10 ? final_error : final_error + 12 * std::exp(-0.6 * epoch) * jitter + 0.3 * (jitter - 1));
    train.values.push_back(20 * std::exp(-0.45 * epoch) * jitter);
    seconds.values.push_back(2.5);
  }
  record.metrics = {{"test_error", test}, {"train_error", train}};
  record.timing = {{"seconds", seconds}};
  record.results = {{"mean_activation", run.error_percent / 2 + 0.01 * static_cast<double>(run.seed)}};
  return record;
}

std::string text_of(const std::vector<File>& files) {
  std::string text;
  for (const File& file : files) text += file.text;
  return text;
}

catalog::Paper paper() {
  catalog::Paper made;
  made.slug = "made-up";
  made.title = "A Paper & Its <Nets>";
  made.authors = {"A. Author", "B. Author"};
  made.venue = "Nowhere";
  made.year = 2014;
  made.arxiv = "0000.00000";
  made.headline = "table2-dropout";
  made.published = {number("table2-plain", "Plain net", 1.6, "verified"), number("table2-dropout", "Dropout net", 1.25, "verified"),
                    number("table2-maxnorm", "Dropout net + max-norm", 1.06, "verified"),
                    number("table2-wide", "Wide net", 1.04, "unverified")};
  made.trials = {
      {"plain", "Plain net", {}}, {"dropout", "Dropout", {}}, {"maxnorm", "Dropout + max-norm", {}}, {"wide", "Wide net, 100 % more", {}}};
  made.claims = {claim("dropout-helps", "better", "dropout", "plain", 0, "Dropout lowers the error of a plain net."),
                 claim("maxnorm-equal", "within", "maxnorm", "dropout", 0.5, "Max-norm changes the error by at most half a point."),
                 claim("error-low", "at_most", "maxnorm", "", 1.5, "The error is at most 1.5 %."),
                 claim("activation", "at_least", "plain", "", 0.2, "Mean activation is at least 0.2.")};
  made.claims.back().metric = "mean_activation";
  catalog::Claim order = claim("order", "order", "", "", 0, "Each step improves on the one before.");
  order.sequence = {"maxnorm", "dropout", "plain"};
  order.published = {"table2-maxnorm", "table2-dropout", "table2-plain"};
  made.claims.push_back(order);
  catalog::Figure figure;
  figure.id = "figure9";
  figure.title = "Error by width";
  figure.x_label = "units";
  figure.y_label = "test error, percent";
  figure.lines = {{"nets", {"plain", "dropout", "maxnorm"}, {100, 200, 400}, {}, {}}};
  made.figures = {figure};
  return made;
}

records::RunRecord awkward_record(const std::string& trial, const std::string& scale, const std::string& dataset, std::int64_t seed) {
  RunSpec run;
  run.trial = trial;
  run.scale = scale;
  run.dataset = dataset;
  run.seed = seed;
  run.reports = {"table2-" + trial};
  run.deviations = {"width 50 % & <less>_than $the {paper}'s #1"};
  return record_of(run);
}

Report awkward_report() {
  std::vector<records::RunRecord> records;
  for (const char* trial : {"plain", "dropout", "wide"}) {
    for (int seed : {1, 2, 3}) records.push_back(awkward_record(trial, "paper", "mnist", seed));
  }
  records::Images images;
  images.title = "Maps & <more>";
  images.captions = {"a < b", "\"c\""};
  images.count = 2;
  images.height = images.width = 2;
  images.channels = 3;
  images.pixels = std::vector<std::uint8_t>(24, 100);
  records.front().images["maps"] = images;
  records.front().tables["sweep"] = {"A sweep", "k", {{"k", {1, 10, 100}}, {"error", {3, 2, 1}}}};
  records.front().provenance["flags"] = "-O3 <&>";
  Report report = build_report(records, {paper()});
  report.left_out.push_back({"a&b.h5", "expected <seal>"});
  return report;
}

}  // namespace reprise::reports::made_up
