// reprise list [PAPER] [--json]

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/text.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/command/command.hpp"
#include "suite/errors.hpp"
#include "suite/runs/forecast.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::count_text;

using nlohmann::ordered_json;

struct ListFlags {
  std::string paper;
  bool json = false, names = false;
};

/// One trial and its costs at each of its scales.
struct Entry {
  const catalog::Trial& trial;
  std::vector<runs::Forecast> costs;
};

std::vector<Entry> entries_of(const catalog::Paper& paper) {
  std::vector<Entry> entries;
  for (const catalog::Trial& trial : paper.trials) {
    Entry entry{trial, {}};
    for (const recipes::Recipe& recipe : trial.recipes) entry.costs.push_back(runs::count_costs(recipe));
    entries.push_back(std::move(entry));
  }
  return entries;
}

ordered_json as_json(const catalog::Paper& paper) {
  ordered_json trials = ordered_json::array();
  for (const Entry& entry : entries_of(paper)) {
    ordered_json scales = ordered_json::object();
    for (std::size_t i = 0; i < entry.trial.recipes.size(); ++i) {
      scales[entry.trial.scales[i]] = {{"dataset", entry.trial.recipes[i].dataset},
                                       {"parameters", entry.costs[i].parameters},
                                       {"steps", entry.costs[i].steps},
                                       {"training_operations", entry.costs[i].training_flops}};
    }
    trials.push_back({{"name", entry.trial.name}, {"title", entry.trial.title}, {"scales", scales}});
  }
  return {{"slug", paper.slug}, {"title", paper.title}, {"year", paper.year}, {"trials", trials}};
}

std::string data_sets_of(const Entry& entry) {
  std::string text;
  std::set<std::string> seen;
  for (const recipes::Recipe& recipe : entry.trial.recipes)
    for (const std::string& name : recipes::data_sets(recipe))
      if (seen.insert(name).second) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// "smoke, desk, paper": those that a trial of the paper has.
std::string scales_of(const catalog::Paper& paper) {
  std::vector<std::string> scales;
  for (const std::string& scale : recipes::scale_names()) {
    const auto has = [&](const catalog::Trial& trial) { return trial.recipe_at(scale) != nullptr; };
    if (std::any_of(paper.trials.begin(), paper.trials.end(), has)) scales.push_back(scale);
  }
  return reports::joined(scales, ", ");
}

void print_papers(const std::vector<std::string>& slugs) {
  std::vector<std::vector<std::string>> table = {{"paper", "title", "year", "trials", "scales"}};
  for (const std::string& slug : slugs) {
    const catalog::Paper paper = catalog::load_paper(slug);
    table.push_back({slug, paper.title, fmt::format("{}", paper.year), fmt::format("{}", paper.trials.size()), scales_of(paper)});
  }
  fmt::print("{}\n{}", reports::aligned(table, "-"),
             reports::filled("Trials of a paper: `reprise list PAPER`. Its nets, published numbers and claims: `reprise show PAPER`."));
}

void print_trials(const catalog::Paper& paper) {
  fmt::print("{}", reports::filled(fmt::format("{}  {}{}", paper.slug, paper.title,
                                               paper.venue.empty() ? "" : fmt::format(" ({}, {})", paper.venue, paper.year)),
                                   "  "));
  std::vector<std::vector<std::string>> table = {{"trial", "data sets", "operations", "title"}};
  for (const Entry& entry : entries_of(paper)) {
    std::string costs;
    for (std::size_t i = 0; i < entry.costs.size(); ++i) {
      costs += (i == 0 ? "" : ", ") + entry.trial.scales[i] + " " + count_text(entry.costs[i].training_flops);
    }
    table.push_back({entry.trial.name, data_sets_of(entry), costs, entry.trial.title});
  }
  fmt::print("{}\n", reports::aligned(table, "-"));
}

int list(const ListFlags& flags) {
  const std::vector<std::string> slugs = flags.paper.empty() ? catalog::paper_slugs() : std::vector<std::string>{flags.paper};
  if (flags.names) {
    for (const std::string& slug : slugs) {
      fmt::print("{}\n", slug);
      for (const catalog::Trial& trial : catalog::load_paper(slug).trials) fmt::print("{}/{}\n", slug, trial.name);
    }
  } else if (flags.json) {
    ordered_json papers = ordered_json::array();
    for (const std::string& slug : slugs) papers.push_back(as_json(catalog::load_paper(slug)));
    fmt::print("{}\n", ordered_json{{"papers", papers}}.dump(2));
  } else if (flags.paper.empty()) {
    print_papers(slugs);
  } else {
    print_trials(catalog::load_paper(flags.paper));
    fmt::print("{}",
               reports::filled("Operations are those of training one seed; `reprise plan PAPER --scale S` forecasts time and memory on "
                               "this machine."));
  }
  return kDone;
}

}  // namespace

Command add_list(CLI::App& program) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* app = program.add_subcommand("list", "Lists the papers, or the trials of one with their scales, data sets and cost");
  app->add_option("PAPER", flags->paper, "Lists the trials of this paper")->option_text(" ");
  app->add_flag("--json", flags->json, "Print JSON");
  app->add_flag("--names", flags->names, "Print what `run` takes: each paper and each trial, one per line")->excludes("--json");
  app->footer(examples({"reprise list", "reprise list dropout", "reprise list dropout --json", "reprise list --names"}));
  return {app, [flags] { return list(*flags); }};
}

}  // namespace reprise::command
