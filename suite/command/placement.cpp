#include "suite/command/placement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/runs/provenance.hpp"
#include "suite/text/core_list.hpp"
#include "suite/version.hpp"

namespace reprise::command {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankFacts, host, cores, answer_version, threads)

namespace {

/// The cores that this process may use.
std::string allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::set<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.insert(core);
  return text::core_list(cores);
}

void require_same_bits(const std::vector<RankFacts>& ranks) {
  std::map<std::string, std::vector<std::string>> by_version;
  for (std::size_t r = 0; r < ranks.size(); ++r)
    by_version[ranks[r].answer_version].push_back(fmt::format("rank {} on {}", r, ranks[r].host));
  if (by_version.size() < 2) return;
  std::string found;
  for (const auto& [version, who] : by_version)
    found += fmt::format("{}{} ({}{})", found.empty() ? "" : "; ", version, who.front(),
                         who.size() > 1 ? fmt::format(" and {} more", who.size() - 1) : "");
  throw InputError(Complaint{"ranks", "one build, one oneDNN and one instruction set", found,
                             "Give all of them " + runs::kLowestArithmetic + " (mpirun -x passes each on), or use nodes of one kind"});
}

}  // namespace

RankFacts facts_of_this_rank(int threads) {
  return {ranks::host_name(), allowed_cores(), version() + ", " + runs::arithmetic(false), threads};
}

Placement place(const std::vector<RankFacts>& ranks) {
  require_same_bits(ranks);
  std::map<std::string, std::vector<std::size_t>> on_host;
  for (std::size_t r = 0; r < ranks.size(); ++r) on_host[ranks[r].host].push_back(r);
  Placement placement{std::vector<int>(ranks.size(), 1), {}};
  std::vector<std::string> bound, crowded;
  for (const auto& [host, members] : on_host) {
    std::set<int> all;
    std::map<std::string, int> sharing;  ///< ranks that have the same cores
    for (const std::size_t r : members) {
      ++sharing[ranks[r].cores];
      all.merge(text::read_core_list(ranks[r].cores));
    }
    int threads = 0;
    for (const std::size_t r : members) {
      const int cores = static_cast<int>(text::read_core_list(ranks[r].cores).size());
      placement.threads[r] = ranks[r].threads > 0 ? ranks[r].threads : std::max(1, cores / sharing[ranks[r].cores]);
      threads += placement.threads[r];
      if (placement.threads[r] > cores)
        bound.push_back(fmt::format("rank {} on {} has {} threads but is bound to core {}", r, host, placement.threads[r], ranks[r].cores));
    }
    if (bound.empty() && threads > static_cast<int>(all.size()))
      crowded.push_back(fmt::format("{}: {} threads on {} cores", host, threads, all.size()));
  }
  if (!bound.empty())
    placement.warnings.push_back(
        fmt::format("{}{}. By default mpirun binds ranks to cores: mpirun --map-by slot:PE=N gives each rank N cores, --bind-to none "
                    "gives it all",
                    bound.front(), bound.size() > 1 ? fmt::format(" (and {} more ranks)", bound.size() - 1) : ""));
  if (!crowded.empty())
    placement.warnings.push_back(
        fmt::format("{}: slower than one thread per core, with the same results. Use fewer ranks or --threads", fmt::join(crowded, ", ")));
  return placement;
}

int settle_placement(int threads, ranks::Session& session) {
  if (session.size() == 1) return threads;
  std::vector<RankFacts> facts;
  for (const std::string& text : session.gather(nlohmann::json(facts_of_this_rank(threads)).dump()))
    facts.push_back(nlohmann::json::parse(text).get<RankFacts>());
  const Placement placement = place(facts);
  if (session.rank() == 0) {
    std::set<std::string> hosts;
    for (const RankFacts& rank : facts) hosts.insert(rank.host);
    tell("reprise: {} ranks are up on {} host{}\n", facts.size(), hosts.size(), hosts.size() == 1 ? "" : "s");
    for (const std::string& warning : placement.warnings) tell("reprise: note: {}\n", warning);
  }
  return placement.threads[static_cast<std::size_t>(session.rank())];
}

}  // namespace reprise::command
