#include "suite/records/compare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <set>
#include <string_view>

#include "suite/records/digest.hpp"

namespace reprise::records {

namespace {

constexpr const char* kNone = "(none)";

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}
bool same_bits(std::integral auto a, std::integral auto b) {
  return a == b;
}
bool same_bits(const std::string& a, const std::string& b) {
  return a == b;
}

/// Which places of two lists differ, a place that only one has included.
struct Places {
  std::size_t count = 0, first = 0, last = 0;
};

template <typename T>
Places differing_places(const std::vector<T>& a, const std::vector<T>& b) {
  Places places;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size() && i < b.size() && same_bits(a[i], b[i])) continue;
    if (places.count++ == 0) places.first = i;
    places.last = i;
  }
  return places;
}

template <typename T>
std::string place_text(const std::vector<T>& values, std::size_t place) {
  return place < values.size() ? fmt::format("{}", values[place]) : kNone;
}

/// Long texts (a dirty diff, say) by their beginning and digest.
std::string brief(const std::string& text) {
  constexpr std::size_t kLongest = 120;
  const std::string line = text.substr(0, text.find('\n'));
  if (line.size() == text.size() && text.size() <= kLongest) return text.empty() ? "''" : text;
  return fmt::format("{}... ({} bytes, sha256 {})", line.substr(0, 40), text.size(), sha256_hex(std::string_view(text)).substr(0, 12));
}

/// Calls visit(name, pointer in a or null, pointer in b or null) for every name of either map, in order.
template <typename T, typename Visit>
void for_each_name(const std::map<std::string, T>& a, const std::map<std::string, T>& b, Visit&& visit) {
  std::set<std::string> names;
  for (const auto& entry : a) names.insert(entry.first);
  for (const auto& entry : b) names.insert(entry.first);
  const auto find = [](const auto& map, const std::string& name) {
    const auto at = map.find(name);
    return at == map.end() ? nullptr : &at->second;
  };
  for (const std::string& name : names) visit(name, find(a, name), find(b, name));
}

class Comparer {
 public:
  Comparer(const RunRecord& a, const RunRecord& b) : a_(a), b_(b) {}

  Comparison run(const CompareRecipes& compare_recipes) {
    compare_recipes(a_.recipe_toml, b_.recipe_toml, out_);
    inputs();
    axis();
    weight_digests();
    metrics();
    predictions();
    steps();
    evaluations();
    scalars();
    tables();
    images();
    weights();
    return std::move(out_);
  }

 private:
  void input(const std::string& what, const std::string& a, const std::string& b) {
    if (a != b) out_.inputs.push_back({what, brief(a), brief(b)});
  }
  void result(const std::string& what, const std::string& a, const std::string& b) { out_.results.push_back({what, a, b}); }

  /// Reports a thing that only one side has; true when both have it.
  bool both(const std::string& what, const void* a, const void* b) {
    if (a != nullptr && b != nullptr) return true;
    result(what, a == nullptr ? kNone : "present", b == nullptr ? kNone : "present");
    return false;
  }

  std::string after_epoch(std::size_t row) const {
    const auto& epochs = row < a_.epochs.size() ? a_.epochs : b_.epochs;
    return row < epochs.size() ? fmt::format("after epoch {}", epochs[row]) : fmt::format("row {}", row);
  }

  void inputs() {
    input("paper", a_.paper, b_.paper);
    input("trial", a_.trial, b_.trial);
    input("scale", a_.scale, b_.scale);
    input("seed", fmt::format("{}", a_.seed), fmt::format("{}", b_.seed));
    for_each_name(a_.provenance, b_.provenance, [&](const std::string& key, const std::string* a, const std::string* b) {
      if (a != nullptr && b != nullptr && *a == *b) return;
      auto& list = is_circumstance(key) ? out_.circumstances : out_.inputs;
      list.push_back({key, a == nullptr ? kNone : brief(*a), b == nullptr ? kNone : brief(*b)});
    });
    const std::string a = fmt::format("{}", fmt::join(a_.deviations, "; ")), b = fmt::format("{}", fmt::join(b_.deviations, "; "));
    if (a != b) out_.circumstances.push_back({"deviations", brief(a), brief(b)});
  }

  void axis() {
    const Places places = differing_places(a_.epochs, b_.epochs);
    if (places.count > 0) result("epochs recorded", fmt::format("{}", a_.epochs.size()), fmt::format("{}", b_.epochs.size()));
    if (a_.status != b_.status) result("status", a_.status, b_.status);
  }

  void weight_digests() {
    const Places places = differing_places(a_.weight_digests, b_.weight_digests);
    if (places.count == 0) return;
    result(fmt::format("digests/weights, first {}", after_epoch(places.first)), place_text(a_.weight_digests, places.first),
           place_text(b_.weight_digests, places.first));
  }

  void metrics() {
    for_each_name(a_.metrics, b_.metrics, [&](const std::string& name, const Series* a, const Series* b) {
      const std::string what = "metrics/" + name;
      if (!both(what, a, b)) return;
      if (a->unit != b->unit) result(what + " unit", a->unit, b->unit);
      const Places places = differing_places(a->values, b->values);
      if (places.count == 0) return;
      result(fmt::format("{}, first {}", what, after_epoch(places.first)), place_text(a->values, places.first),
             place_text(b->values, places.first));
      if (places.last == places.first) return;
      result(fmt::format("{}, last {}, {} epochs in all", what, after_epoch(places.last), places.count), place_text(a->values, places.last),
             place_text(b->values, places.last));
    });
  }

