#include "suite/metrics/metric.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::metrics {

const std::vector<Metric>& all() {
  using enum Better;
  static const std::vector<Metric> metrics{
      // Made by every run.
      {"train_loss", "nats", lower, "mean loss of the training samples since the row before"},
      {"train_error", "percent", lower, "training samples classified wrongly since the row before"},
      {"test_loss", "nats", lower, "mean loss of the test images"},
      {"test_error", "percent", lower, "test images classified wrongly"},
      {"plain_test_error", "percent", lower, "test images classified wrongly when each is seen once, as it is"},
      {"gradient_norm", "1", neither, "norm of the gradient of a layer's weight, mean over the steps since the row before"},
      {"view_gain", "percent", higher, "plain_test_error minus test_error: what averaging over views gains"},
      {"temperature", "1", neither, "mean temperature of LogAvgExp pooling over channels"},
      // Timing.
      {"seconds", "s", lower, "time of training since the row before"},
      {"images_per_second", "s-1", higher, "training images per second"},
      {"gflops", "GFLOP s-1", higher, "floating-point operations of training per second"},
      {"step_milliseconds", "ms", lower, "time of one training step"},
      {"peak_resident_mib", "MiB", lower, "largest resident memory"},
      // Other views of the predictions.
      {"test_accuracy", "percent", higher, "test images classified correctly"},
      {"top1_error", "percent", lower, "images whose first guess is wrong"},
      {"top1_accuracy", "percent", higher, "images whose first guess is right"},
      {"top5_error", "percent", lower, "images with no right guess among the first five"},
      {"top5_accuracy", "percent", higher, "images with a right guess among the first five"},
      {"hit_at_1", "percent", higher, "videos whose first guess is right"},
      {"hit_at_3", "percent", higher, "videos with a right guess among the first three"},
      {"hit_at_5", "percent", higher, "videos with a right guess among the first five"},
      {"clip_hit_at_1", "percent", higher, "clips whose first guess is right"},
      // Of corrupted test images (CIFAR-10-C), over all severities.
      {"gaussian_noise_error", "percent", lower, "test images with Gaussian noise classified wrongly"},
      {"shot_noise_error", "percent", lower, "test images with shot noise classified wrongly"},
      {"impulse_noise_error", "percent", lower, "test images with impulse noise classified wrongly"},
      {"defocus_blur_error", "percent", lower, "test images with the blur of a lens out of focus classified wrongly"},
      {"glass_blur_error", "percent", lower, "test images with the blur of frosted glass classified wrongly"},
      {"motion_blur_error", "percent", lower, "test images with the blur of motion classified wrongly"},
      {"zoom_blur_error", "percent", lower, "test images with the blur of zooming classified wrongly"},
      {"snow_error", "percent", lower, "test images with snow classified wrongly"},
      {"frost_error", "percent", lower, "test images with frost classified wrongly"},
      {"fog_error", "percent", lower, "test images with fog classified wrongly"},
      {"brightness_error", "percent", lower, "test images with more brightness classified wrongly"},
      {"contrast_error", "percent", lower, "test images with less contrast classified wrongly"},
      {"elastic_transform_error", "percent", lower, "test images with an elastic distortion classified wrongly"},
      {"pixelate_error", "percent", lower, "test images with coarse pixels classified wrongly"},
      {"jpeg_compression_error", "percent", lower, "test images with JPEG compression classified wrongly"},
      {"speckle_noise_error", "percent", lower, "test images with speckle noise classified wrongly"},
      {"gaussian_blur_error", "percent", lower, "test images with Gaussian blur classified wrongly"},
      {"spatter_error", "percent", lower, "test images with spatter classified wrongly"},
      {"saturate_error", "percent", lower, "test images with changed saturation classified wrongly"},
      // Results of analyses.
      {"samples", "1", lower, "thinned nets whose average matches the net with scaled weights"},
      {"samples_suffice", "1", neither, "1 if that many were enough"},
      {"gap_deviations", "1", lower, "distance to the net with scaled weights, in standard deviations"},
      {"weight_scaling_error", "percent", lower, "test error of the net with scaled weights"},
      {"monte_carlo_error", "percent", lower, "test error of the averaged thinned nets"},
      {"mean_activation", "1", lower, "mean activation of the hidden units"},
      {"sparsity", "1", higher, "share of near-zero activations, or Hoyer sparsity of a map"},
      {"best_quarter", "1", higher, "share of a map's mass in its best quarter of pixels"},
      {"correlation_with_fresh_weights", "1", lower, "correlation of a map with that of untrained weights"},
      {"sparsity_gain_guided_over_gradient", "1", higher, "Hoyer sparsity of guided maps minus that of gradient maps"},
      {"sparsity_gain_guided_over_deconvnet", "1", higher, "Hoyer sparsity of guided maps minus that of deconvnet maps"},
      {"strongest_in_true_map", "1", higher, "share of the strongest activations that lies in the map of the image's class"},
      {"strongest_in_other_map", "1", lower, "the same in the map of another class, mean over them"},
      {"peak_in_true_map", "1", higher, "share of images whose largest activation lies in the map of their class"},
      {"occlusion_drop_centre", "1", neither, "what covering the middle of an image takes from the probability of its class"},
      {"occlusion_drop_corners", "1", neither, "what covering a corner takes from it, mean over the corners"},
      {"occlusion_contrast", "1", higher, "what covering the middle takes from it beyond what covering a corner does"},
      {"reused_sources", "percent", higher, "maps of earlier layers on which a layer has at least a fifth of its mean weight"},
      {"block_input_weight", "1", neither, "mean weight on a dense block's input, over that on the maps of its layers"},
      {"temperature_change", "1", higher, "change of the learned temperature, as a logarithm"},
      {"temperature_direction", "1", neither, "sign of the change"},
      {"saved_kib_per_image", "KiB", lower, "activations kept for the backward pass, per image"},
      {"peak_kib_per_image", "KiB", lower, "activations alive at once, per image"},
      {"scratch_kib_per_image", "KiB", lower, "working memory of the layers, per image"},
      {"saved_kib_per_block", "KiB", lower, "activations that one more block keeps, per image"},
      {"saved_mib_per_batch", "MiB", lower, "activations kept for the backward pass, per batch"},
      {"residual_slope_ratio", "1", higher, "memory per block of a residual stack, over that of this one"},
      {"mean_norm", "1", neither, "mean norm of a plastic layer's filters"},
      {"share_at_norm_1", "1", higher, "share of a plastic layer's filters whose norm is within 0.01 of 1"},
      {"turned_output_change", "1", lower, "largest change of an output when the image is turned by quarters, over the largest output"},
      {"turned_guesses_changed", "percent", lower, "guesses that change when the image is turned by quarters"},
      {"clean_train_error", "percent", lower, "training images classified wrongly as they are, by the net as it infers"},
      {"generalisation_gap", "percent", lower, "test_error minus clean_train_error"},
      {"weight_kib", "KiB", lower, "memory of the trained parameters, quantised weights in their bits"},
      {"activation_kib", "KiB", lower,
       "memory of a layer's input and output for one image, the largest, quantised activations in their bits"},
      {"bit_operations", "1", lower, "multiply-adds of one image, times the bits of weight and activation"},
      {"nonzero_weights", "percent", neither, "weights of convolutions and dense layers that are not 0"},
      {"images_per_second_alone", "s-1", higher, "images per second in inference on one thread, one at a time"},
      {"images_per_second_of_64", "s-1", higher, "images per second in inference on one thread, 64 at a time"},
      {"inference_gflops", "GFLOP s-1", higher, "floating-point operations of inference per second on one thread, 64 images at a time"},
      {"integer_error", "percent", lower, "test images classified wrongly when products are sums of whole numbers"},
      {"integer_error_increase", "points", lower, "integer_error minus the test error in float32"},
      {"integer_weight_kib", "KiB", lower, "memory of the parameters of the net of whole numbers"},
      {"float_images_per_second", "s-1", higher, "test images per second in float32, on all threads"},
      {"integer_images_per_second", "s-1", higher, "test images per second with sums of whole numbers, on all threads"},
      {"integer_speedup", "1", higher, "speed with sums of whole numbers, over that in float32"},
      {"moved_by_translation", "1", lower, "distance of features of a patch that is moved, over that between patches"},
      {"moved_by_rotation", "1", lower, "distance of features of a patch that is turned, over that between patches"},
      {"moved_by_scale", "1", lower, "distance of features of a patch that is scaled, over that between patches"},
      {"moved_by_hue", "1", lower, "distance of features of a patch that changes its hue, over that between patches"},
      {"moved_by_contrast", "1", lower, "distance of features of a patch that changes its contrast, over that between patches"},
      {"residual_rotation", "degree", lower, "standard deviation of the rotations that a spatial transformer leaves"},
      {"rotation_left", "1", lower, "residual_rotation over the standard deviation that the distortion of the test images draws"},
      {"residual_scale", "1", lower, "standard deviation of the logarithm of the sizes that a spatial transformer leaves"},
      {"scale_left", "1", lower, "residual_scale over the standard deviation that the distortion of the test images draws"},
      {"residual_place", "pixels", lower, "standard deviation of the place that a spatial transformer brings to the middle"},
      {"place_left", "1", lower, "residual_place over the standard deviation that the distortion of the test images draws"},
      {"test_error_deviation", "percent", neither, "standard deviation of test_error over subsets of the labelled images"},
      {"svm_constant", "1", neither, "constant of the support vector machines, chosen on held-out labelled images"},
      // Of nets and machines.
      {"parameters", "1", neither, "trained parameters"},
      {"parameter_ratio", "1", neither, "parameters over those of another net"},
      {"macs", "1", neither, "multiply-adds of one image"},
      {"flops", "1", neither, "floating-point operations"},
      {"neurons", "1", neither, "neurons"},
      {"depth", "1", neither, "layers"},
      {"epoch_time", "s", lower, "time of one epoch"},
      {"time_per_batch16", "ms", lower, "time of a step of 16 images"},
      {"speedup", "1", higher, "speed over that of another method"},
      {"slowdown", "percent", lower, "time over that of another method"},
      {"epochs_to_94", "epochs", lower, "epochs until 94 percent of the test images are right"},
      {"epochs_to_25_percent_train_error", "epochs", lower, "epochs until a quarter of the training samples is wrong"},
      {"epochs_to_25_percent_train_error_suffice", "1", neither, "1 if the run was long enough"},
      {"keep_probability", "1", neither, "probability of keeping a unit"},
      // Published only.
      {"phone_error_rate", "percent", lower, "phones recognised wrongly"},
      {"sequence_error", "percent", lower, "sequences with a wrong digit"},
      {"map", "percent", higher, "mean average precision"},
      {"mean_ap", "percent", higher, "mean average precision"},
      {"code_quality", "bits", lower, "bits to code a test case"},
      {"correspondence_hamming", "1", lower, "difference of the changes that hiding a part makes"},
      {"mean_class_recall", "percent", higher, "recall, mean over classes"},
      {"mean_class_accuracy", "percent", higher, "accuracy, mean over classes"},
      {"mean_corruption_error", "percent", lower, "error under corruptions, over that of AlexNet"},
      {"localisation_error", "percent", lower, "images whose object is not found"},
      {"localisation_accuracy", "percent", higher, "images whose object is found"},
      {"top5_localisation_error", "percent", lower, "images whose object is not found with five guesses"},
      {"top1_error_reduction", "points", higher, "reduction of the error of the first guess"},
      {"top5_error_reduction", "points", higher, "reduction of the error of the first five guesses"},
      {"top1_error_increase", "points", lower, "increase of the error of the first guess"},
      {"top1_accuracy_gain", "points", higher, "gain in right first guesses"},
      {"accuracy_gain_max", "points", higher, "largest gain in accuracy"},
  };
  return metrics;
}

const Metric* find_if_known(std::string_view name) {
  const auto found = std::find_if(all().begin(), all().end(), [&](const Metric& metric) { return metric.name == name; });
  return found == all().end() ? nullptr : &*found;
}

const Metric& find(std::string_view name) {
  if (const Metric* metric = find_if_known(name)) return *metric;
  std::vector<std::string> names;
  for (const Metric& metric : all()) names.emplace_back(metric.name);
  throw InputError(Complaint{fmt::format("metric '{}'", name), "a row of the table in suite/metrics/metric.cpp", "none",
                             text::did_you_mean(std::string(name), names, "Correct the name, or add a row")});
}

std::string_view name_of(Better better) {
  return better == Better::lower ? "lower" : better == Better::higher ? "higher" : "neither";
}

Better better_named(std::string_view name) {
  for (const Better better : {Better::lower, Better::higher})
    if (name_of(better) == name) return better;
  return Better::neither;
}

}  // namespace reprise::metrics
