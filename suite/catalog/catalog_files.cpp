#include "suite/catalog/catalog_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "suite/catalog/experiment_file.hpp"
#include "suite/catalog/matrix.hpp"
#include "suite/catalog/sides.hpp"
#include "suite/errors.hpp"
#include "suite/metrics/metric.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::catalog {
namespace {

using recipes::scale_names;

template <typename Value>
void read_optional(const TomlTable& table, const std::string& key, std::optional<Value>& value) {
  Value found{};
  if (table.read(key, found)) value = found;
}

// ------------------------------------------------------------------------------------------------ published.toml

void read_paper_table(const TomlTable& root, Paper& paper) {
  const auto table = root.table("paper");
  if (!table) root.refuse("", "a table [paper]", "none", "Add it");
  paper.slug = table->required_text("slug");
  paper.title = table->required_text("title");
  table->read("authors", paper.authors);
  table->read("venue", paper.venue);
  table->read("year", paper.year);
  table->read("arxiv", paper.arxiv);
  table->read("note", paper.note);
  table->read("headline", paper.headline);
  table->finish();
}

void require_metric(const TomlTable& table, const std::string& name) {
  std::vector<std::string> known;
  for (const metrics::Metric& metric : metrics::all()) known.emplace_back(metric.name);
  if (metrics::find_if_known(name) == nullptr)
    table.refuse("metric", "a metric of suite/metrics/metric.cpp", fmt::format("\"{}\"", name),
                 text::did_you_mean(name, known, "Correct the name, or add a row there: name, unit, which way is better"));
}

PublishedNumber read_published(const TomlTable& table) {
  PublishedNumber number;
  number.id = table.required_text("id");
  number.source = table.required_text("source");
  number.dataset = table.required_text("dataset");
  number.model = table.required_text("model");
  table.read("variant", number.variant);
  number.metric = table.required_text("metric");
  require_metric(table, number.metric);
  number.value = table.required_number("value");
  number.unit = table.required_text("unit");
  read_optional(table, "spread", number.spread);
  table.read("spread_kind", number.spread_kind);
  read_optional(table, "runs", number.runs);
  read_optional(table, "margin", number.margin);
  number.role = table.required_text("role");
  table.read_among("role", number.role, {"own", "own-code", "baseline", "reproduction"});
  table.read("evaluation", number.evaluation);
  table.read("origin", number.origin);
  table.read("edition", number.edition);
  number.status = table.required_text("status");
  table.read_among("status", number.status, {"verified", "unverified"});
  table.read("seen_in", number.seen_in);
  table.read("report", number.report);
  table.read("note", number.note);
  table.finish();
  if (number.status == "verified" && number.seen_in.empty()) {
    table.refuse("status", "seen_in beside status \"verified\"", "none", "Name the source, or call the number unverified");
  }
  return number;
}

void read_published_file(const std::filesystem::path& file, Paper& paper) {
  const toml::table parsed = parse_toml_file(file);
  const TomlTable root(parsed, file.string(), "");
  read_paper_table(root, paper);
  Strings ids;
  for (const TomlTable& table : root.tables("result")) {
    paper.published.push_back(read_published(table));
    if (contains(ids, paper.published.back().id)) {
      table.refuse("id", "an id that is used once", fmt::format("\"{}\" again", paper.published.back().id), "Give each number its own id");
    }
    ids.push_back(paper.published.back().id);
  }
  if (!paper.headline.empty()) require_known(*root.table("paper"), "headline", "published number", paper.headline, ids);
  for (const TomlTable& table : root.tables("missing")) {
    paper.missing.push_back(
        {table.required_text("id"), table.required_text("source"), table.required_text("what"), table.required_text("reason")});
    table.finish();
  }
  root.finish();
}

// ------------------------------------------------------------------------------------------------ experiment.toml

const Strings& claim_kinds() {
  static const Strings kinds{"better", "within", "at_least", "at_most", "order"};
  return kinds;
}

Strings names_of(const std::vector<Trial>& trials) {
  Strings names;
  for (const Trial& trial : trials) names.push_back(trial.name);
  return names;
}

Strings ids_of(const std::vector<PublishedNumber>& numbers) {
  Strings ids;
  for (const PublishedNumber& number : numbers) ids.push_back(number.id);
  return ids;
}

void read_trials(const ExperimentFile& file, Paper& paper) {
  const Strings published = ids_of(paper.published);
  for (const std::string& name : file.trial_names()) {
    const TomlTable& table = file.trial(name);
    Trial trial{name, name, file.scales_of(name)};
    table.read("marks", trial.marks);
    table.read("stand_in", trial.stand_in);
    for (const std::string& mark : trial.marks) require_known(table, "marks", "mark", mark, trial_marks());
    for (const std::string& scale : trial.scales) {
      const recipes::Recipe& recipe = trial.recipes.emplace_back(file.resolve(paper.slug, name, scale));
      trial.title = recipe.title;
      for (const std::string& id : recipe.reproduces) require_known(table, "reproduces", "published number", id, published);
    }
    paper.trials.push_back(std::move(trial));
  }
  file.require_all_in_use();
}

/// Refuses `side`, found under `key`, unless there is one, and `scales` unless it exists at all of them.
void require_side(const TomlTable& table, const std::string& key, const std::string& side, const Strings& scales, const Paper& paper) {
  if (const std::string fault = fault_of_side(paper, side, {}); !fault.empty()) {
    Strings known = names_of(paper.trials);
    for (const Ensemble& ensemble : paper.ensembles) known.push_back(ensemble.id);
    table.refuse(key, "a trial or an ensemble of the paper; TRIAL@EVALUATION for a trial seen through an evaluation",
                 fmt::format("\"{}\": {}", side, fault),
                 text::did_you_mean(Side::parse(side).name, known, fmt::format("Known: {}", fmt::join(known, ", "))));
  }
  if (const std::string fault = fault_of_side(paper, side, scales); !fault.empty())
    table.refuse("scales", "scales at which every side exists", fmt::format("\"{}\": {}", side, fault), "Remove the scale");
}

void require_sides_of(const TomlTable& table, const Claim& claim, const Paper& paper) {
  for (const std::string& side : claim.sequence) require_side(table, "sequence", side, claim.scales, paper);
  if (!claim.left.empty()) require_side(table, "left", claim.left, claim.scales, paper);
  if (!claim.right.empty()) require_side(table, "right", claim.right, claim.scales, paper);
}

bool compares_two(const std::string& kind) {
  return kind == "better" || kind == "within";
}

/// What `table` says of it; `definition` has what holds unsaid.
void read_definition(const TomlTable& table, ClaimDefinition& definition) {
  table.read("metric", definition.metric);
  table.read("left", definition.left);
  table.read("right", definition.right);
  table.read("sequence", definition.sequence);
  table.read("margin", definition.margin);
}

void require_sides(const TomlTable& table, const ClaimDefinition& definition) {
  if (definition.kind == "order") {
    if (definition.sequence.size() < 2)
      table.refuse("sequence", "two trials or more", fmt::format("{}", definition.sequence.size()), "Add trials");
    return;
  }
  if (definition.left.empty()) table.required_text("left");
  if (compares_two(definition.kind) && definition.right.empty()) table.required_text("right");
}

EarlierDefinition read_earlier(const TomlTable& table, const ClaimDefinition& today) {
  EarlierDefinition earlier{today, table.required_text("until"), table.required_text("verdict"), table.required_text("reason")};
  table.read("kind", earlier.definition.kind);
  table.read_among("kind", earlier.definition.kind, claim_kinds());
  read_definition(table, earlier.definition);
  require_sides(table, earlier.definition);
  table.finish();
  return earlier;
}

Claim read_claim(const TomlTable& table, const Paper& paper) {
  Claim claim;
  claim.id = table.required_text("id");
  claim.statement = table.required_text("statement");
  claim.kind = table.required_text("kind");
  table.read_among("kind", claim.kind, claim_kinds());
  read_definition(table, claim);
  require_sides(table, claim);
  table.read("published", claim.published);
  table.read("scales", claim.scales);
  table.read("dataset", claim.dataset);
  table.read("note", claim.note);
  table.read("since", claim.since);
  if (const auto required = table.table("requires")) {
    read_optional(*required, "error_below", claim.error_below);
    required->finish();
  }
  for (const TomlTable& earlier : table.tables("history")) claim.history.push_back(read_earlier(earlier, claim));
  table.finish();
  for (const std::string& id : claim.published) require_known(table, "published", "published number", id, ids_of(paper.published));
  for (const std::string& scale : claim.scales) require_known(table, "scales", "scale", scale, scale_names());
  require_sides_of(table, claim, paper);
  return claim;
}

/// The members' evaluations keep scores at all scales of the ensemble.
void require_scores(const TomlTable& table, const Ensemble& ensemble, const Paper& paper) {
  for (const std::string& member : ensemble.members) {
    const Side side = Side::parse(member);
    for (const std::string& scale : ensemble.scales)
      for (const recipes::EvaluationRecipe& evaluation : paper.find_trial(side.name)->recipe_at(scale)->final_evaluations)
        if (evaluation.name == side.evaluation && !evaluation.scores)
          table.refuse("members", "evaluations that keep scores", fmt::format("\"{}\", which keeps none at scale {}", member, scale),
                       "Add scores = true to the evaluation");
  }
}

Ensemble read_ensemble(const TomlTable& table, const Paper& paper) {
  Ensemble ensemble;
  ensemble.id = table.required_text("id");
  ensemble.title = table.required_text("title");
  table.read("members", ensemble.members);
  table.read("seeds", ensemble.seeds);
  ensemble.scales = recipes::usual_scale_names();
  table.read("scales", ensemble.scales);
  table.read("reproduces", ensemble.reproduces);
  table.finish();
  if (ensemble.id.find('@') != std::string::npos || paper.find_trial(ensemble.id) != nullptr)
    table.refuse("id", "a name that no trial has, without @", fmt::format("\"{}\"", ensemble.id), "Rename it");
  if (ensemble.seeds < 1 || ensemble.seeds * static_cast<std::int64_t>(ensemble.members.size()) < 2)
    table.refuse("members", "two nets or more: members times seeds", fmt::format("{}", ensemble.members.size()), "Add a member, or seeds");
  for (const std::string& id : ensemble.reproduces) require_known(table, "reproduces", "published number", id, ids_of(paper.published));
  for (const std::string& member : ensemble.members) {
    if (Side::parse(member).evaluation.empty() || paper.find_trial(Side::parse(member).name) == nullptr)
      table.refuse("members", "TRIAL@EVALUATION", fmt::format("\"{}\"", member), "Name a trial and one of its evaluations");
    require_side(table, "members", member, ensemble.scales, paper);
  }
  require_scores(table, ensemble, paper);
  return ensemble;
}

Figure read_figure(const TomlTable& table, const Paper& paper) {
  Figure figure;
  figure.id = table.required_text("id");
  figure.title = table.required_text("title");
  figure.x_label = table.required_text("x_label");
  figure.y_label = table.required_text("y_label");
  table.read("metric", figure.metric);
  table.read("log_x", figure.log_x);
  table.read("x_metric", figure.x_metric);
  if (!figure.x_metric.empty()) require_metric(table, figure.x_metric);
  for (const TomlTable& inner : table.tables("line")) {
    Figure::Line line;
    line.name = inner.required_text("name");
    inner.read("trials", line.trials);
    inner.read("x", line.x);
    inner.read("published", line.published);
    inner.read("published_x", line.published_x);
    inner.finish();
    for (const std::string& id : line.published) require_known(inner, "published", "published number", id, ids_of(paper.published));
    if (line.published_x.size() != line.published.size()) {
      inner.refuse("published_x", fmt::format("{} numbers, one a published id", line.published.size()),
                   fmt::format("{}", line.published_x.size()), "Correct the list");
    }
    for (const std::string& name : line.trials) require_side(inner, "trials", name, {}, paper);
    if (!figure.x_metric.empty() && !(line.x.empty() && line.published.empty()))
      inner.refuse("x", "none, since x_metric is measured", "some", "Remove x, published and published_x");
    if (figure.x_metric.empty() && line.x.size() != line.trials.size()) {
      inner.refuse("x", fmt::format("{} numbers, one a trial", line.trials.size()), fmt::format("{}", line.x.size()), "Correct the list");
    }
    figure.lines.push_back(std::move(line));
  }
  table.finish();
  return figure;
}

template <typename Entry>
void require_new_id(const TomlTable& table, const std::vector<Entry>& entries, const std::string& id) {
  for (const Entry& entry : entries) {
    if (entry.id == id) table.refuse("id", "an id that is used once", fmt::format("\"{}\" again", id), "Rename one");
  }
}

}  // namespace

