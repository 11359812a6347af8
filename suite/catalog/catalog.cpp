#include "suite/catalog/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "datasets/data_entry.hpp"
#include "datasets/sample_shape.hpp"
#include "datasets/surrogate_images.hpp"
#include "suite/catalog/catalog_files.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/errors.hpp"
#include "suite/execution/shard_choice.hpp"
#include "suite/hebbian/feature_phase.hpp"
#include "suite/losses/distillation.hpp"
#include "suite/losses/softmax_cross_entropy.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::catalog {
namespace {

bool is_paper(const std::filesystem::path& folder) {
  std::error_code failed;
  return std::filesystem::is_regular_file(folder / "published.toml", failed) &&
         std::filesystem::is_regular_file(folder / "experiment.toml", failed);
}

/// What use_own_experiments was given; empty: nothing.
std::filesystem::path& own_experiments() {
  static std::filesystem::path folder;
  return folder;
}

/// The names of folders that hold a paper, sorted.
std::vector<std::string> papers_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed))
    if (is_paper(entry.path())) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// The architectures of a paper's model.cpp; none if it has no such file.
std::vector<models::Model> models_of(const std::string& slug) {
  for (const models::PaperEntry& row : models::papers()) {
    if (slug == row.slug) return row.models();
  }
  const std::vector<std::string> slugs = paper_slugs();
  if (std::find(slugs.begin(), slugs.end(), slug) != slugs.end()) return {};
  throw InputError(Complaint{fmt::format("paper '{}'", slug), fmt::format("one of {}", fmt::join(slugs, ", ")), fmt::format("'{}'", slug),
                             text::did_you_mean(slug, slugs, "`reprise list` shows the papers")});
}

template <typename Entry>
const Entry* find_entry(const std::vector<Entry>& entries, const std::string& name, std::string Entry::*field) {
  for (const Entry& entry : entries) {
    if (entry.*field == name) return &entry;
  }
  return nullptr;
}

/// <prefix>/share/reprise/experiments for a program in <prefix>/bin; empty where the system does not tell.
std::filesystem::path beside_the_program() {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : program.parent_path().parent_path() / "share/reprise/experiments";
}

}  // namespace

const recipes::Recipe* Trial::recipe_at(const std::string& scale) const {
  const auto at = std::find(scales.begin(), scales.end(), scale);
  return at == scales.end() ? nullptr : &recipes[static_cast<std::size_t>(at - scales.begin())];
}

std::string ClaimDefinition::text() const {
  const std::string bound = fmt::format("{} in {}", margin, metric);
  if (kind == "order") return fmt::format("order {} by {}", fmt::join(sequence, " > "), bound);
  return right.empty() ? fmt::format("{} {} {}", left, kind, bound) : fmt::format("{} {} and {} by {}", kind, left, right, bound);
}

const PublishedNumber* Paper::find_published(const std::string& id) const {
  return find_entry(published, id, &PublishedNumber::id);
}
const Trial* Paper::find_trial(const std::string& name) const {
  return find_entry(trials, name, &Trial::name);
}

const Ensemble* Paper::find_ensemble(const std::string& id) const {
  return find_entry(ensembles, id, &Ensemble::id);
}

const std::vector<std::string>& trial_marks() {
  static const std::vector<std::string> marks{"shards"};
  return marks;
}

std::filesystem::path experiments_directory() {
  if (const char* given = std::getenv("REPRISE_EXPERIMENTS"); given && *given) return given;
  const std::filesystem::path candidates[] = {beside_the_program(), REPRISE_EXPERIMENTS_SOURCE, REPRISE_EXPERIMENTS_INSTALLED};
  for (const auto& folder : candidates) {
    std::error_code failed;
    if (std::filesystem::is_regular_file(folder / models::papers().front().slug / "published.toml", failed)) return folder;
  }
  throw InputError(Complaint{"the catalog",
                             fmt::format("experiments in {} or {}", REPRISE_EXPERIMENTS_SOURCE, REPRISE_EXPERIMENTS_INSTALLED), "neither",
                             "Set REPRISE_EXPERIMENTS to the folder that holds the papers"});
}

std::filesystem::path paper_folder(const std::string& slug) {
  if (!own_experiments().empty() && is_paper(own_experiments() / slug)) return own_experiments() / slug;
  return experiments_directory() / slug;
}

std::vector<std::string> paper_slugs() {
  std::vector<std::string> slugs;
  for (const models::PaperEntry& row : models::papers()) slugs.emplace_back(row.slug);
  for (const std::filesystem::path& directory : {experiments_directory(), own_experiments()})
    for (const std::string& name : papers_in(directory))
      if (std::find(slugs.begin(), slugs.end(), name) == slugs.end()) slugs.push_back(name);
  return slugs;
}

