#pragma once
// A recipe: settings, which are everything that decides a trial's numbers, and words about them, resolved for one scale. `/recipe` stores
// both; the run id is hashed from the settings alone. Nothing about ranks, threads or paths stands here.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/surrogate_recipe.hpp"
#include "suite/optimizers/optimizer_recipe.hpp"
#include "suite/recipes/options.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::recipes {

/// Procedure "hebbian": the plastic layers learn first, without labels; then a classifier learns on features that are computed once.
/// `batch`, `shard`, `epochs`, `steps` and `optimizer` of the recipe are the classifier's.
struct HebbianRecipe {
  double epochs = 1;  ///< passes over the training images before the classifier; 0: none
  std::int64_t batch = 10;
  std::int64_t shard = 5;
  std::string order = "all_at_once";    ///< or "layer_by_layer": `epochs` for each layer, the earlier ones frozen
  std::int64_t labelled_images = 0;     ///< training images that the classifier sees; 0: all
  Precision features = Precision::f32;  ///< how cached features are stored
};

/// A part of a supervised run with an optimizer that starts afresh: momentum from zero, schedules from their beginning.
struct PhaseRecipe {
  std::string name;
  double share = 1;           ///< of the run's steps; those of all phases add up to 1
  std::string heads = "all";  ///< or "main": the net without the nodes that the other heads need
  /// Positive: the learning rate, times `factor` at each of `milestones` (shares of the phase). 0: the recipe's schedule.
  double rate = 0;
  double factor = 0.1;
  std::vector<double> milestones{};

  bool operator==(const PhaseRecipe&) const = default;
};

/// A look at the test images when a run is done, besides those of its history: what a net sees of each, and how what it says is put
/// together. Weights do not depend on it.
struct EvaluationRecipe {
  std::string name;
  /// Whose test images are looked at, of the same size and classes; empty: the recipe's. Of a set whose images are in groups, as CIFAR-10-C
  /// (datasets/corrupted_images.hpp), the error of each group is found as well.
  std::string dataset{};
  std::int64_t test_images = 0;  ///< of that data set; 0: all
  /// Shorter sides that a test image is resized to, its central square being seen; empty: the image as the recipe has it.
  std::vector<std::int64_t> sides{};
  /// "centre", "corners" (and the centre) or "grid": crops as large as in training. "whole": the net runs over the whole image, dense
  /// layers as convolutions, and its class maps are averaged.
  std::string places = "centre";
  std::int64_t grid = 5;                  ///< places of the grid in a row and in a column
  bool mirrored = false;                  ///< each view and its mirror
  std::string average = "probabilities";  ///< or "logits": of all views; "maximum": the largest probability of each class
  std::vector<std::string> of{};          ///< evaluations before this one whose scores are averaged, in place of views
  std::vector<double> weights{};          ///< of these; empty: equal
  bool scores = false;                    ///< the result file keeps the scores of all classes
  /// Clips of each test image or video, drawn as in training but for what augmentation does, whose scores are averaged; 0: the one that
  /// tests see.
  std::int64_t clips = 0;
  std::string output{};              ///< a node of the net that is read in place of the main head's; empty: that
  std::vector<std::int64_t> hits{};  ///< Hit@k for these k: images, or videos, with a right class among the first k

  bool operator==(const EvaluationRecipe&) const = default;
};

/// A linear classifier on features of the trained net, which does not learn any more: one-vs-all support vector machines with squared hinge
/// loss. Weights of the net do not depend on it.
struct ProbeRecipe {
  std::string name;
  std::string dataset{};             ///< of labelled images; empty: the recipe's, which then has classes of its own
  std::int64_t side = 0;             ///< positive: the net runs over images resized to that; 0: over what its test images would show
  std::vector<std::string> nodes{};  ///< whose values are the features
  /// The largest value of each map in each of n x n equal parts of it, for each n; 0: every value.
  std::vector<std::int64_t> parts{2};
  std::int64_t labelled = 0;     ///< labelled images of each class; 0: all
  std::int64_t subsets = 1;      ///< that are drawn of as many; the result is the mean over them
  bool folds = false;            ///< the data set's own subsets in their place
  std::int64_t test_images = 0;  ///< 0: all
  /// The constants of the loss that are tried, evenly spaced on a logarithmic scale, on a part of the first subset.
  double constant_from = 1e-3, constant_to = 1;
  std::int64_t constants = 10;

  bool operator==(const ProbeRecipe&) const = default;
};