  void predictions() {
    const Places labels = differing_places(a_.test_labels, b_.test_labels);
    if (labels.count > 0) {
      result(fmt::format("test labels, {} differ, first of image {}", labels.count, labels.first), place_text(a_.test_labels, labels.first),
             place_text(b_.test_labels, labels.first));
    }
    const Places places = differing_places(a_.test_predictions, b_.test_predictions);
    if (places.count == 0) return;
    const std::size_t images = std::max(a_.test_predictions.size(), b_.test_predictions.size());
    result(fmt::format("test predictions, {} of {} differ, first for image {}", places.count, images, places.first),
           place_text(a_.test_predictions, places.first), place_text(b_.test_predictions, places.first));
  }

  void evaluations() {
    for_each_name(a_.evaluations, b_.evaluations, [&](const std::string& name, const EvaluationResult* a, const EvaluationResult* b) {
      const std::string what = "evaluations/" + name;
      if (!both(what, a, b)) return;
      scalars(what + "/", a->results, b->results);
      array(what + "/predictions", a->predictions, b->predictions);
      if (a->scores.empty() == b->scores.empty()) array(what + "/scores", a->scores, b->scores);
    });
  }

  void scalars() { scalars("results/", a_.results, b_.results); }
  void scalars(const std::string& group, const std::map<std::string, Result>& of_a, const std::map<std::string, Result>& of_b) {
    for_each_name(of_a, of_b, [&](const std::string& name, const Result* a, const Result* b) {
      if (a != nullptr && b != nullptr && same_bits(a->value, b->value)) return;
      result(group + name, a == nullptr ? kNone : fmt::format("{}", a->value), b == nullptr ? kNone : fmt::format("{}", b->value));
    });
  }

  void steps() {
    if (a_.step_losses.steps.empty() || b_.step_losses.steps.empty()) return;  // files of an earlier schema have none
    array("steps/step", a_.step_losses.steps, b_.step_losses.steps);
    array("steps/train_loss", a_.step_losses.values, b_.step_losses.values);
  }

  void tables() {
    for_each_name(a_.tables, b_.tables, [&](const std::string& name, const Table* a, const Table* b) {
      const std::string table = "tables/" + name;
      if (!both(table, a, b)) return;
      if (a->title != b->title) result(table + " title", a->title, b->title);
      if (a->x != b->x) result(table + " x", a->x, b->x);
      for_each_name(a->columns, b->columns,
                    [&](const std::string& column, const std::vector<double>* in_a, const std::vector<double>* in_b) {
                      const std::string what = table + "/" + column;
                      if (both(what, in_a, in_b)) array(what, *in_a, *in_b);
                    });
    });
  }

  void images() {
    for_each_name(a_.images, b_.images, [&](const std::string& name, const Images* a, const Images* b) {
      const std::string what = "images/" + name;
      if (!both(what, a, b)) return;
      const auto shape = [](const Images& i) { return fmt::format("[{}, {}, {}, {}]", i.count, i.height, i.width, i.channels); };
      if (shape(*a) != shape(*b)) return result(what + " shape", shape(*a), shape(*b));
      if (a->title != b->title) result(what + " title", a->title, b->title);
      array(what + " captions", a->captions, b->captions);
      if (a->set != b->set) result(what + " set", std::to_string(a->set), std::to_string(b->set));
      array(what, a->pixels, b->pixels);
    });
  }

  void weights() {
    if (a_.weights.empty() != b_.weights.empty()) return;  // one run was asked to store them; the digests speak for both
    for_each_name(a_.weights, b_.weights, [&](const std::string& name, const Tensor* a, const Tensor* b) {
      const std::string what = "weights/" + name;
      if (!both(what, a, b)) return;
      const auto shape = [](const Tensor& t) { return fmt::format("[{}]", fmt::join(t.shape, ", ")); };
      if (a->shape != b->shape) return result(what + " shape", shape(*a), shape(*b));
      array(what, a->values, b->values);
    });
  }

  template <typename T>
  void array(const std::string& what, const std::vector<T>& a, const std::vector<T>& b) {
    const Places places = differing_places(a, b);
    if (places.count == 0) return;
    result(fmt::format("{}, {} of {} values, first at {}", what, places.count, std::max(a.size(), b.size()), places.first),
           place_text(a, places.first), place_text(b, places.first));
  }

  const RunRecord &a_, &b_;
  Comparison out_;
};

}  // namespace

bool is_circumstance(const std::string& provenance_key) {
  constexpr std::array<std::string_view, 21> kWords = {"rank",  "thread",    "binding", "bound",   "host",  "node",      "cpu",
                                                       "cores", "memory",    "load",    "date",    "time",  "start",     "finish",
                                                       "user",  "directory", "resumed", "command", "phase", "processor", "_utc"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return provenance_key.find(word) != std::string::npos; });
}

void compare_recipe_texts(const std::string& a, const std::string& b, Comparison& comparison) {
  if (a != b) comparison.recipe.push_back({"text", brief(a), brief(b)});
}

Comparison compare(const RunRecord& a, const RunRecord& b, const CompareRecipes& compare_recipes) {
  return Comparer(a, b).run(compare_recipes);
}

}  // namespace reprise::records
