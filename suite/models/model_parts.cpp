#include "suite/models/model_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::models {

std::string choice(const recipes::Options& options, const std::string& key, const std::string& fallback,
                   const std::vector<std::string>& allowed) {
  const std::string value = options.get_string(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  throw InputError(Complaint{fmt::format("option '{}'", key), fmt::format("one of {}", fmt::join(allowed, ", ")),
                             fmt::format("'{}'", value), text::did_you_mean(value, allowed, "Use one of these")});
}

std::int64_t count_of(const recipes::Options& options, const std::string& key, std::int64_t fallback, std::int64_t least) {
  const std::int64_t value = options.get_int(key, fallback);
  if (value >= least) return value;
  throw InputError(
      Complaint{fmt::format("option '{}'", key), fmt::format("at least {}", least), fmt::format("{}", value), "Correct the value"});
}

std::vector<std::int64_t> widths_of(const recipes::Options& options, const std::string& key, const std::vector<std::int64_t>& fallback,
                                    std::size_t length) {
  const std::vector<std::int64_t> widths = options.get_ints(key, fallback);
  const bool positive = std::all_of(widths.begin(), widths.end(), [](std::int64_t width) { return width > 0; });
  if (positive && !widths.empty() && (length == 0 || widths.size() == length)) return widths;
  throw InputError(Complaint{fmt::format("option '{}'", key),
                             length ? fmt::format("{} positive integers", length) : std::string("positive integers"),
                             fmt::format("[{}]", fmt::join(widths, ", ")), "Correct the list"});
}

layers::DropoutForm dropout_form(const recipes::Options& options, const std::string& fallback) {
  const std::string form = choice(options, "dropout_form", fallback, {"non_inverted", "inverted", "gaussian"});
  if (form == "gaussian") return layers::DropoutForm::gaussian;
  return form == "inverted" ? layers::DropoutForm::inverted : layers::DropoutForm::non_inverted;
}

void put_dropout(graph::Graph& graph, const std::string& name, double keep, layers::DropoutForm form) {
  if (!(keep > 0 && keep <= 1)) {
    throw InputError(Complaint{fmt::format("keep probability of '{}'", name), "a number above 0 and at most 1", fmt::format("{}", keep),
                               "Note that 0.8 keeps four of five units"});
  }
  if (keep < 1) put<layers::Dropout>(graph, name, {.keep = keep, .form = form});
}

}  // namespace reprise::models
