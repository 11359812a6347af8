// reprise show PAPER[/TRIAL] | RUN.h5

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "reports/text.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/catalog/trial_lists.hpp"
#include "suite/command/command.hpp"
#include "suite/command/show_result.hpp"
#include "suite/command/target.hpp"
#include "suite/errors.hpp"
#include "suite/recipes/fields.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

using text::count_text;

using catalog::Claim;
using catalog::Paper;
using catalog::PublishedNumber;

struct ShowFlags {
  std::string target, scale;
  bool keys = false;
  std::vector<std::string> settings;
};

/// The given scale, else the trial's largest one, which is nearest to the paper.
std::string scale_of(const catalog::Trial& trial, const std::string& given) {
  if (!given.empty()) return given;
  return trial.scales.empty() ? "paper" : trial.scales.back();
}

void print_heading(const Paper& paper) {
  fmt::print("{}{}{}, {}{}\n", reports::filled(paper.title, "  "), reports::filled(reports::joined(paper.authors, ", "), "  "), paper.venue,
             paper.year, paper.arxiv.empty() ? "" : ", arXiv " + paper.arxiv);
  if (!paper.note.empty()) fmt::print("\n{}", reports::filled(paper.note));
}

void print_architectures(const Paper& paper) {
  std::vector<std::vector<std::string>> table = {{"name", "description"}};
  for (const models::Model& model : paper.models) table.push_back({model.name, model.summary});
  fmt::print("\nArchitectures\n{}", reports::aligned(table, "-"));
}

/// Of those that have `scale` if one is given. Throws InputError if none has.
void print_trials(const Paper& paper, const std::string& scale) {
  std::vector<std::vector<std::string>> table = {
      {"trial", "scale", "architecture", "data set", "parameters", "multiply-adds", "published as"}};
  for (const catalog::Trial& trial : paper.trials) {
    if (!scale.empty() && std::find(trial.scales.begin(), trial.scales.end(), scale) == trial.scales.end()) continue;
    const recipes::Recipe* known = trial.recipe_at(scale_of(trial, scale));
    const recipes::Recipe recipe = known ? *known : catalog::resolve(paper.slug, trial.name, scale_of(trial, scale));
    const graph::Graph graph = catalog::build_model(recipe);
    table.push_back({trial.name, recipe.scale, recipe.model, reports::joined(recipes::data_sets(recipe), ", "),
                     count_text(static_cast<double>(graph.trained_parameters())), count_text(static_cast<double>(graph.forward_macs())),
                     reports::joined(recipe.reproduces, ", ")});
  }
  if (table.size() == 1)
    throw InputError(Complaint{"paper " + paper.slug, "a trial of scale " + scale, "none", "See its scales: reprise show " + paper.slug});
  fmt::print("\nTrials (multiply-adds of the forward pass of one image)\n{}", reports::aligned(table, "-"));
}

std::string value_of(const PublishedNumber& number) {
  std::string text = fmt::format("{} {}", number.value, number.unit);
  if (number.spread)
    text += fmt::format(" ± {}{}", *number.spread, number.spread_kind.empty() ? "" : fmt::format(" ({})", number.spread_kind));
  return text;
}

void print_published(const Paper& paper) {
  std::vector<std::vector<std::string>> table = {{"id", "source", "data set", "model", "metric", "value", "status"}};
  for (const PublishedNumber& number : paper.published) {
    table.push_back({number.id, number.source, number.dataset, number.model + (number.variant.empty() ? "" : "; " + number.variant),
                     number.metric, value_of(number), number.status});
  }
  fmt::print("\nPublished numbers\n{}", reports::aligned(table, "-"));
  for (const catalog::MissingNumber& missing : paper.missing)
    fmt::print("{}", reports::filled(fmt::format("  {}  {}: {} ({})", missing.id, missing.source, missing.what, missing.reason), "      "));
}

void print_ensembles(const Paper& paper) {
  if (!paper.ensembles.empty()) fmt::print("\nEnsembles (means of the probabilities of their members, made by a report)\n");
  for (const catalog::Ensemble& ensemble : paper.ensembles) {
    fmt::print("  {}  {}: {}", ensemble.id, ensemble.title, fmt::join(ensemble.members, ", "));
    fmt::print("{}\n", ensemble.seeds > 1 ? fmt::format(", {} seeds each", ensemble.seeds) : "");
  }
}

void print_claims(const Paper& paper) {
  fmt::print("\nClaims\n");
  for (const Claim& claim : paper.claims) {
    std::string test = fmt::format("      {} on {}: ", claim.kind, claim.metric);
    test += !claim.sequence.empty() ? reports::joined(claim.sequence, " > ")
                                    : claim.left + (claim.right.empty() ? "" : " against " + claim.right);
    if (claim.margin != 0) test += fmt::format(", margin {}", claim.margin);
    fmt::print("{}{}", reports::filled(fmt::format("  {}  {}", claim.id, claim.statement), "      "), reports::filled(test, "        "));
  }
}

