#include "reports/verdicts/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "reports/runs/run_groups.hpp"
#include "reports/text.hpp"
#include "suite/catalog/toml_plus_plus.hpp"
#include "suite/catalog/toml_table.hpp"
#include "suite/errors.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::reports {
namespace {

namespace fs = std::filesystem;

using Definitions = std::vector<std::string>;
using ClaimsOfPapers = std::map<std::string, std::map<std::string, Definitions>>;  // by slug and id

ClaimsOfPapers read_claims(const std::string& text) {
  ClaimsOfPapers claims;
  const toml::table parsed = catalog::parse_toml_text(text, kClaimsFile);
  const catalog::TomlTable root(parsed, kClaimsFile, "");
  for (const std::string& slug : root.keys()) {
    const catalog::TomlTable paper = *root.table(slug);
    for (auto&& [id, node] : paper.raw()) paper.read(std::string(id.str()), claims[slug][std::string(id.str())]);
    paper.finish();
  }
  root.finish();
  return claims;
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string text_of(const ClaimsOfPapers& claims) {
  std::string text =
      "# What each claim was about when there was evidence for it, oldest definition first. Written by `reprise report DIR "
      "--record-claims`.\n";
  for (const auto& [slug, of_paper] : claims) {
    text += fmt::format("\n[{}]\n", slug);
    for (const auto& [id, definitions] : of_paper) {
      std::vector<std::string> parts;
      for (const std::string& definition : definitions) parts.push_back(quoted(definition));
      text += fmt::format("{} = [{}]\n", quoted(id), joined(parts, ", "));
    }
  }
  return text;
}

Definitions history_of(const catalog::Claim& claim) {
  Definitions history;
  for (const catalog::EarlierDefinition& earlier : claim.history) history.push_back(earlier.definition.text());
  return history;
}

bool has(const Definitions& definitions, const std::string& definition) {
  return std::find(definitions.begin(), definitions.end(), definition) != definitions.end();
}

/// Earlier definitions of the record that the claim's history does not tell; the last one, too, if it is not today's.
Definitions untold(const catalog::Claim& claim, const Definitions& recorded) {
  const Definitions history = history_of(claim);
  Definitions untold;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const bool is_today = i + 1 == recorded.size() && recorded[i] == claim.text();
    if (!is_today && !has(history, recorded[i])) untold.push_back(recorded[i]);
  }
  return untold;
}

/// Each claim that was tested, once.
std::vector<std::pair<std::string, const catalog::Claim*>> tested_claims(const Report& report) {
  std::vector<std::pair<std::string, const catalog::Claim*>> claims;
  for (const PaperReport& paper : report.papers) {
    std::set<std::string> seen;
    for (const ClaimResult& result : paper.claims)
      if (result.status != Status::not_run && seen.insert(result.claim.id).second) claims.emplace_back(paper.slug, &result.claim);
  }
  return claims;
}

std::string untold_text(const std::string& slug, const catalog::Claim& claim, const std::string& definition) {
  return fmt::format(
      "{} {}: there is evidence for \"{}\", which is not today's definition (\"{}\") and has no [[claim.history]] with its verdict", slug,
      claim.id, definition, claim.text());
}

std::string number_text_of(const records::RunRecord& run) {
  std::string text = fmt::format("{}, {} scale, seed {}", run.trial, run.scale, run.seed);
  if (const auto error = value_of(run, "test_error")) text += fmt::format(", test_error {}", number_text(*error, "percent"));
  return text;
}

}  // namespace

void require_clean_tree(const fs::path& folder, const std::string& git_state) {
  if (git_state == "clean") return;
  for (fs::path above = fs::weakly_canonical(fs::absolute(folder)); !above.empty(); above = above.parent_path()) {
    if (fs::exists(above / kClaimsFile))
      throw InputError(Complaint{folder.string() + ", a folder of evidence (" + (above / kClaimsFile).string() + ")",
                                 "a program that was built from a clean tree, since a result names the commit that made it",
                                 git_state == "unknown" ? "one without a commit" : "one with changes that are not committed",
                                 "Commit and build again, or choose another folder with --out"});
    if (above == above.root_path()) break;
  }
}

bool have_equal_numbers(records::RunRecord a, records::RunRecord b) {
  a.weights.clear(), b.weights.clear();
  return record_digest(a, records::Part::repeatable) == record_digest(b, records::Part::repeatable);
}

std::vector<Superseded> superseded_runs(const fs::path& folder) {
  const fs::path place = folder / kSupersededFolder, file = place / "reasons.toml";
  if (!fs::is_directory(place)) return {};
  std::set<std::string> there;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(place))
    if (entry.path().extension() == ".h5") there.insert(fs::relative(entry.path(), place).generic_string());
  const toml::table parsed = catalog::parse_toml_file(file);
  const catalog::TomlTable root(parsed, file.string(), "");
  std::map<std::string, Superseded> runs;
  for (const catalog::TomlTable& table : root.tables("superseded")) {
    std::vector<std::string> files;
    table.read("files", files);
    const std::string reason = table.required_text("reason");
    for (const std::string& name : files) {
      if (there.erase(name) == 0) table.refuse("files", "result files of this folder, each once", "\"" + name + "\"", "Correct the list");
      const records::RunRecord run = records::read_result(place / name);
      if (fs::exists(folder / name) && have_equal_numbers(records::read_result(folder / name), run))
        throw InputError(Complaint{(folder / name).string(), "a run that counts", "one that is superseded, too", "Remove this copy"});
      runs[name] = {kSupersededFolder + "/" + name, reason, number_text_of(run)};
    }
    table.finish();
  }
  root.finish();
  if (!there.empty())
    throw InputError(
        Complaint{file.string(), "a reason for every result file", "none for " + *there.begin(), "Add it to a [[superseded]]"});
  std::vector<Superseded> sorted;
  for (auto& [name, run] : runs) sorted.push_back(std::move(run));
  return sorted;
}

std::string record_claims(const Report& report, const std::string& recorded) {
  ClaimsOfPapers claims = read_claims(recorded);
  for (const auto& [slug, claim] : tested_claims(report)) {
    Definitions& definitions = claims[slug][claim->id];
    for (const std::string& definition : untold(*claim, definitions))
      throw InputError(Complaint{kClaimsFile, "a [[claim.history]] for every definition that there was evidence for",
                                 untold_text(slug, *claim, definition), "Write it: until, kind, sides, margin, verdict, reason"});
    if (definitions.empty()) definitions = history_of(*claim);
    if (definitions.empty() || definitions.back() != claim->text()) definitions.push_back(claim->text());
  }
  return text_of(claims);
}

std::vector<std::string> faults_of_claims(const Report& report, const std::string& recorded) {
  ClaimsOfPapers claims = read_claims(recorded);
  std::vector<std::string> faults;
  for (const auto& [slug, claim] : tested_claims(report)) {
    const Definitions& definitions = claims[slug][claim->id];
    if (definitions.empty() || definitions.back() != claim->text())
      faults.push_back(fmt::format("{} {}: \"{}\" is not recorded", slug, claim->id, claim->text()));
    for (const std::string& definition : untold(*claim, definitions)) faults.push_back(untold_text(slug, *claim, definition));
    claims[slug].erase(claim->id);
  }
  for (const auto& [slug, left] : claims)
    for (const auto& [id, definitions] : left) faults.push_back(fmt::format("{} {}: recorded, but not tested by the evidence", slug, id));
  return faults;
}

}  // namespace reprise::reports