/// Weights that another trial's net has learned, from which a run starts.
struct StartRecipe {
  std::string trial;                         ///< of the same paper, at the same scale, with the same seed; empty: none
  std::vector<std::string> parameters{"*"};  ///< patterns of names; those that none matches start as they are drawn
  /// Where this net has fewer channels than the other, the largest stay: "weights", by the sum of |w| of their filter, or "norm", by the
  /// |gamma| of the norm behind them (Li et al. 2017, arXiv 1608.08710; Liu et al. 2017, arXiv 1708.06519). Empty: shapes must agree.
  std::string shrink{};
  std::string recipe;  ///< the other trial's settings as TOML, which catalog::resolve puts here
};

/// Another trial's trained net, whose scores of classes this one learns besides the labels (losses/distillation.hpp).
struct TeacherRecipe {
  std::string trial;  ///< of the same paper, at the same scale, with the same seed; empty: none
  double weight = 0.5;
  double temperature = 1;
  std::string recipe;  ///< the other trial's settings as TOML, which catalog::resolve puts here
};

/// Where a recipe leaves the paper's protocol: a footnote of the report, unless one of `keys` was set by hand.
struct Deviation {
  std::string text;
  std::vector<std::string> keys{};

  bool operator==(const Deviation&) const = default;
};

/// Each member has its row in fields.hpp.
struct Recipe {
  std::string paper, trial, scale;
  std::string procedure = "supervised";  ///< "supervised" (labels), "autoencoder" (target = the preprocessed input) or "hebbian"
  std::string model;                     ///< name of an architecture of the paper's model.cpp
  Options model_options;

  std::string dataset;
  std::int64_t train_images = 0;  ///< 0: all
  std::int64_t test_images = 0;
  std::int64_t held_out_images = 0;  ///< if positive, that number of training images replaces the test set
  std::vector<std::string> preprocessing;
  std::vector<std::string> augmentation;
  datasets::SurrogateRecipe surrogate;
  std::vector<std::string> mixing;  ///< of training samples with others of their batch; of several, one is drawn for each batch

  std::int64_t batch = 128;  ///< the global batch
  std::int64_t shard = 8;    ///< samples of one shard; 0 ("auto") until catalog::choose_shards has put a number here
  double epochs = 1;         ///< length of the run, unless steps > 0
  std::int64_t steps = 0;
  Precision precision = Precision::f32;
  optimizers::OptimizerRecipe optimizer;
  HebbianRecipe hebbian;
  std::vector<PhaseRecipe> phases;  ///< procedure "supervised"; empty: one
  StartRecipe start;
  TeacherRecipe teacher;        ///< procedure "supervised"
  bool gradient_norms = false;  ///< the history has the norm of every weight's gradient
  double label_smoothing = 0;
  double label_smoothing_until = 1;  ///< a share of the run; hard labels from there on
  bool drop_last = false;            ///< leave out an epoch's last batch if it is not full; ignored under "hebbian"
  /// Views of a test image whose logits are averaged. 0: the image. 1: and its mirror. 2: half of that, and a quarter each of the same on
  /// the image shifted by one pixel up and left, and down and right, with reflected borders (Jordan 2024, arXiv 2404.00498, section 3.5).
  /// 3: the centre and the four corners of the image, each with its mirror (Krizhevsky et al. 2012, section 4.1).
  int test_views = 0;
  std::string view_average = "logits";              ///< or "probabilities": what of the views is averaged
  bool top5 = false;                                ///< the history has the test images whose class is not among the five most probable
  int evaluations = 10;                             ///< about how many times the test set is evaluated, the last step included
  std::vector<EvaluationRecipe> final_evaluations;  ///< procedure "supervised"
  std::vector<ProbeRecipe> probes;                  ///< procedure "supervised"

  std::vector<std::string> analyses;  ///< run after training: "monte_carlo", "sparsity" ...; see experiments/analyses
  Options analysis_options;

  // Words: they decide no number, and no run is stale when they change.
  std::string title;
  std::vector<std::string> reproduces;  ///< ids of published numbers
  std::vector<Deviation> deviations;
  std::map<std::string, std::string> by_hand;  ///< overrides of the command line that changed something, by key
};

/// smoke, desk, night, paper: from the shortest to the published recipe.
const std::vector<std::string>& scale_names();

/// smoke, desk, paper: those of a trial that names none. A night is designed for single trials.
const std::vector<std::string>& usual_scale_names();

/// Place of a scale among scale_names(), -1 for one that is not there.
int scale_place(const std::string& scale);

/// The data sets that a run reads, each once: the recipe's, then those of its evaluations and probes.
std::vector<std::string> data_sets(const Recipe& recipe);

/// Steps of an epoch of that many training images, at least 1.
std::int64_t steps_per_epoch(const Recipe& recipe, std::int64_t train_images);

/// Steps of the whole run.
std::int64_t total_steps(const Recipe& recipe, std::int64_t train_images);

}  // namespace reprise::recipes
