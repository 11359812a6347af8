#include "reports/verdicts/collect.hpp"

#include <fmt/format.h>

#include "reports/verdicts/evidence.hpp"
#include "suite/errors.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::reports {

namespace fs = std::filesystem;

namespace {

class Collection {
 public:
  explicit Collection(const fs::path& evidence) : evidence_(evidence) {}

  void add(const fs::path& file) {
    records::RunRecord record;
    try {
      record = records::read_result(file);
    } catch (const InputError& error) {
      return leave_out(file, error.what());
    }
    const auto state = record.provenance.find("git_dirty_diff_sha1");
    if (state == record.provenance.end() || state->second != "clean")
      return leave_out(file, "made by a program that was not built from a clean commit");
    record.weights.clear();
    const fs::path name = fs::path(record.paper) / record.trial / file.filename(), copy = evidence_ / name;
    if (fs::exists(evidence_ / kSupersededFolder / name)) {
      ++collected_.superseded;
    } else if (!fs::exists(copy)) {
      records::write_result(record, copy);
      collected_.added.push_back(copy);
    } else if (equals(record, copy)) {
      ++collected_.already_there;
    } else {
      leave_out(file, fmt::format("{} has other numbers: move that to {}/ first, with a reason", copy.string(), kSupersededFolder));
    }
  }

  void leave_out(const fs::path& file, std::string reason) { collected_.left_out.push_back({file, std::move(reason)}); }

  Collected take() { return std::move(collected_); }

 private:
  static bool equals(const records::RunRecord& record, const fs::path& copy) {
    records::RunRecord other = records::read_result(copy);
    other.weights.clear();
    return record_digest(record, records::Part::repeatable) == record_digest(other, records::Part::repeatable);
  }

  const fs::path& evidence_;
  Collected collected_;
};

}  // namespace

Collected collect_runs(const fs::path& results, const fs::path& evidence) {
  const records::ResultFolder folder = records::list_result_folder(results, {kSupersededFolder});
  Collection collection(evidence);
  for (const fs::path& file : folder.results) collection.add(file);
  for (const records::Unreadable& unreadable : folder.unreadable) collection.leave_out(unreadable.path, unreadable.reason);
  return collection.take();
}

}  // namespace reprise::reports
