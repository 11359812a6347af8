#include "suite/records/result_schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string_view>

namespace reprise::records {

namespace {

/// Length of the UTF-8 sequence at the start of `text`, 0 when it is none (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && at(1) < 0xA0, surrogate = lead == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && at(1) < 0x90, beyond = lead == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

/// Collects the first fault; later ones are dropped.
class Inspection {
 public:
  void require(bool holds, const std::string& object, const std::string& expected, const std::string& found) {
    if (!holds && !fault_) fault_ = Fault{object, expected, found};
  }
  void text(const std::string& object, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t length = text[i] == '\0' ? 0 : utf8_length(text.substr(i));
      if (length == 0) {
        return require(false, object, "UTF-8 text without zero bytes",
                       fmt::format("byte 0x{:02x} at {}", static_cast<unsigned char>(text[i]), i));
      }
      i += length;
    }
  }
  void texts(const std::string& object, const std::vector<std::string>& texts) {
    for (const std::string& one : texts) text(object, one);
  }
  /// A name becomes a link in HDF5.
  void name(const std::string& group, const std::string& name) {
    text(group, name);
    const bool usable = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
    require(usable, group, "names that are not empty, '.' or '..' and have no '/'", fmt::format("'{}'", name));
  }
  template <typename T>
  void length(const std::string& object, const std::vector<T>& values, std::size_t expected, const std::string& of) {
    require(values.size() == expected, object, fmt::format("{} values, one for each {}", expected, of), std::to_string(values.size()));
  }
  std::optional<Fault> result() { return std::move(fault_); }

 private:
  std::optional<Fault> fault_;
};

/// Product of extents, or -1 when one is negative or the product does not fit.
std::int64_t product(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return -1;
  }
  return count;
}

void inspect_series(Inspection& inspection, const std::string& group, const std::map<std::string, Series>& all, std::size_t epochs) {
  for (const auto& [name, series] : all) {
    inspection.name(group, name);
    inspection.text(group + "/" + name, series.unit);
    inspection.text(group + "/" + name, series.long_name);
    inspection.length(group + "/" + name, series.values, epochs, "epoch of /epoch");
  }
}

void inspect_trace(Inspection& inspection, const Trace& trace, std::size_t epochs) {
  if (trace.empty()) return;
  inspection.length("/digests/optimizer", trace.optimizer, epochs, "epoch of /epoch");
  inspection.length("/digests/layers", trace.layers, epochs, "epoch of /epoch");
  inspection.length("/digests/losses", trace.loss_digests, trace.steps.size(), "step of /digests/steps");
  for (const auto* texts : {&trace.optimizer, &trace.layer_names, &trace.layers, &trace.loss_digests}) inspection.texts("/digests", *texts);
}

void inspect_result(Inspection& inspection, const std::string& name, const Result& result) {
  inspection.name("/results", name);
  inspection.text("/results/" + name, result.unit);
  inspection.text("/results/" + name, result.long_name);
}

void inspect_evaluation(Inspection& inspection, const std::string& name, const EvaluationResult& evaluation, std::size_t images) {
  const std::string path = "/evaluations/" + name;
  inspection.name("/evaluations", name);
  for (const auto& [metric, result] : evaluation.results) {
    inspection.name(path, metric);
    inspection.text(path + "/" + metric, result.unit);
    inspection.text(path + "/" + metric, result.long_name);
  }
  inspection.text(path, evaluation.scores_are);
  if (evaluation.predictions.empty() && evaluation.scores.empty()) return;  // numbers alone, of other images than the run's
  inspection.length(path + "/predictions", evaluation.predictions, images, "label");
  inspection.require(evaluation.classes >= 0 && evaluation.scores.size() == images * static_cast<std::size_t>(evaluation.classes),
                     path + "/scores", fmt::format("scores [{}, {}]", images, evaluation.classes),
                     fmt::format("{} values", evaluation.scores.size()));
  inspection.require(evaluation.scores_are.empty() == evaluation.scores.empty(), path + "/scores", "a word that says what scores are",
                     "one of the two alone");
}

void inspect_table(Inspection& inspection, const std::string& name, const Table& table) {
  const std::string path = "/tables/" + name;
  inspection.name("/tables", name);
  inspection.text(path, table.title);
  inspection.text(path, table.x);
  for (const auto& [column, values] : table.columns) {
    inspection.name(path, column);
    inspection.length(path + "/" + column, values, table.columns.begin()->second.size(),
                      "value of column '" + table.columns.begin()->first + "'");
  }
}

