// reprise seal RUN.h5

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/isolated_bytes.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::command {
namespace {

bool is_sealed(const std::string& file) {
  try {
    records::read_result(file);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

/// Without a seal nothing vouches for the bytes, and HDF5 may crash on damaged ones: a child process reads them.
void check_in_child(const std::string& file) {
  datasets::IsolatedBytes child([&](const datasets::IsolatedBytes::Send& send) {
    records::check_without_seal(file);
    const std::uint8_t sound = 1;
    send(&sound, sizeof sound);
  });
  try {
    child.value<std::uint8_t>();
  } catch (const datasets::ChildEnded& ended) {
    throw InputError(Complaint{"result file '" + file + "'", "HDF5 that the HDF5 library can read",
                               fmt::format("damage, at which the library ended with {}", ended.what()),
                               "Run the trial again (--force), or take a sound copy."});
  }
}

int seal(const std::vector<std::string>& files) {
  int code = kDone;
  for (const std::string& file : files) try {
      if (is_sealed(file)) {
        fmt::print("{}: its seal is whole\n", file);
        continue;
      }
      check_in_child(file);
      records::seal_again(file);
      fmt::print("{}: the content is that of its content_sha256; sealed again\n", file);
    } catch (const InputError& error) {
      tell("reprise: not sealed: {}\n", error.what());
      code = kBadInput;
    }
  return code;
}

}  // namespace

Command add_seal(CLI::App& program) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* app = program.add_subcommand("seal", "Seals result files again that another program has opened for writing");
  app->add_option("RUN.h5", *files, "Result files")->option_text(" ")->required();
  app->footer(
      "Any program that opens a result file for writing breaks its seal, even if it changes nothing. A file is sealed again if its\n"
      "recipe, provenance, metrics, predictions and all else are what its content_sha256 says; else it is refused (exit code 2).\n\n" +
      examples({"reprise seal results/dropout/table2-dropout-relu/*.h5"}));
  return {app, [files] { return seal(*files); }};
}

}  // namespace reprise::command
