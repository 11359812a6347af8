#include "reports/verdicts/collect.hpp"

#include <fmt/format.h>

#include "reports/verdicts/evidence.hpp"
#include "suite/errors.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::reports {

namespace fs = std::filesystem;

namespace {

/// Throws InputError with the reason if the run is no evidence.
void collect_run(const fs::path& file, const fs::path& evidence, Collected& collected) {
  records::RunRecord record = records::read_result(file);
  const fs::path name = fs::path(record.paper) / record.trial / file.filename(), copy = evidence / name;
  const auto state = record.provenance.find("git_dirty_diff_sha1");
  if (state == record.provenance.end() || state->second != "clean")
    throw InputError("made by a program that was not built from a clean commit");
  record.weights.clear();
  const fs::path superseded = evidence / kSupersededFolder / name;
  if (fs::exists(superseded) && have_equal_numbers(records::read_result(superseded), record)) {
    ++collected.superseded;
  } else if (!fs::exists(copy)) {
    records::write_result(record, copy);
    collected.added.push_back(copy);
  } else if (have_equal_numbers(records::read_result(copy), record)) {
    ++collected.already_there;
  } else {
    throw InputError(fmt::format("{} has other numbers: move that to {}/ first, with a reason", copy.string(), kSupersededFolder));
  }
}

}  // namespace

Collected collect_runs(const fs::path& results, const fs::path& evidence) {
  const records::ResultFolder folder = records::list_result_folder(results, {kSupersededFolder});
  Collected collected;
  collected.left_out = folder.unreadable;
  for (const fs::path& file : folder.results) try {
      collect_run(file, evidence, collected);
    } catch (const InputError& error) {
      collected.left_out.push_back({file, error.what()});
    }
  return collected;
}

}  // namespace reprise::reports
