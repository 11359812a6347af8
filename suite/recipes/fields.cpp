#include "suite/recipes/fields.hpp"

#include <algorithm>
#include <type_traits>

#include "suite/recipes/field_rows.hpp"
#include "suite/recipes/optimizer_fields.hpp"

namespace reprise::recipes {
namespace {

constexpr double kMaxEpochs = 1e9;  // times the steps of an epoch, still a whole number of 64 bits

void add_surrogate(std::vector<Field>& rows) {
  using datasets::SurrogateRecipe;
  constexpr double kMaxClasses = 1e6, kMaxSide = 4096;
  rows.push_back({.key = "surrogate.classes",
                  .at = at(&Recipe::surrogate, &SurrogateRecipe::classes),
                  .help = "patches of training images, each a class of its own; 0: the data set's classes",
                  .min = 0,
                  .max = kMaxClasses,
                  .quiet = true});
  const auto add = [&](const char* key, auto member, const char* help, double min, double max) {
    rows.push_back({.key = std::string("surrogate.") + key,
                    .at = at(&Recipe::surrogate, member),
                    .help = help,
                    .min = min,
                    .max = max,
                    .only_with = "surrogate.classes"});
  };
  add("copies", &SurrogateRecipe::copies, "training samples of a class", 1, kMaxClasses);
  add("test_copies", &SurrogateRecipe::test_copies, "test samples of a class", 1, kMaxClasses);
  add("side", &SurrogateRecipe::side, "of a sample, in pixels", 1, kMaxSide);
  add("windows", &SurrogateRecipe::windows, "sides of what a patch covers of its image, in pixels; one is drawn", 0, kMaxSide);
  rows.back().open = true;
  add("translation", &SurrogateRecipe::translation, "at most, in sides of a patch", 0, 1);
  add("scale", &SurrogateRecipe::scale, "largest factor; the inverse is the smallest; 1: none", 1, 4);
  add("rotation", &SurrogateRecipe::rotation, "at most, in degrees either way", 0, 180);
  add("contrast", &SurrogateRecipe::contrast, "largest factor along an axis of the colours; 1: none", 1, 16);
  add("power", &SurrogateRecipe::power, "largest power of saturation and value; 1: none", 1, 16);
  add("factor", &SurrogateRecipe::factor, "largest factor of saturation and value; 1: none", 1, 16);
  add("offset", &SurrogateRecipe::offset, "at most, added to saturation and value", 0, 1);
  add("hue", &SurrogateRecipe::hue, "at most, added to the hue, in turns", 0, 0.5);
}

std::vector<Field> rows() {
  const std::vector<std::string> precisions{name_of(Precision::f32), name_of(Precision::bf16)};
  const auto hebbian = [](auto member) { return at(&Recipe::hebbian, member); };
  std::vector<Field> rows;
  const auto add = [&](Field field) { rows.push_back(std::move(field)); };

  add({.key = "paper", .at = at(&Recipe::paper), .help = "a folder of the catalog", .role = Role::name});
  add({.key = "trial", .at = at(&Recipe::trial), .help = "a trial of the paper", .role = Role::name});
  add({.key = "scale", .at = at(&Recipe::scale), .help = "how much of it", .among = scale_names(), .role = Role::name});

  add({.key = "procedure", .at = at(&Recipe::procedure), .help = "how the net learns"});
  add({.key = "dataset", .at = at(&Recipe::dataset), .help = "a name of `reprise data list`"});
  add({.key = "train_images", .at = at(&Recipe::train_images), .help = "training images; 0: all", .min = 0, .max = kMaxCount});
  add({.key = "test_images", .at = at(&Recipe::test_images), .help = "test images; 0: all", .min = 0, .max = kMaxCount});
  add({.key = "held_out_images",
       .at = at(&Recipe::held_out_images),
       .help = "test on this many training images, which are not trained on, in place of the test set",
       .min = 0,
       .max = kMaxCount,
       .quiet = true});
  add({.key = "preprocessing",
       .at = at(&Recipe::preprocessing),
       .help = "stages, in order: \"scale\" or { gcn = { scale = 55 } }",
       .stages = true});
  add({.key = "augmentation",
       .at = at(&Recipe::augmentation),
       .help = "random changes of training images, in order: \"flip\" or { crop = { pad = 4 } }",
       .stages = true});
  add({.key = "mixing",
       .at = at(&Recipe::mixing),
       .help = "of training images with others of their batch, one of these for each batch: { mixup = { alpha = 1 } }, cutmix, ricap, "
               "manifold",
       .quiet = true,
       .stages = true});
  add({.key = "batch", .at = at(&Recipe::batch), .help = "samples of an update: the global batch", .min = 1, .max = kMaxCount});
  add({.key = "shard",
       .at = at(&Recipe::shard),
       .help = "samples that one thread computes at a time; \"auto\" lets a cost model choose",
       .min = 1,
       .max = kMaxCount,
       .word_for_zero = "auto"});
  add({.key = "epochs",
       .at = at(&Recipe::epochs),
       .help = "passes over the training images",
       .min = 0,
       .max = kMaxEpochs,
       .clears = "steps"});
  add({.key = "steps", .at = at(&Recipe::steps), .help = "updates; takes precedence over epochs unless 0", .min = 0, .max = kMaxCount});
  add({.key = "precision", .at = at(&Recipe::precision), .help = "of activations and packed weights", .among = precisions});
  add({.key = "label_smoothing",
       .at = at(&Recipe::label_smoothing),
       .help = "share of the target spread over all classes",
       .min = 0,
       .max = 0.999});
  add({.key = "label_smoothing_until",
       .at = at(&Recipe::label_smoothing_until),
       .help = "share of the run with smooth labels, before hard ones",
       .min = 0,
       .max = 1,
       .quiet = true});
  add({.key = "drop_last", .at = at(&Recipe::drop_last), .help = "leave out an epoch's last batch if it is not full", .quiet = true});
  add({.key = "phase",
       .at = at(&Recipe::phases),
       .help = "parts of a supervised run: { name = \"alone\", share = 0.5, heads = \"main\", rate = 0.1, milestones = [0.5] }",
       .quiet = true});
  add({.key = "gradient_norms", .at = at(&Recipe::gradient_norms), .help = "record the norm of every weight's gradient", .quiet = true});
  add({.key = "test_views",
       .at = at(&Recipe::test_views),
       .help = "average test images with their mirrors (1), and with moves of a pixel (2); centre, corners and their mirrors (3)",
       .min = 0,
       .max = 3,
       .quiet = true});
  add({.key = "view_average",
       .at = at(&Recipe::view_average),
       .help = "what of the test views is averaged",
       .among = {"logits", "probabilities"},
       .quiet = true});
  add({.key = "top5", .at = at(&Recipe::top5), .help = "also the error of the first five guesses", .quiet = true});
  add({.key = "evaluations",
       .at = at(&Recipe::evaluations),
       .help = "about how many times the test set is evaluated",
       .min = 1,
       .max = kMaxCount});
  add({.key = "evaluation",
       .at = at(&Recipe::final_evaluations),
       .help =
           "looks at the test images at the end: { name = \"dense\", sides = [256], places = \"whole\", mirrored = true }, "
           "{ name = \"video\", clips = 5, output = \"scores.last\", hits = [1, 5] }, { name = \"corrupted\", dataset = \"cifar-10-c\" }",
       .quiet = true});
  add({.key = "probe",
       .at = at(&Recipe::probes),
       .help = "linear classifiers on the trained net's features: { name = \"svm\", dataset = \"cifar-10\", nodes = [\"fc.relu\"] }",
       .quiet = true});
  add({.key = "analyses", .at = at(&Recipe::analyses), .help = "run after training"});

  add({.key = "start.trial",
       .at = at(&Recipe::start, &StartRecipe::trial),
       .help = "another trial of the paper, whose net's weights this one starts from",
       .quiet = true});
  add({.key = "start.parameters",
       .at = at(&Recipe::start, &StartRecipe::parameters),
       .help = "patterns of the parameters that start so",
       .only_with = "start.trial"});
  add({.key = "start.shrink",
       .at = at(&Recipe::start, &StartRecipe::shrink),
       .help = "how a net of fewer channels picks them: by \"weights\" (L1 of a filter) or \"norm\" (|gamma| behind it)",
       .among = {"", "weights", "norm"},
       .quiet = true});
  add({.key = "start.recipe",
       .at = at(&Recipe::start, &StartRecipe::recipe),
       .help = "that trial's settings; written by the catalog",
       .only_with = "start.trial"});

  add({.key = "teacher.trial",
       .at = at(&Recipe::teacher, &TeacherRecipe::trial),
       .help = "another trial of the paper, whose net's scores of classes are learned besides the labels",
       .quiet = true});
  add({.key = "teacher.weight",
       .at = at(&Recipe::teacher, &TeacherRecipe::weight),
       .help = "share of the loss that compares with the teacher; the rest compares with the labels",
       .min = 0,
       .max = 1,
       .only_with = "teacher.trial"});
  add({.key = "teacher.temperature",
       .at = at(&Recipe::teacher, &TeacherRecipe::temperature),
       .help = "that both nets' scores are divided by before they are compared",
       .min = 1e-3,
       .max = 1e3,
       .only_with = "teacher.trial"});
  add({.key = "teacher.recipe",
       .at = at(&Recipe::teacher, &TeacherRecipe::recipe),
       .help = "that trial's settings; written by the catalog",
       .only_with = "teacher.trial"});

  add({.key = "model.name", .at = at(&Recipe::model), .help = "an architecture of the paper", .restarts = true});
  add({.key = "model.*", .at = at(&Recipe::model_options), .help = "options of the architecture"});
  add_surrogate(rows);

  add_optimizer_fields(rows);

  add({.key = "hebbian.epochs",
       .at = hebbian(&HebbianRecipe::epochs),
       .help = "epochs of the plastic layers",
       .min = 0,
       .max = kMaxEpochs,
       .plastic = true});
  add({.key = "hebbian.batch",
       .at = hebbian(&HebbianRecipe::batch),
       .help = "samples of their update",
       .min = 1,
       .max = kMaxCount,
       .plastic = true});
  add({.key = "hebbian.shard",
       .at = hebbian(&HebbianRecipe::shard),
       .help = "samples that one thread computes at a time, or \"auto\"",
       .min = 1,
       .max = kMaxCount,
       .word_for_zero = "auto",
       .plastic = true});
  add({.key = "hebbian.order",
       .at = hebbian(&HebbianRecipe::order),
       .help = "together, or one after another",
       .among = {"all_at_once", "layer_by_layer"},
       .plastic = true});
  add({.key = "hebbian.labelled_images",
       .at = hebbian(&HebbianRecipe::labelled_images),
       .help = "training images that the classifier sees; 0: all",
       .min = 0,
       .max = kMaxCount,
       .plastic = true});
  add({.key = "hebbian.features",
       .at = hebbian(&HebbianRecipe::features),
       .help = "how features are stored",
       .among = precisions,
       .plastic = true});

  add({.key = "analysis.*", .at = at(&Recipe::analysis_options), .help = "options of the analyses"});

  add({.key = "title", .at = at(&Recipe::title), .help = "heading of the trial", .role = Role::word});
  add({.key = "reproduces", .at = at(&Recipe::reproduces), .help = "ids of published numbers", .role = Role::word});
  add({.key = "deviations",
       .at = at(&Recipe::deviations),
       .help = "from the paper's protocol; { text, keys } falls away when a key is set by hand",
       .adds_up = true,
       .role = Role::word});
  add({.key = "by_hand", .at = at(&Recipe::by_hand), .help = "overrides of the command line", .quiet = true, .role = Role::word});
  return rows;
}

const Recipe& defaults() {
  static const Recipe recipe;
  return recipe;
}

/// True if one is the other or a table around it.
bool covers(const std::string& a, const std::string& b) {
  return a == b || b.starts_with(a + ".") || a.starts_with(b + ".");
}

}  // namespace

std::string Field::table() const {
  return key.substr(0, key.rfind('.') + 1);
}

std::string Field::name() const {
  return key.substr(key.rfind('.') + 1);
}

const std::vector<Field>& fields() {
  static const std::vector<Field> table = rows();
  return table;
}

const Field* find_field(const std::string& key) {
  const std::string rest_of_table = key.substr(0, key.find('.')) + ".*";
  const Field* found = nullptr;
  for (const Field& field : fields()) {
    if (field.key == key || field.key == key + ".value") return &field;
    if (field.key == rest_of_table && key.find('.') != std::string::npos) found = &field;
  }
  return found;
}

void reset(const Field& field, Recipe& recipe) {
  const auto put = [&]<typename T>(T* target) { *target = *std::get<T*>(field.place(defaults())); };
  std::visit(put, field.at(recipe));
}

void restart_table(const Field& field, Recipe& recipe) {
  for (const Field& other : fields())
    if (other.table() == field.table() && other.key != field.key) reset(other, recipe);
}

bool same_value(const Field& field, const Recipe& a, const Recipe& b) {
  const auto same = [&]<typename T>(T* value) { return *value == *std::get<T*>(field.place(b)); };
  return std::visit(same, field.place(a));
}

bool has_default(const Field& field, const Recipe& recipe) {
  return same_value(field, recipe, defaults());
}

bool is_written(const Field& field, const Recipe& recipe) {
  if (field.only_with != nullptr && has_default(*find_field(field.only_with), recipe)) return false;
  return !field.quiet || !has_default(field, recipe);
}

void note_by_hand(Recipe& recipe, const std::string& key, const std::string& value) {
  const Field* field = find_field(key);
  if (field != nullptr && field->clears != nullptr) recipe.by_hand.erase(field->clears);
  if (field != nullptr && field->restarts)
    std::erase_if(recipe.by_hand, [&](const auto& noted) { return noted.first.starts_with(field->table()); });
  recipe.by_hand[key] = value;
}

std::string by_hand_text(const std::string& setting) {
  return "set by hand: " + setting;
}

bool is_set_by_hand(const Recipe& recipe, const std::vector<std::string>& keys) {
  return std::any_of(recipe.by_hand.begin(), recipe.by_hand.end(), [&](const auto& noted) {
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return covers(key, noted.first); });
  });
}

std::vector<std::string> deviation_texts(const Recipe& recipe) {
  std::vector<std::string> texts;
  for (const Deviation& deviation : recipe.deviations)
    if (!is_set_by_hand(recipe, deviation.keys)) texts.push_back(deviation.text);
  return texts;
}

}  // namespace reprise::recipes
