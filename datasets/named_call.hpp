#pragma once
// A stage or augmentation as a recipe writes it: "name" or "name(key=value,key=value)".

#include <map>
#include <set>
#include <string>
#include <vector>

namespace reprise::datasets {

/// Getters remember which keys were asked for; `check_all_used` throws for the rest. All throw InputError that names the text.
class NamedCall {
 public:
  /// `what` names the kind of thing in messages: "preprocessing stage". Throws InputError for text that is not of the form above.
  NamedCall(std::string what, const std::string& text);

  const std::string& name() const { return name_; }
  double get_double(const std::string& key, double fallback, double least, double most);
  /// Numbers separated by slashes, `count` of them or none: "125.3/123.0/113.9".
  std::vector<double> get_doubles(const std::string& key, std::size_t count, double least, double most);
  int get_int(const std::string& key, int fallback, int least, int most);
  /// One of `choices`, the first of which is the fallback.
  std::string get_choice(const std::string& key, const std::vector<std::string>& choices);
  void check_all_used() const;
  /// Throws: the name is none of `known`.
  [[noreturn]] void fail_unknown(const std::vector<std::string>& known) const;

 private:
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const;

  std::string what_, text_, name_;
  std::map<std::string, std::string> arguments_;
  std::set<std::string> used_;
};

}  // namespace reprise::datasets
