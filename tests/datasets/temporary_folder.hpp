#pragma once
// A folder that is gone at the end of the test, and files in it.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::datasets {

using Bytes = std::vector<std::uint8_t>;

using tests::TemporaryFolder;

inline std::filesystem::path write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The number that follows `words` in the message of the error that `action` throws; -1: there is none.
template <typename Error = InputError, typename Action>
long number_in_error(const Action& action, const std::string& words) {
  try {
    action();
  } catch (const Error& error) {
    const std::string message = error.what();
    const std::size_t place = message.find(words);
    if (place != std::string::npos) return std::atol(message.c_str() + place + words.size());
  }
  return -1;
}

/// The message of the error that `action` throws must hold each of `parts`.
template <typename Error = InputError, typename Action>
void expect_error(const Action& action, const std::vector<std::string>& parts) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with '" << (parts.empty() ? "" : parts.front()) << "'";
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << "no '" << part << "' in: " << message;
  }
}

}  // namespace reprise::datasets