void inspect_images(Inspection& inspection, const std::string& name, const Images& images) {
  const std::string path = "/images/" + name;
  inspection.name("/images", name);
  inspection.text(path, images.title);
  inspection.texts(path, images.captions);
  inspection.require(images.channels == 1 || images.channels == 3, path, "1 or 3 channels", std::to_string(images.channels));
  const std::vector<std::int64_t> shape{images.count, images.height, images.width, images.channels};
  inspection.require(product(shape) == static_cast<std::int64_t>(images.pixels.size()), path,
                     fmt::format("pixels [{}]", fmt::join(shape, ", ")), fmt::format("{} bytes", images.pixels.size()));
  inspection.require(images.captions.empty() || static_cast<std::int64_t>(images.captions.size()) == images.count, path,
                     fmt::format("no caption or {}", images.count), std::to_string(images.captions.size()));
  inspection.require(images.set >= 1 && images.count % images.set == 0, path, fmt::format("sets that divide {} pictures", images.count),
                     fmt::format("sets of {}", images.set));
}

void inspect_tensor(Inspection& inspection, const std::string& name, const Tensor& tensor) {
  inspection.name("/weights", name);
  inspection.require(product(tensor.shape) == static_cast<std::int64_t>(tensor.values.size()), "/weights/" + name,
                     fmt::format("values [{}]", fmt::join(tensor.shape, ", ")), fmt::format("{} values", tensor.values.size()));
  inspection.require(tensor.shape.size() <= 32, "/weights/" + name, "at most 32 dimensions", std::to_string(tensor.shape.size()));
}

template <typename T, typename Inspect>
void drop_faulty(std::map<std::string, T>& parts, Inspect inspect, std::vector<Fault>& dropped) {
  for (auto part = parts.begin(); part != parts.end();) {
    Inspection inspection;
    inspect(inspection, part->first, part->second);
    const std::optional<Fault> fault = inspection.result();
    if (fault) dropped.push_back(*fault);
    part = fault ? parts.erase(part) : std::next(part);
  }
}

}  // namespace

std::vector<Fault> drop_faulty_parts(RunRecord& record) {
  std::vector<Fault> dropped;
  drop_faulty(record.results, inspect_result, dropped);
  drop_faulty(record.tables, inspect_table, dropped);
  drop_faulty(record.images, inspect_images, dropped);
  drop_faulty(record.weights, inspect_tensor, dropped);
  return dropped;
}

std::optional<Fault> find_fault(const RunRecord& record) {
  Inspection inspection;
  for (const std::string* text : {&record.paper, &record.trial, &record.scale, &record.run_id, &record.status}) inspection.text("/", *text);
  inspection.text("/recipe/toml", record.recipe_toml);
  for (const auto& [key, value] : record.provenance) {
    inspection.require(!key.empty(), "/provenance", "keys that are not empty", "''");
    inspection.text("/provenance", key);
    inspection.text("/provenance attribute '" + key + "'", value);
  }
  inspection.texts("/provenance/deviations", record.deviations);
  inspect_series(inspection, "/metrics", record.metrics, record.epochs.size());
  inspect_series(inspection, "/timing", record.timing, record.epochs.size());
  if (!record.weight_digests.empty()) inspection.length("/digests/weights", record.weight_digests, record.epochs.size(), "epoch of /epoch");
  inspection.texts("/digests/weights", record.weight_digests);
  inspect_trace(inspection, record.trace, record.epochs.size());
  inspection.length("/steps/train_loss", record.step_losses.values, record.step_losses.steps.size(), "step of /steps/step");
  inspection.length("/predictions/predictions", record.test_predictions, record.test_labels.size(), "label");
  for (const auto& [name, evaluation] : record.evaluations) inspect_evaluation(inspection, name, evaluation, record.test_labels.size());
  for (const auto& [key, value] : record.results) inspect_result(inspection, key, value);
  for (const PhaseTime& phase : record.phases) inspection.text("/phases/name", phase.name);
  for (const auto& [name, table] : record.tables) inspect_table(inspection, name, table);
  for (const auto& [name, images] : record.images) inspect_images(inspection, name, images);
  for (const auto& [name, tensor] : record.weights) inspect_tensor(inspection, name, tensor);
  return inspection.result();
}

}  // namespace reprise::records
