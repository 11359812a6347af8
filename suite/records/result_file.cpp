#include "suite/records/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/hdf5_reader.hpp"
#include "suite/records/hdf5_writer.hpp"
#include "suite/records/images_in_file.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_schema.hpp"
#include "suite/records/seal.hpp"

namespace reprise::records {

namespace {

constexpr const char* kWhat = "result file";
constexpr const char* kRunAgain = "Run the trial again (--force), or take a sound copy.";

using hdf5::Reader;
using hdf5::Writer;

template <typename T>
void write_vector(Writer& file, const std::string& path, const std::vector<T>& values) {
  file.write<T>(path, values, {static_cast<std::int64_t>(values.size())});
}

/// Attributes as the CF conventions name them; `better` is our own: which way is better.
template <typename Measured>
void write_meaning(Writer& file, const std::string& path, const Measured& of) {
  file.set_attribute(path, "units", of.unit);
  file.set_attribute(path, "long_name", of.long_name);
  file.set_attribute(path, "better", std::string(metrics::name_of(of.better)));
}

void write_phases(Writer& file, const std::vector<PhaseTime>& phases) {
  if (phases.empty()) return;
  std::vector<std::string> names;
  std::vector<double> seconds, images, operations;
  for (const PhaseTime& phase : phases) {
    names.push_back(phase.name);
    seconds.push_back(phase.wall_seconds);
    images.push_back(phase.images);
    operations.push_back(phase.operations);
  }
  file.create_group("/phases");
  file.write_texts("/phases/name", names);
  write_vector(file, "/phases/wall_seconds", seconds);
  file.set_attribute("/phases/wall_seconds", "units", std::string("s"));
  write_vector(file, "/phases/images", images);
  write_vector(file, "/phases/operations", operations);
}

std::vector<std::string> write_series(Writer& file, const std::string& group, const std::map<std::string, Series>& all) {
  std::vector<std::string> paths;
  file.create_group(group);
  for (const auto& [name, series] : all) {
    paths.push_back(group + "/" + name);
    write_vector(file, paths.back(), series.values);
    write_meaning(file, paths.back(), series);
  }
  return paths;
}

void write_table(Writer& file, const std::string& path, const Table& table) {
  file.create_group(path);
  file.set_attribute(path, "title", table.title);
  file.set_attribute(path, "x", table.x);
  std::vector<std::string> others;
  for (const auto& [name, values] : table.columns) {
    write_vector(file, path + "/" + name, values);
    if (name != table.x) others.push_back(path + "/" + name);
  }
  if (table.columns.contains(table.x)) file.attach_scale(path + "/" + table.x, table.x, others);
}

void write_identity(Writer& file, const RunRecord& record) {
  file.set_attribute("/", "schema", std::string(kSchema));
  file.set_attribute("/", "schema_version", kSchemaVersion);
  file.set_attribute("/", "paper", record.paper);
  file.set_attribute("/", "trial", record.trial);
  file.set_attribute("/", "scale", record.scale);
  file.set_attribute("/", "run_id", record.run_id);
  file.set_attribute("/", "seed", record.seed);
  file.set_attribute("/", "status", record.status);
  file.set_attribute("/", "content_sha256", record_digest(record, Part::everything));
  file.set_attribute("/", "repeatable_sha256", record_digest(record, Part::repeatable));
}

void write_trace(Writer& file, const Trace& trace) {
  if (trace.empty()) return;
  file.write_texts("/digests/optimizer", trace.optimizer);
  file.write_texts("/digests/layer_names", trace.layer_names);
  file.write_texts("/digests/layers", trace.layers);
  write_vector(file, "/digests/steps", trace.steps);
  file.write_texts("/digests/losses", trace.loss_digests);
}

void write_steps(Writer& file, const StepSeries& losses) {
  if (losses.steps.empty()) return;
  file.create_group("/steps");
  write_vector(file, "/steps/step", losses.steps);
  write_vector(file, "/steps/train_loss", losses.values);
  write_meaning(file, "/steps/train_loss", series_of("train_loss", {}));
  file.attach_scale("/steps/step", "step", {"/steps/train_loss"});
}

void write_evaluations(Writer& file, const std::map<std::string, EvaluationResult>& evaluations, std::int64_t images) {
  if (evaluations.empty()) return;
  file.create_group("/evaluations");
  for (const auto& [name, evaluation] : evaluations) {
    const std::string path = "/evaluations/" + name;
    file.create_group(path);
    file.create_group(path + "/results");
    for (const auto& [metric, result] : evaluation.results) {
      file.write<double>(path + "/results/" + metric, std::span(&result.value, 1), {});
      write_meaning(file, path + "/results/" + metric, result);
    }
    write_vector(file, path + "/predictions", evaluation.predictions);
    if (evaluation.scores_are.empty()) continue;
    file.write<std::uint16_t>(path + "/scores", evaluation.scores, {images, evaluation.classes});
    file.set_attribute(path + "/scores", "long_name", evaluation.scores_are);
  }
}

void write_groups(Writer& file, const RunRecord& record) {
  file.create_group("/recipe");
  file.write_text("/recipe/toml", record.recipe_toml);
  file.create_group("/provenance");
  for (const auto& [key, value] : record.provenance) file.set_attribute("/provenance", key, value);
  file.write_texts("/provenance/deviations", record.deviations);

  write_vector(file, "/epoch", record.epochs);
  std::vector<std::string> over_epochs = write_series(file, "/metrics", record.metrics);
  const std::vector<std::string> timing = write_series(file, "/timing", record.timing);
  over_epochs.insert(over_epochs.end(), timing.begin(), timing.end());
  file.create_group("/digests");
  file.write_texts("/digests/weights", record.weight_digests);
  write_trace(file, record.trace);
  if (record.weight_digests.size() == record.epochs.size()) over_epochs.push_back("/digests/weights");
  file.attach_scale("/epoch", "epoch", over_epochs);

  write_steps(file, record.step_losses);
  file.create_group("/predictions");
  write_vector(file, "/predictions/labels", record.test_labels);
  write_vector(file, "/predictions/predictions", record.test_predictions);
  write_evaluations(file, record.evaluations, static_cast<std::int64_t>(record.test_labels.size()));
  file.create_group("/results");
  for (const auto& [key, result] : record.results) {
    file.write<double>("/results/" + key, std::span(&result.value, 1), {});
    write_meaning(file, "/results/" + key, result);
  }
  write_phases(file, record.phases);
  file.create_group("/tables");
  for (const auto& [name, table] : record.tables) write_table(file, "/tables/" + name, table);
  file.create_group("/images");
  for (const auto& [name, images] : record.images) write_images(file, "/images/" + name, images);
  file.create_group("/weights");
  for (const auto& [name, tensor] : record.weights) file.write<float>("/weights/" + name, tensor.values, tensor.shape);
}

template <typename T>
std::vector<T> read_vector(const Reader& file, const std::string& path) {
  hdf5::Array<T> array = file.read<T>(path);
  if (array.shape.size() != 1) throw hdf5::Error(path, "one dimension", std::to_string(array.shape.size()));
  return std::move(array.values);
}

/// Schema 1 has `unit` alone.
template <typename Measured>
void read_meaning(const Reader& file, const std::string& path, Measured& of) {
  if (!file.has_attribute(path, "units")) {
    of.unit = file.text_attribute(path, "unit");
    return;
  }
  of.unit = file.text_attribute(path, "units");
  of.long_name = file.text_attribute(path, "long_name");
  of.better = metrics::better_named(file.text_attribute(path, "better"));
}

std::map<std::string, Series> read_series(const Reader& file, const std::string& group) {
  std::map<std::string, Series> all;
  for (const std::string& name : file.children(group)) {
    const std::string path = group + "/" + name;
    all[name].values = read_vector<double>(file, path);
    read_meaning(file, path, all[name]);
  }
  return all;
}

std::map<std::string, Result> read_results(const Reader& file, const std::string& group) {
  std::map<std::string, Result> results;
  for (const std::string& key : file.attributes(group)) results[key] = file.number_attribute(group, key);  // schema 1
  for (const std::string& key : file.children(group)) {
    const std::string path = group + "/" + key;
    const hdf5::Array<double> number = file.read<double>(path);
    if (number.values.size() != 1) throw hdf5::Error(path, "one number", std::to_string(number.values.size()));
    results[key] = number.values.front();
    read_meaning(file, path, results[key]);
  }
  return results;
}

/// Files of schemas 1 to 3 have none.
std::map<std::string, EvaluationResult> read_evaluations(const Reader& file) {
  std::map<std::string, EvaluationResult> evaluations;
  if (!file.exists("/evaluations")) return evaluations;
  for (const std::string& name : file.children("/evaluations")) {
    const std::string path = "/evaluations/" + name;
    EvaluationResult& evaluation = evaluations[name];
    evaluation.results = read_results(file, path + "/results");
    evaluation.predictions = read_vector<std::int32_t>(file, path + "/predictions");
    if (!file.exists(path + "/scores")) continue;
    hdf5::Array<std::uint16_t> scores = file.read<std::uint16_t>(path + "/scores");
    if (scores.shape.size() != 2) throw hdf5::Error(path + "/scores", "two dimensions", std::to_string(scores.shape.size()));
    evaluation.scores_are = file.text_attribute(path + "/scores", "long_name");
    evaluation.classes = scores.shape[1];
    evaluation.scores = std::move(scores.values);
  }
  return evaluations;
}

std::vector<PhaseTime> read_phases(const Reader& file) {
  if (!file.exists("/phases")) return {};
  std::vector<PhaseTime> phases;
  const std::vector<std::string> names = file.read_texts("/phases/name");
  const auto seconds = read_vector<double>(file, "/phases/wall_seconds"), images = read_vector<double>(file, "/phases/images"),
             operations = read_vector<double>(file, "/phases/operations");
  for (const auto* column : {&seconds, &images, &operations})
    if (column->size() != names.size())
      throw hdf5::Error("/phases", fmt::format("{} numbers in each column", names.size()), std::to_string(column->size()));
  for (std::size_t i = 0; i < names.size(); ++i) phases.push_back({names[i], seconds[i], images[i], operations[i]});
  return phases;
}

Trace read_trace(const Reader& file) {
  const std::vector<std::string> there = file.children("/digests");
  if (std::find(there.begin(), there.end(), "losses") == there.end()) return {};
  Trace trace;
  trace.optimizer = file.read_texts("/digests/optimizer");
  trace.layer_names = file.read_texts("/digests/layer_names");
  trace.layers = file.read_texts("/digests/layers");
  trace.steps = read_vector<std::int64_t>(file, "/digests/steps");
  trace.loss_digests = file.read_texts("/digests/losses");
  return trace;
}

StepSeries read_steps(const Reader& file) {
  if (!file.exists("/steps")) return {};
  return {read_vector<std::int64_t>(file, "/steps/step"), read_vector<double>(file, "/steps/train_loss")};
}

Table read_table(const Reader& file, const std::string& path) {
  Table table{file.text_attribute(path, "title"), file.text_attribute(path, "x"), {}};
  for (const std::string& name : file.children(path)) table.columns[name] = read_vector<double>(file, path + "/" + name);
  return table;
}

void check_schema(const Reader& file) {
  if (!file.has_attribute("/", "schema")) throw hdf5::Error("/", std::string("attribute schema = '") + kSchema + "'", "none");
  const std::string schema = file.text_attribute("/", "schema");
  if (schema != kSchema) throw hdf5::Error("/ attribute 'schema'", fmt::format("'{}'", kSchema), fmt::format("'{}'", schema));
  const std::int64_t version = file.integer_attribute("/", "schema_version");
  if (version < kOldestSchemaVersion || version > kSchemaVersion) {
    throw hdf5::Error("/ attribute 'schema_version'",
                      fmt::format("{} to {}, which this reprise reads", kOldestSchemaVersion, kSchemaVersion), std::to_string(version));
  }
}

RunRecord read_record(const Reader& file) {
  check_schema(file);
  RunRecord record;
  record.paper = file.text_attribute("/", "paper");
  record.trial = file.text_attribute("/", "trial");
  record.scale = file.text_attribute("/", "scale");
  record.run_id = file.text_attribute("/", "run_id");
  record.seed = file.integer_attribute("/", "seed");
  record.status = file.text_attribute("/", "status");
  record.recipe_toml = file.read_text("/recipe/toml");
  for (const std::string& key : file.attributes("/provenance")) record.provenance[key] = file.text_attribute("/provenance", key);
  record.deviations = file.read_texts("/provenance/deviations");
  record.epochs = read_vector<double>(file, "/epoch");
  record.metrics = read_series(file, "/metrics");
  record.weight_digests = file.read_texts("/digests/weights");
  record.trace = read_trace(file);
  record.step_losses = read_steps(file);
  record.timing = read_series(file, "/timing");
  record.test_labels = read_vector<std::int32_t>(file, "/predictions/labels");
  record.test_predictions = read_vector<std::int32_t>(file, "/predictions/predictions");
  record.evaluations = read_evaluations(file);
  record.results = read_results(file, "/results");
  record.phases = read_phases(file);
  for (const std::string& name : file.children("/tables")) record.tables[name] = read_table(file, "/tables/" + name);
  for (const std::string& name : file.children("/images")) record.images[name] = read_images(file, "/images/" + name);
  for (const std::string& name : file.children("/weights")) {
    hdf5::Array<float> array = file.read<float>("/weights/" + name);
    record.weights[name] = {std::move(array.shape), std::move(array.values)};
  }
  return record;
}

void check_content(const Reader& file, const RunRecord& record) {
  if (const auto fault = find_fault(record)) throw hdf5::Error(fault->object, fault->expected, fault->found);
  const std::string stated = file.text_attribute("/", "content_sha256"), actual = record_digest(record, Part::everything);
  if (stated != actual) throw hdf5::Error("/ attribute 'content_sha256'", stated, actual + ": something in the file was changed");
}

std::vector<std::byte> hdf5_bytes(const RunRecord& record) {
  Writer file;
  write_identity(file, record);
  write_groups(file, record);
  return file.image();
}

void write_sealed(Bytes image, const std::filesystem::path& path) {
  AtomicFile file(kWhat, path);
  file.write(image);
  file.write(bytes_of(std::string_view(seal_of(image))));
  file.make_read_only();
  file.commit();
}

std::string quoted(const std::filesystem::path& path) {
  return std::string(kWhat) + " '" + path.string() + "'";
}

}  // namespace

// HDF5 composes the file in memory and plain system calls put it on the disk: HDF5 does not recover from a full disk, and the
// seal needs the bytes anyway.
void write_result(const RunRecord& record, const std::filesystem::path& path) {
  try {
    if (const auto fault = find_fault(record)) throw hdf5::Error(fault->object, fault->expected, fault->found);
    write_sealed(hdf5_bytes(record), path);
  } catch (const hdf5::Error& error) {
    throw RunError(
        {quoted(path) + ", " + error.object, error.expected, error.found, "The run's record cannot be stored; nothing was written."});
  }
}

namespace {

RunRecord read_image(Bytes image, const std::filesystem::path& path) {
  try {
    const Reader file(image);
    RunRecord record = read_record(file);
    check_content(file, record);
    return record;
  } catch (const hdf5::Error& error) {
    throw InputError(Complaint{quoted(path) + ", " + error.object, error.expected, error.found, kRunAgain});
  }
}

}  // namespace

RunRecord read_result(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(kWhat, path);
  return read_image(sealed_content(kWhat, path, bytes), path);
}

void check_without_seal(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(kWhat, path);
  read_image(without_seal(kWhat, path, bytes), path);
}

void seal_again(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(kWhat, path);
  write_sealed(without_seal(kWhat, path, bytes), path);
}

}  // namespace reprise::records
