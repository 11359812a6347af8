#include "suite/command/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "suite/catalog/recipe_text.hpp"
#include "suite/errors.hpp"

namespace reprise::command {
namespace {

const char* text_of(bool flag) {
  return flag ? "given" : "not given";
}

/// The first line in which two texts differ, "no more lines" where one has ended.
std::pair<std::string, std::string> first_difference(const std::string& left, const std::string& right) {
  std::istringstream lefts(left), rights(right);
  std::string a, b;
  while (true) {
    const bool has_a = static_cast<bool>(std::getline(lefts, a)), has_b = static_cast<bool>(std::getline(rights, b));
    if (has_a && has_b && a == b) continue;
    return {has_a ? a : "no more lines", has_b ? b : "no more lines"};
  }
}

}  // namespace

Assignment assignment_of(const std::vector<PlannedRun>& runs, const runs::RunOptions& options) {
  Assignment assignment = {{"--out", options.out.string()},
                           {"--force", text_of(options.force)},
                           {"--keep-weights", text_of(options.keep_weights)},
                           {"number of runs", std::to_string(runs.size())}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string place = fmt::format("run {}", i + 1);
    assignment.emplace_back(place, runs[i].name());
    assignment.emplace_back(fmt::format("recipe of {}, {}", place, runs[i].name()), catalog::settings_text(runs[i].recipe));
  }
  return assignment;
}

void require_same(const std::vector<Assignment>& by_rank, const std::vector<std::string>& hosts) {
  const Assignment& first = by_rank.front();
  for (std::size_t r = 1; r < by_rank.size(); ++r) {
    for (std::size_t i = 0; i < std::min(first.size(), by_rank[r].size()); ++i) {
      if (by_rank[r][i] == first[i]) continue;
      const auto [expected, found] = first_difference(first[i].second, by_rank[r][i].second);
      throw InputError(Complaint{first[i].first, fmt::format("the same on all ranks: {} on rank 0 ({})", expected, hosts[0]),
                                 fmt::format("{} on rank {} ({})", found, r, hosts[r]),
                                 "Start all ranks with the same arguments, and give all nodes the same experiments folder"});
    }
  }
}

void require_same(const Assignment& mine, ranks::Session& session) {
  if (session.size() == 1) return;
  const nlohmann::json packed = {ranks::host_name(), mine};
  const std::vector<std::string> texts = session.gather(packed.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (session.rank() != 0) return;
  std::vector<Assignment> assignments;
  std::vector<std::string> hosts;
  for (const std::string& text : texts) {
    const nlohmann::json theirs = nlohmann::json::parse(text);
    hosts.push_back(theirs.at(0).get<std::string>());
    assignments.push_back(theirs.at(1).get<Assignment>());
  }
  require_same(assignments, hosts);
}

}  // namespace reprise::command
