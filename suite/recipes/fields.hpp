#pragma once
// The table of recipe fields. It drives reading and writing TOML, --set and its help, comparing, and `reprise show`: a new field is a
// member of Recipe and a row here.

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "suite/recipes/recipe.hpp"

namespace reprise::recipes {

/// What a field is for.
enum class Role {
  name,     ///< paper, trial, scale: hashed, and no override changes them
  setting,  ///< decides numbers: hashed
  word,     ///< title, published ids, deviations: not hashed
};

struct Field {
  /// The member that holds the value.
  using Place = std::variant<bool*, int*, std::int64_t*, double*, std::string*, Precision*, std::vector<double>*, std::vector<std::string>*,
                             std::vector<Deviation>*, std::vector<optimizers::Rule>*, std::vector<PhaseRecipe>*,
                             std::vector<EvaluationRecipe>*, std::vector<ProbeRecipe>*, std::map<std::string, std::string>*, Options*>;

  std::string key;  ///< as in --set: "optimizer.max_norm"; "model.*" holds the keys that no other row of its table names
  std::function<Place(Recipe&)> at;
  const char* help;
  double min = -std::numeric_limits<double>::infinity(), max = std::numeric_limits<double>::infinity();  ///< of each element of a list
  bool open = false;                    ///< the bounds themselves are excluded
  std::vector<std::string> among{};     ///< the allowed strings; empty: any
  const char* word_for_zero = nullptr;  ///< "auto"
  bool quiet = false;                   ///< not written while it has its default
  bool plastic = false;                 ///< read by procedures with a plastic phase; not written under others
  const char* only_with = nullptr;      ///< the row without which it says nothing; not written while that has its default
  bool restarts = false;                ///< another value puts the other rows of its table back to their defaults
  const char* clears = nullptr;         ///< the row that goes back to its default where this one is given
  bool adds_up = false;                 ///< a later layer's list is appended, not put in its place
  bool stages = false;                  ///< a list of "flip" or { crop = { pad = 4 } }
  Role role = Role::setting;

  Place place(const Recipe& recipe) const { return at(const_cast<Recipe&>(recipe)); }  ///< to read from
  std::string table() const;  ///< "optimizer." of "optimizer.max_norm", "" of "batch"
  std::string name() const;   ///< "max_norm"
};

/// In the order in which they are written.
const std::vector<Field>& fields();

/// Null where there is none of that key. "optimizer.learning_rate" is "optimizer.learning_rate.value", "model.width" is "model.*".
const Field* find_field(const std::string& key);

/// Puts one field, or all other rows of its table, back to the default.
void reset(const Field& field, Recipe& recipe);
void restart_table(const Field& field, Recipe& recipe);

bool same_value(const Field& field, const Recipe& a, const Recipe& b);
bool has_default(const Field& field, const Recipe& recipe);
/// Whether the procedure reads it and it says something.
bool is_written(const Field& field, const Recipe& recipe);

/// Notes an override that changed something, and forgets those that it took back.
void note_by_hand(Recipe& recipe, const std::string& key, const std::string& value);

/// "set by hand: epochs=4", as footnotes and result files have it.
std::string by_hand_text(const std::string& setting);

/// True if an override of one of the keys was noted: "optimizer" covers "optimizer.max_norm" and the other way round.
bool is_set_by_hand(const Recipe& recipe, const std::vector<std::string>& keys);

/// The texts of the deviations that no override contradicts.
std::vector<std::string> deviation_texts(const Recipe& recipe);

}  // namespace reprise::recipes