Paper read_paper_files(const std::filesystem::path& folder) {
  Paper paper;
  read_published_file(folder / "published.toml", paper);
  const ExperimentFile file(folder / "experiment.toml");
  read_trials(file, paper);
  for (const TomlTable& table : file.root().tables("ensemble")) {
    for (const Combination& combination : combinations(table)) {
      const TomlTable written(*combination.table, table.file(), table.path());
      Ensemble ensemble = read_ensemble(written, paper);
      require_new_id(written, paper.ensembles, ensemble.id);
      paper.ensembles.push_back(std::move(ensemble));
    }
  }
  for (const TomlTable& table : file.root().tables("claim")) {
    for (const Combination& combination : combinations(table)) {
      const TomlTable written(*combination.table, table.file(), table.path());
      Claim claim = read_claim(written, paper);
      require_new_id(written, paper.claims, claim.id);
      paper.claims.push_back(std::move(claim));
    }
  }
  for (const TomlTable& table : file.root().tables("figure")) {
    Figure figure = read_figure(table, paper);
    require_new_id(table, paper.figures, figure.id);
    paper.figures.push_back(std::move(figure));
  }
  file.root().table("demo");         // suite/catalog/trial_lists.hpp
  file.root().tables("one_answer");  // likewise
  file.root().finish();
  return paper;
}

recipes::Recipe read_recipe(const std::filesystem::path& folder, const std::string& slug, const std::string& trial,
                            const std::string& scale) {
  const ExperimentFile file(folder / "experiment.toml");
  const Strings trials = file.trial_names();
  if (!contains(trials, trial)) {
    throw InputError(Complaint{fmt::format("trial '{}/{}'", slug, trial), "a trial of the paper", "none of that name",
                               text::did_you_mean(trial, trials, fmt::format("Known trials: {}", fmt::join(trials, ", ")))});
  }
  const Strings scales = file.scales_of(trial);
  if (!contains(scales, scale)) {
    throw InputError(Complaint{fmt::format("scale '{}' of trial '{}/{}'", scale, slug, trial),
                               fmt::format("one of {}", fmt::join(scales, ", ")), fmt::format("'{}'", scale),
                               text::did_you_mean(scale, scales, "Choose one of these")});
  }
  return file.resolve(slug, trial, scale);
}

}  // namespace reprise::catalog
