#pragma once
// Options whose keys a recipe does not know: those of models and analyses.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace reprise::recipes {

/// Free-form options of a model or an analysis, as they stand in TOML. Getters throw InputError naming key, expected and
/// found type; `check_all_used` throws for a key that nobody asked for and lists the keys that were asked for.
class Options {
 public:
  using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

  void set(const std::string& key, Value value) { values_[key] = std::move(value); }
  bool has(const std::string& key) const;
  bool get_bool(const std::string& key, bool fallback) const;
  std::int64_t get_int(const std::string& key, std::int64_t fallback) const;
  double get_double(const std::string& key, double fallback) const;  ///< accepts integers
  std::string get_string(const std::string& key, const std::string& fallback) const;
  std::vector<double> get_doubles(const std::string& key, const std::vector<double>& fallback) const;  ///< accepts one number
  std::vector<std::int64_t> get_ints(const std::string& key, const std::vector<std::int64_t>& fallback) const;
  std::vector<std::string> get_strings(const std::string& key, const std::vector<std::string>& fallback) const;
  /// `where` names the owner in the message: "model 'mlp' of trial dropout/relu".
  void check_all_used(const std::string& where) const;
  const std::map<std::string, Value>& values() const { return values_; }
  bool operator==(const Options& other) const { return values_ == other.values_; }

 private:
  const Value* find(const std::string& key) const;
  std::map<std::string, Value> values_;
  mutable std::map<std::string, std::string> asked_;  ///< key -> type asked for
};

}  // namespace reprise::recipes