void use_own_experiments(const std::filesystem::path& folder) {
  const std::vector<std::string> own = papers_in(folder), known = paper_slugs();
  if (own.empty())
    throw InputError(Complaint{"--experiments " + folder.string(), "folders that hold published.toml and experiment.toml", "none",
                               "docs/your-own.md shows both files"});
  for (const std::string& slug : own)
    if (std::find(known.begin(), known.end(), slug) != known.end())
      throw InputError(
          Complaint{(folder / slug).string(), "a name that no paper of the catalog has", "'" + slug + "'", "Rename the folder"});
  own_experiments() = folder;
}

namespace {

constexpr int kMaxOthers = 8;

/// What a recipe says of another trial of its paper whose weights it needs: the trial's name, and where its settings go.
struct OtherTrial {
  const char* key;
  const std::string& trial;
  std::string& settings;
  bool teaches;
};

std::vector<OtherTrial> others_of(recipes::Recipe& recipe) {
  return {{"start.trial", recipe.start.trial, recipe.start.recipe, false},
          {"teacher.trial", recipe.teacher.trial, recipe.teacher.recipe, true}};
}

void check_depth(const recipes::Recipe& recipe, const char* key, int depth) {
  if (depth > kMaxOthers)
    throw InputError(Complaint{fmt::format("{} of {}/{}", key, recipe.paper, recipe.trial),
                               fmt::format("at most {} trials that need each other's weights", kMaxOthers), "more, or a circle",
                               fmt::format("Correct {}", key)});
}

/// A teacher sees what the net that learns sees.
void check_teacher(const recipes::Recipe& recipe, const recipes::Recipe& teacher) {
  if (recipe.dataset == teacher.dataset && recipe.preprocessing == teacher.preprocessing) return;
  throw InputError(Complaint{fmt::format("teacher.trial of {}/{}", recipe.paper, recipe.trial),
                             fmt::format("a trial on {} with preprocessing {}", recipe.dataset, fmt::join(recipe.preprocessing, ", ")),
                             fmt::format("{}, on {} with {}", teacher.trial, teacher.dataset, fmt::join(teacher.preprocessing, ", ")),
                             "Choose a trial with the same data, or make them the same"});
}

void put_others(const Paper& paper, recipes::Recipe& recipe, int depth = 0);

/// The settings of another trial of the paper, as its files give them.
std::string settings_in(const Paper& paper, const recipes::Recipe& recipe, const OtherTrial& other, int depth) {
  check_depth(recipe, other.key, depth);
  const Trial* trial = paper.find_trial(other.trial);
  const recipes::Recipe* found = trial != nullptr ? trial->recipe_at(recipe.scale) : nullptr;
  if (found == nullptr)
    throw InputError(Complaint{fmt::format("{} of {}/{}", other.key, recipe.paper, recipe.trial),
                               "a trial of the paper at scale " + recipe.scale, fmt::format("'{}'", other.trial),
                               "Correct the name, or the scales"});
  recipes::Recipe settings = *found;
  if (other.teaches) check_teacher(recipe, settings);
  put_others(paper, settings, depth + 1);
  return settings_text(settings);
}

void put_others(const Paper& paper, recipes::Recipe& recipe, int depth) {
  for (const OtherTrial& other : others_of(recipe)) other.settings = other.trial.empty() ? "" : settings_in(paper, recipe, other, depth);
}

void renew_others_at(recipes::Recipe& recipe, int depth);

recipes::Recipe resolve_at(const std::string& slug, const std::string& trial, const std::string& scale,
                           const std::vector<Override>& overrides, int depth) {
  recipes::Recipe recipe = read_recipe(paper_folder(slug), slug, trial, scale);
  for (const Override& override : overrides) apply_override(recipe, override.key, override.value);
  choose_shards(recipe);
  check_recipe(recipe);
  renew_others_at(recipe, depth);
  return recipe;
}

void renew_others_at(recipes::Recipe& recipe, int depth) {
  for (const OtherTrial& other : others_of(recipe)) {
    other.settings.clear();
    if (other.trial.empty()) continue;
    check_depth(recipe, other.key, depth);
    const recipes::Recipe settings = resolve_at(recipe.paper, other.trial, recipe.scale, overrides_for_others(recipe), depth + 1);
    if (other.teaches) check_teacher(recipe, settings);
    other.settings = settings_text(settings);
  }
}

}  // namespace

