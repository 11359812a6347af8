#pragma once
// Options of the command line that take a number: one reader for all of them.

#include <CLI/CLI.hpp>
#include <concepts>
#include <cstdint>
#include <string>

#include "suite/text/quantities.hpp"

namespace reprise::command {

constexpr int kMaxThreads = 4096;

/// An option that sets `value` to a decimal integer from `min` to `max`. Parsing throws InputError for anything else.
template <std::integral Integer>
CLI::Option* add_integer(CLI::App& app, const std::string& flag, Integer& value, Integer min, Integer max, const std::string& help) {
  return app
      .add_option_function<std::string>(
          flag, [=, &value](const std::string& text) { value = static_cast<Integer>(text::parse_integer(flag, text, min, max)); }, help)
      ->option_text("N");
}

/// The same for any number from `min` to `max`; a fraction or an exponent may be given. `value`: a double, or an optional one.
template <typename Number>
CLI::Option* add_number(CLI::App& app, const std::string& flag, Number& value, double min, double max, const std::string& help) {
  return app
      .add_option_function<std::string>(
          flag, [=, &value](const std::string& text) { value = text::parse_number(flag, text, min, max); }, help)
      ->option_text("X");
}

}  // namespace reprise::command
