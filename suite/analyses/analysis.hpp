#pragma once
// Analyses: what a trial computes from its trained net, beyond test error. One file each; a row in analysis.cpp.

#include <functional>
#include <string>
#include <vector>

#include "datasets/sample_source.hpp"
#include "suite/graph/graph.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/records/run_record.hpp"
#include "suite/training/batch_source.hpp"
#include "suite/training/learner.hpp"

namespace reprise::analyses {

struct AnalysisInputs {
  const recipes::Recipe& recipe;
  const graph::Graph& graph;
  training::Learner& learner;
  const datasets::SampleSource& train;
  const datasets::SampleSource& test;
  std::uint64_t seed;
  parallel::Workers& workers;
  /// The trial's architecture under other options.
  std::function<graph::Graph(const recipes::Options& model_options)> build_model;
  std::function<void(double fraction)> progress;  ///< may be empty
};

/// Adds tables, images and results to the record.
using Analysis = void (*)(const AnalysisInputs& inputs, records::RunRecord& record);

/// Throws InputError listing the analyses there are.
Analysis find_analysis(const std::string& name);
std::vector<std::string> analysis_names();

/// What is known before a net is trained.
struct Subject {
  const recipes::Recipe& recipe;
  const graph::Graph& graph;
};

/// All that can be refused before hours of training: throws InputError for an unknown analysis, an option that none of the recipe's
/// analyses has or that is out of bounds, and a net or images that one of them cannot be made for.
void check_analyses(const Subject& subject);

/// What the recipe's analyses want to see of the net as it learns.
std::vector<training::Watch> watches_of(const Subject& subject);

/// analysis.KEY, a number of at least 1.
std::int64_t count_option(const recipes::Recipe& recipe, const std::string& key, std::int64_t fallback);
/// Throws InputError unless the net's images have 1 or 3 channels: others are no pictures.
void require_pictures(const std::string& analysis, const Subject& subject);

/// Figure 11 of the dropout paper. Options: masks (200), repetitions (100), sizes ([1, 2, 5, 10, 20, 50]).
/// Table "monte_carlo": k, error, deviation, weight_scaling (percent). Results: "samples" (least k whose mean error is no
/// larger than that of scaled weights; the largest k if none), "samples_suffice" (1, or 0 if none), "gap_deviations" (distance at the
/// largest k in deviations over repetitions), "weight_scaling_error", "monte_carlo_error".
void monte_carlo(const AnalysisInputs& inputs, records::RunRecord& record);

/// Figures 7 and 8 of the dropout paper: activations of a hidden node on the test images, scaled as inference scales them.
/// Options: node ("hidden"), images (10000). Tables "activations" (histogram) and "unit_means"; results "mean_activation" and
/// "sparsity" (share below 0.1).
void sparsity(const AnalysisInputs& inputs, records::RunRecord& record);

/// Section 3.4 of the All-CNN paper: gradient, deconvnet and guided maps of test images. Options: images (200), shown (8).
/// Images "maps"; results: mean Hoyer sparsity, share of L1 mass in the best quarter of pixels, correlation with the map of
/// a net with fresh weights, per rule; "sparsity_gain_guided_over_deconvnet", "sparsity_gain_guided_over_gradient".
void saliency(const AnalysisInputs& inputs, records::RunRecord& record);

/// Learned temperatures of LogAvgExp pooling. Results: "temperature" (geometric mean over channels), "temperature_change"
/// (|mean log t - log t at the start|), "temperature_direction" (-1, 0 or 1).
void temperature(const AnalysisInputs& inputs, records::RunRecord& record);

/// What a net with a stack of blocks (model options stack and blocks) keeps in memory while it trains, by the counters of its plan.
/// Results, of one image: "saved_kib_per_image" (written before the loss and read after it), "peak_kib_per_image", "scratch_kib_per_image",
/// "saved_kib_per_block" (what one block more adds), "residual_slope_ratio" (a residual stack's kib per block over this one's; absent
/// where a block adds nothing), and "saved_mib_per_batch". Timing, by the clock and the system: "step_milliseconds" (forward and backward
/// of a batch, least of five), "peak_resident_mib" (of the process during those).
void memory(const AnalysisInputs& inputs, records::RunRecord& record);

/// Section 4.7 of Network in network: maps of the classes before they are averaged, on test images. Options: images (10000), shown (8).
/// Results, means over images: "strongest_in_true_map" (of the strongest tenth of all activations, without those that are not positive,
/// the share that lies in the map of the image's class), "strongest_in_other_map" (the same of another class, mean over them),
/// "peak_in_true_map" (share of images whose largest activation lies in the map of their class). Images "class_maps".
void class_maps(const AnalysisInputs& inputs, records::RunRecord& record);

/// What filters of convolutions and plastic layers respond to. Images "kernels": those of the first one. Images "patches_LAYER" for
/// each: rows of the image patches that excite a filter most, at most one an image. Options: images (500, test images looked at), filters
/// (8, rows of patches), patches (10, a row).
void receptive_fields(const AnalysisInputs& inputs, records::RunRecord& record);

/// What a net makes of square test images that are turned by one to three quarters of a circle. Options: images (1000); node, and
/// orientations (4) of its maps: a picture of the first map of the first image. Results: "turned_output_change" (largest change of an
/// output over the largest output), "turned_guesses_changed" (percent). Images "turned_maps", if a node is given.
void turns(const AnalysisInputs& inputs, records::RunRecord& record);

/// Figure 1 of Krizhevsky et al. 2012: when an epoch's mean error of its training samples fell to a quarter, between two points of the
/// history on a straight line. Results: "epochs_to_25_percent_train_error" (those of the run if it did not), "..._suffice" (1, or 0 if it
/// did not).
void learning_speed(const AnalysisInputs& inputs, records::RunRecord& record);

/// How a net does on the training images as the test images are seen: not augmented, mixed or thinned out. Results: "clean_train_error",
/// and "generalisation_gap", by how much the test error is larger.
void generalisation(const AnalysisInputs& inputs, records::RunRecord& record);

/// Section 4.2 of Zeiler & Fergus 2014: the probability of the class of a test image while a grey square of a quarter of its side covers
/// one place after the other. Options: images (100), shown (8). Results, means over images: "occlusion_drop_centre" and
/// "occlusion_drop_corners" (what the square takes from the probability there), "occlusion_contrast" (their difference). Images
/// "occlusion".
void occlusion(const AnalysisInputs& inputs, records::RunRecord& record);

/// Figure 5 of Huang et al. 2017: mean |w| of each convolution or dense layer over the maps of each layer whose joined output it reads.
/// Results: "reused_sources" (percent of these means that are at least a fifth of the mean over all weights of the layer that reads),
/// "block_input_weight" (of blocks after the first: the mean on the block's input over the mean on its layers' maps, mean over the layers
/// that read both). Images "feature_reuse_BLOCK".
void feature_reuse(const AnalysisInputs& inputs, records::RunRecord& record);

/// What a net takes, from its layers: results "weight_kib" (of all trained parameters, quantised weights in their bits), "activation_kib"
/// (the largest input and output of a layer together, quantised activations in their bits), "bit_operations" (of one image: multiply-adds
/// times the bits of weight and activation), "nonzero_weights" (percent of all weights of convolutions and dense layers). Timing, of the
/// net in float32 on one thread: "images_per_second_alone" (one image at a time), "images_per_second_of_64" (64 at a time) and
/// "inference_gflops" (of the latter).
void resources(const AnalysisInputs& inputs, records::RunRecord& record);

/// The net with sums of whole numbers (execution/integer_net.hpp), its levels from training images that are not augmented. Options:
/// calibration_images (512). Results: "integer_error" (percent of the test images), "integer_error_increase" (points above that in
/// float32), "integer_weight_kib". Timing, on all threads, reading the images included: "float_images_per_second" (the evaluation in
/// float32), "integer_images_per_second", "integer_speedup" (their ratio).
void integer_inference(const AnalysisInputs& inputs, records::RunRecord& record);

/// The invariance curves of Dosovitskiy et al. 2016: what the features of a patch do while it is moved, turned, scaled or changed in
/// colour, up to twice the paper's largest strength. The patches are from images that no surrogate class is from. Options: patches (100),
/// node ("fc.relu"). Table "invariance", by strength over the paper's largest: mean distance of a patch's features from those without a
/// change, over the mean distance between different patches. Results at 1: "moved_by_translation", "..._rotation", "..._scale", "..._hue",
/// "..._contrast".
void invariance(const AnalysisInputs& inputs, records::RunRecord& record);

/// Figure 2 of Zeiler & Fergus 2014: for filters of each convolution the test images that excite them most, as patches, and that one
/// activation projected down to the pixels by the deconvnet. Options: images (500, test images looked at), filters (8, rows), strongest
/// (9, columns). Images "projections_LAYER".
void projections(const AnalysisInputs& inputs, records::RunRecord& record);

/// What spatial transformers look at (Jaderberg et al. 2015): of some test images before training, after about a quarter and half of the
/// epochs and at the end the image with the outline of what is sampled, and what is made of it. Options: images (500), shown (as many as
/// make twelve tiles). Images "spatial_transforms". Where the distortion of the test images is known as affine maps and draws a "rotation",
/// "scale" or "place", the spread of that behind the transformers, of the affine maps nearest to theirs: table "pose_left", by epochs,
/// columns "QUANTITY" or "QUANTITY, TRANSFORMER", over what is drawn, of the channel of which the transformer leaves the least. Results
/// "residual_QUANTITY" (of each channel, behind the transformer that leaves the least) and "QUANTITY_left" (over what is drawn).
void spatial_transforms(const AnalysisInputs& inputs, records::RunRecord& record);

/// Of each analysis, what check_analyses() asks it. Reads all of its options.
void check_monte_carlo(const Subject& subject);
void check_sparsity(const Subject& subject);
void check_saliency(const Subject& subject);
void check_temperature(const Subject& subject);
void check_memory(const Subject& subject);
void check_class_maps(const Subject& subject);
void check_receptive_fields(const Subject& subject);
void check_turns(const Subject& subject);
void check_learning_speed(const Subject& subject);
void check_generalisation(const Subject& subject);
void check_occlusion(const Subject& subject);
void check_feature_reuse(const Subject& subject);
void check_resources(const Subject& subject);
void check_integer_inference(const Subject& subject);
void check_invariance(const Subject& subject);
void check_projections(const Subject& subject);
void check_spatial_transforms(const Subject& subject);

/// Of those that look at a net as it learns, what watches_of() asks.
std::vector<training::Watch> watch_spatial_transforms(const Subject& subject);

}  // namespace reprise::analyses