Paper load_paper(const std::string& slug) {
  std::vector<models::Model> architectures = models_of(slug);
  Paper paper = read_paper_files(paper_folder(slug));
  if (paper.slug != slug) {
    throw InputError(Complaint{(paper_folder(slug) / "published.toml").string(), fmt::format("slug = \"{}\"", slug),
                               fmt::format("\"{}\"", paper.slug), "Correct the slug"});
  }
  paper.models = std::move(architectures);
  for (Trial& trial : paper.trials)
    for (recipes::Recipe& recipe : trial.recipes) choose_shards(recipe);
  for (Trial& trial : paper.trials)
    for (recipes::Recipe& recipe : trial.recipes) put_others(paper, recipe);
  return paper;
}

recipes::Recipe resolve(const std::string& slug, const std::string& trial, const std::string& scale,
                        const std::vector<Override>& overrides) {
  models_of(slug);
  return resolve_at(slug, trial, scale, overrides, 0);
}

void renew_others(recipes::Recipe& recipe) {
  renew_others_at(recipe, 0);
}

bool gives_weights(const recipes::Recipe& recipe) {
  const std::vector<std::string> known = paper_slugs();
  if (std::find(known.begin(), known.end(), recipe.paper) == known.end()) return false;
  const Paper paper = load_paper(recipe.paper);
  return std::any_of(paper.trials.begin(), paper.trials.end(), [&](const Trial& trial) {
    const recipes::Recipe* other = trial.recipe_at(recipe.scale);
    return other != nullptr && (other->start.trial == recipe.trial || other->teacher.trial == recipe.trial);
  });
}

void choose_shards(recipes::Recipe& recipe) {
  const bool hebbian = procedures::of(recipe).has_plastic_phase;
  if (recipe.shard > 0 && (!hebbian || recipe.hebbian.shard > 0)) return;
  const graph::Graph graph = build_model(recipe);
  const graph::NodeId features = hebbian ? hebbian::features_node(graph) : 0;
  if (recipe.shard == 0) recipe.shard = execution::ShardModel(graph, recipe.precision, features + 1).choose(recipe.batch);
  if (hebbian && recipe.hebbian.shard == 0)
    recipe.hebbian.shard = execution::ShardModel(graph, recipe.precision, 1, features).choose(recipe.hebbian.batch);
}

datasets::DatasetEntry sample_entry(const recipes::Recipe& recipe) {
  const datasets::DatasetEntry& images = datasets::entry_of(recipe.dataset);
  return recipe.surrogate.classes > 0 ? datasets::surrogate_entry(images, recipe.surrogate) : images;
}

graph::Graph build_model(const recipes::Recipe& recipe) {
  const datasets::DatasetEntry images = sample_entry(recipe);
  return build_model(recipe, datasets::sample_shape(images, recipe.preprocessing, recipe.augmentation), images.classes());
}

namespace {

void teach(graph::Graph& graph, const recipes::Recipe& recipe) {
  const losses::LossPointer loss = graph.main_head().loss;
  if (dynamic_cast<const losses::SoftmaxCrossEntropy*>(loss.get()) == nullptr)
    throw InputError(Complaint{fmt::format("teacher of {}/{}", recipe.paper, recipe.trial), "a net whose loss is softmax_cross_entropy",
                               std::string(loss->name()), "Choose another model, or remove teacher"});
  graph.set_main_loss(std::make_shared<losses::Distillation>(recipe.teacher.weight, recipe.teacher.temperature));
}

}  // namespace

graph::Graph build_model(const recipes::Recipe& recipe, const SampleShape& input, int classes) {
  const std::size_t slash = recipe.model.find('/');  // "wrn/wrn": of another paper
  const std::vector<models::Model> known_models = models_of(slash == std::string::npos ? recipe.paper : recipe.model.substr(0, slash));
  const std::string name = slash == std::string::npos ? recipe.model : recipe.model.substr(slash + 1);
  const models::Model* model = find_entry(known_models, name, &models::Model::name);
  const std::string trial = fmt::format("trial {}/{}", recipe.paper, recipe.trial);
  if (!model) {
    std::vector<std::string> names;
    for (const models::Model& known : known_models) names.push_back(known.name);
    throw InputError(Complaint{fmt::format("model of {}", trial), fmt::format("one of {}", fmt::join(names, ", ")),
                               fmt::format("'{}'", recipe.model), text::did_you_mean(name, names, "Correct model.name")});
  }
  graph::Graph graph = model->build(recipe.model_options, input, classes);
  recipe.model_options.check_all_used(fmt::format("model '{}' of {}", recipe.model, trial));
  if (!recipe.teacher.trial.empty()) teach(graph, recipe);
  return graph;
}

}  // namespace reprise::catalog
