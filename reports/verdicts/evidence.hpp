#pragma once
// A folder of evidence: result files that stand for what a project says. It has a claims.toml, which records what each claim was about when
// there was evidence for it, and perhaps a superseded/ with runs that no longer count, each with its reason.

#include <filesystem>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace reprise::reports {

inline const std::string kClaimsFile = "claims.toml";
inline const std::string kSupersededFolder = "superseded";

/// Refuses to write into a folder of evidence, or below one, unless the program was built from a clean tree ("clean" of build_facts()): a
/// result names the commit that made it. Throws InputError.
void require_clean_tree(const std::filesystem::path& folder, const std::string& git_state);

/// But for timing, provenance and weights. A run that was repeated by another program has its name and, it may be, other numbers.
bool have_equal_numbers(records::RunRecord a, records::RunRecord b);

/// The runs of FOLDER/superseded, by file. reasons.toml there lists `files` and `reason` in tables [[superseded]]. Throws InputError if a
/// result file has no reason, a reason no file, or if FOLDER has a file of that name with the same numbers.
std::vector<Superseded> superseded_runs(const std::filesystem::path& folder);

/// The text of claims.toml with the definitions of today added: "slug" tables, a list of definitions per claim, oldest first. `recorded` is
/// the text that is there, or "". Throws InputError if a definition differs from the recorded one and no [[claim.history]] has that one.
std::string record_claims(const Report& report, const std::string& recorded);

/// What is wrong with the record, a sentence each: a claim with evidence that is not in it, one whose kind, sides, metric or margin differ
/// from it, an earlier definition that the claim's history does not tell.
std::vector<std::string> faults_of_claims(const Report& report, const std::string& recorded);

}  // namespace reprise::reports