void show_trial(const Paper& paper, const std::string& name, const std::string& given_scale, const std::vector<std::string>& settings) {
  const catalog::Trial& trial = *paper.find_trial(name);
  std::vector<catalog::Override> overrides;
  for (const std::string& setting : settings) overrides.push_back(catalog::parse_override(setting));
  const recipes::Recipe recipe = catalog::resolve(paper.slug, name, scale_of(trial, given_scale), overrides);
  const graph::Graph graph = catalog::build_model(recipe);
  fmt::print("{}/{}  {}\nscales: {}\n", paper.slug, name, trial.title, reports::joined(trial.scales, ", "));
  fmt::print("data sets at scale {}: {}\n\n", recipe.scale, reports::joined(recipes::data_sets(recipe), ", "));
  std::vector<std::vector<std::string>> table = {{"layer", "description", "output", "parameters", "multiply-adds"}};
  for (const graph::Node& node : graph.nodes()) {
    double parameters = 0;
    for (const layers::ParameterSpec& parameter : node.parameters)
      parameters += parameter.trains ? static_cast<double>(parameter.count()) : 0;
    table.push_back({node.name, node.layer == nullptr ? "images" : node.layer->summary(), node.shape.text(), count_text(parameters),
                     count_text(static_cast<double>(node.cost.forward_macs))});
  }
  fmt::print("{}\n{}\n", reports::aligned(table, "-"),
             reports::filled(fmt::format("  parameters {}, multiply-adds {} forward, {} operations to train on one image",
                                         count_text(static_cast<double>(graph.trained_parameters())),
                                         count_text(static_cast<double>(graph.forward_macs())),
                                         count_text(static_cast<double>(graph.training_flops()))),
                             "  "));
  fmt::print("{}{}",
             reports::filled(fmt::format("Recipe at scale {} (every key, its meaning and bounds: reprise show --keys)", recipe.scale)),
             catalog::to_toml(recipe));
}

/// The keys of --set, from the table of fields.
void print_keys() {
  std::vector<std::vector<std::string>> table = {{"key", "default", "values", "what it is"}};
  const recipes::Recipe defaults;
  for (const recipes::Field& field : recipes::fields())
    if (field.role == recipes::Role::setting)
      table.push_back({field.key, catalog::value_text(field, defaults), catalog::allowed_text(field), field.help});
  fmt::print("Keys of a recipe, for --set KEY=VALUE and experiment.toml\n{}", reports::aligned(table, "-"));
}

int show(const ShowFlags& flags) {
  if (flags.keys) {
    print_keys();
    return kDone;
  }
  if (flags.target.empty()) throw InputError(Complaint{"reprise show", "PAPER[/TRIAL], or --keys", "neither", "See: reprise list"});
  if (fs::path(flags.target).extension() == ".h5") {
    show_result(flags.target);
    return kDone;
  }
  const Target target = find_target(flags.target);
  if (!flags.scale.empty()) check_scale(flags.scale);
  if (!target.whole_paper) {
    show_trial(target.paper, target.trials.front(), flags.scale, flags.settings);
    return kDone;
  }
  if (!flags.settings.empty())
    throw InputError(Complaint{"--set", "a trial, whose recipe it changes", "paper '" + target.paper.slug + "'", "Name a trial of it"});
  print_heading(target.paper);
  print_architectures(target.paper);
  print_trials(target.paper, flags.scale);
  print_published(target.paper);
  print_ensembles(target.paper);
  print_claims(target.paper);
  fmt::print("\nLayers and recipe of a trial: reprise show {}/TRIAL\n", target.paper.slug);
  return kDone;
}

}  // namespace

Command add_show(CLI::App& program) {
  auto flags = std::make_shared<ShowFlags>();
  CLI::App* app = program.add_subcommand(
      "show", "Shows a paper's architectures, trials, published numbers and claims, a trial's layers and recipe, or a result");
  app->add_option("PAPER[/TRIAL]", flags->target, "A paper, one of its trials (see `reprise list`), or a result file")->option_text(" ");
  app->add_flag("--keys", flags->keys, "Shows the keys of a recipe instead: default, values, meaning");
  app->add_option("--scale", flags->scale, "smoke, desk or paper (default: the largest that the trial has)")->option_text("SCALE");
  app->add_option("--set", flags->settings, "Shows the trial's recipe with this setting; may be repeated")
      ->allow_extra_args(false)
      ->option_text("KEY=VALUE");
  app->footer(examples({"reprise show all-cnn", "reprise show all-cnn/allcnn-c --scale desk"}));
  return {app, [flags] { return show(*flags); }};
}

}  // namespace reprise::command
