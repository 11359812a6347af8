#include "datasets/preprocessing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "datasets/byte_statistics.hpp"
#include "datasets/clip_stage.hpp"
#include "datasets/digest.hpp"
#include "datasets/named_call.hpp"
#include "datasets/photograph_frame.hpp"
#include "datasets/preprocessing_stages.hpp"
#include "datasets/whitening_cache.hpp"
#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kBlock = 500;              // images at a time while fitting
constexpr std::int64_t kMinCachedFeatures = 512;  // fitting fewer takes less than a second

/// A table for the leading per-value stages, then the other stages in order.
class Pipeline : public Preprocessing {
 public:
  Pipeline(const ImageSet& train, std::filesystem::path cache_directory)
      : train_(&train),
        cache_directory_(std::move(cache_directory)),
        channels_(train.channels),
        positions_(std::int64_t{train.height} * train.width),
        slopes_(static_cast<std::size_t>(train.channels), 1.0),
        exact_(static_cast<std::size_t>(train.channels) * 256) {
    for (std::size_t i = 0; i < exact_.size(); ++i) exact_[i] = static_cast<double>(i % 256);
    table_.assign(exact_.begin(), exact_.end());
  }

  void add(const std::string& text) {
    NamedCall call("preprocessing stage", text);
    texts_.push_back(text);
    if (ClipStage::is_clip_stage(call.name()))
      check_clips(text);
    else if (call.name() == "photograph")
      check_frame(text);
    else if (call.name() == "mean_image")
      add_mean_image(call);
    else if (call.name() == "scale")
      add_scale(call);
    else if (call.name() == "centre")
      add_centre(call);
    else if (call.name() == "standardize")
      add_standardize(call);
    else if (call.name() == "gcn")
      add_contrast(call);
    else if (call.name() == "zca")
      add_whitening(call);
    else
      call.fail_unknown({"photograph", "snippets", "motion", "video", "mean_image", "scale", "centre", "standardize", "gcn", "zca"});
  }

  void fit_colour_axes() {
    if (channels_ != 3 || slopes_.empty())
      throw InputError({"augmentation 'pca_colour'", "images in colour, and no stage but photograph, mean_image, scale and standardize",
                        channels_ != 3 ? fmt::format("images of {} channels", channels_) : "another stage", "Leave it out."});
    axes_ = datasets::colour_axes(statistics());
    for (std::size_t i = 0; i < axes_.size(); ++i) axes_[i] *= slopes_[i % 3];
  }

  void finish_fitting() {
    train_ = nullptr;
    statistics_.reset();
  }

  const std::vector<double>& colour_axes() const override {
    if (axes_.empty()) throw InputError({"augmentation 'pca_colour'", "preprocessing that was fitted for it", "none", ""});
    return axes_;
  }

  bool is_expensive() const override { return has_whitening_; }
  const float* table() const override { return stages_.empty() ? table_.data() : nullptr; }
  std::map<std::string, std::vector<double>> fitted() const override { return fitted_; }
  void apply(const std::uint8_t* image, float* output) const override { apply_batch(image, 1, output); }

  void apply_batch(const std::uint8_t* images, std::int64_t count, float* output) const override {
    const std::int64_t size = positions_ * channels_;
    for (std::int64_t i = 0; i < count; ++i)
      for (int c = 0; c < channels_; ++c) {
        const float* table = table_.data() + c * 256;
        const std::uint8_t* plane = images + i * size + c * positions_;
        float* target = output + i * size + c;
        for (std::int64_t p = 0; p < positions_; ++p) target[p * channels_] = table[plane[p]];
      }
    for (const auto& stage : stages_) stage->apply(output, count);
  }

 private:
  std::int64_t image_size() const { return positions_ * channels_; }

  ImageStream stream() const {
    return [this](const std::function<void(const float*, std::int64_t)>& use) {
      std::vector<float> block(static_cast<std::size_t>(kBlock * image_size()));
      std::vector<std::uint8_t> room;
      for (std::int64_t first = 0; first < train_->count; first += kBlock) {
        const std::int64_t count = std::min(kBlock, train_->count - first);
        if (train_->lazy)
          for (std::int64_t i = 0; i < count; ++i) apply(train_->image(first + i, room), block.data() + i * image_size());
        else
          apply_batch(train_->image(first), count, block.data());
        use(block.data(), count);
      }
    };
  }

  const ByteStatistics& statistics() {
    if (!statistics_) statistics_ = measure_bytes(*train_, cache_directory_);
    return *statistics_;
  }

  /// The frame has been put around photographs when they were loaded.
  void check_frame(const std::string& text) const {
    const PhotographFrame frame = PhotographFrame::parse(text);
    if (texts_.size() > 1 || positions_ != std::int64_t{frame.side} * frame.side)
      throw InputError({"preprocessing stage 'photograph'", fmt::format("images of {0} x {0}, in front of all other stages", frame.side),
                        fmt::format("data set '{}' of {} pixels", train_->name, positions_), "Leave it out: it is for photographs."});
  }

  /// Clips have been made when they were loaded.
  void check_clips(const std::string& text) const {
    const int frames = ClipStage::parse(text).frames;
    if (texts_.size() > 1 || train_->frames != frames)
      throw InputError({fmt::format("preprocessing stage '{}'", text),
                        fmt::format("clips of {} frames, in front of all other stages", frames),
                        fmt::format("data set '{}' of {} frames", train_->name, train_->frames), "Move it to the front."});
  }

  /// Means of bytes go through the stages so far, which treat all pixels of a channel alike.
  void add_mean_image(NamedCall& call) {
    call.check_all_used();
    if (!stages_.empty())
      throw InputError({"preprocessing stage 'mean_image'", "only photograph, scale and standardize in front of it", "another stage",
                        "Move it to the front."});
    std::vector<float> means(static_cast<std::size_t>(image_size()));
    for (std::size_t c = 0, i = 0; c < slopes_.size(); ++c)
      for (std::size_t p = 0; p < static_cast<std::size_t>(positions_); ++p, ++i) {
        const double mean = static_cast<double>(statistics().sums[i]) / static_cast<double>(train_->count);
        means[p * slopes_.size() + c] = static_cast<float>(exact_[c * 256] + slopes_[c] * mean);
      }
    stages_.push_back(std::make_unique<MeanImageStage>(std::move(means)));
  }

  /// x * factor_c + offset_c: into the table as long as nothing but tables came before.
  void add_affine(const std::vector<double>& factors, const std::vector<double>& offsets) {
    for (std::size_t c = 0; c < slopes_.size(); ++c) slopes_[c] *= factors[c];
    if (!stages_.empty()) {
      stages_.push_back(std::make_unique<AffineStage>(image_size(), factors, offsets));
      return;
    }
    for (std::size_t i = 0; i < exact_.size(); ++i) exact_[i] = exact_[i] * factors[i / 256] + offsets[i / 256];
    table_.assign(exact_.begin(), exact_.end());
  }

  void add_scale(NamedCall& call) {
    call.check_all_used();
    const auto channels = static_cast<std::size_t>(channels_);
    add_affine(std::vector<double>(channels, 1.0 / 255.0), std::vector<double>(channels, 0.0));
  }

  void add_centre(NamedCall& call) {
    const double divisor = call.get_double("divisor", 256, 1e-6, 1e6);
    call.check_all_used();
    const std::vector<double> means = (stages_.empty() ? measure_table() : measure_channels(stream(), positions_, channels_)).mean;
    std::vector<double> offsets;
    for (const double mean : means) offsets.push_back(-mean / divisor);
    record("centre/mean", means);
    add_affine(std::vector<double>(means.size(), 1 / divisor), offsets);
  }

  void add_standardize(NamedCall& call) {
    const auto channels = static_cast<std::size_t>(channels_);
    ChannelStatistics statistics{call.get_doubles("mean", channels, -1e6, 1e6), call.get_doubles("std", channels, 1e-6, 1e6)};
    call.check_all_used();
    if (statistics.mean.empty() != statistics.deviation.empty())
      throw InputError({"preprocessing stage 'standardize'", "both mean and std, or neither", "one of them", "Add the other."});
    if (statistics.mean.empty()) statistics = stages_.empty() ? measure_table() : measure_channels(stream(), positions_, channels_);
    std::vector<double> factors, offsets;
    for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
      if (!(statistics.deviation[c] > 0))
        throw InputError({fmt::format("preprocessing stage 'standardize' on {} '{}'", train_->split, train_->name),
                          "a spread above 0 in each channel", fmt::format("{} in channel {}", statistics.deviation[c], c),
                          "Leave the stage out."});
      factors.push_back(1.0 / statistics.deviation[c]);
      offsets.push_back(-statistics.mean[c] / statistics.deviation[c]);
    }
    record("standardize/mean", statistics.mean);
    record("standardize/std", statistics.deviation);
    add_affine(factors, offsets);
  }

  /// Exact counts of bytes first, then one weighted sum over 256 values.
  ChannelStatistics measure_table() {
    ChannelStatistics result;
    for (int c = 0; c < channels_; ++c) {
      const std::int64_t* counts = statistics().histogram.data() + c * 256;
      const double values = static_cast<double>(train_->count * positions_);
      const double* table = exact_.data() + c * 256;
      double mean = 0, variance = 0;
      for (std::size_t b = 0; b < 256; ++b) mean += static_cast<double>(counts[b]) * table[b] / values;
      for (std::size_t b = 0; b < 256; ++b) variance += static_cast<double>(counts[b]) * (table[b] - mean) * (table[b] - mean) / values;
      result.mean.push_back(mean);
      result.deviation.push_back(std::sqrt(variance));
    }
    return result;
  }

  void add_contrast(NamedCall& call) {
    const double scale = call.get_double("scale", 55, 1e-6, 1e6);
    const double epsilon = call.get_double("epsilon", 1e-8, 0, 1e6);
    const std::string by = call.get_choice("by", {"std", "norm"});
    call.check_all_used();
    slopes_.clear();
    stages_.push_back(std::make_unique<ContrastStage>(image_size(), scale, epsilon, by == "norm"));
  }

  void add_whitening(NamedCall& call) {
    const double epsilon = call.get_double("epsilon", 0.1, 1e-12, 1e6);
    call.check_all_used();
    slopes_.clear();
    has_whitening_ = true;
    auto stage = std::make_unique<WhiteningStage>(cached_whitening(epsilon));
    const Whitening& whitening = stage->whitening();
    record("zca/eigenvalues", {whitening.min_eigenvalue, whitening.largest_eigenvalue});
    records::Sha256 sha;
    sha.add(std::as_bytes(std::span(whitening.mean)));
    sha.add(std::as_bytes(std::span(whitening.matrix)));
    const auto digest = sha.finish();
    std::vector<double> words;
    for (std::size_t i = 0; i < digest.size(); i += 4) {
      std::uint32_t word = 0;
      for (std::size_t j = i; j < i + 4; ++j) word = word << 8 | std::to_integer<std::uint32_t>(digest[j]);
      words.push_back(word);
    }
    record("zca/sha256", words);
    stages_.push_back(std::move(stage));
  }

  Whitening cached_whitening(double epsilon) const {
    if (image_size() < kMinCachedFeatures) return fit_whitening(stream(), image_size(), epsilon);
    std::string digest = train_->digest.empty() ? image_set_digest(*train_) : train_->digest;
    if (train_->lazy) digest += ' ' + train_->lazy->description();
    const std::string key = fmt::format("{} | {} | {}", digest, fmt::join(texts_, " | "), blas_kernels());
    const std::filesystem::path path = whitening_file(cache_directory_, key);
    if (auto whitening = read_whitening(path, key); whitening && whitening->features == image_size()) return *std::move(whitening);
    Whitening whitening = fit_whitening(stream(), image_size(), epsilon);
    write_whitening(path, key, whitening);
    return whitening;
  }

  /// A stage that comes twice gets "#2" after its name.
  void record(const std::string& name, const std::vector<double>& numbers) {
    std::string free = name;
    for (int n = 2; fitted_.contains(free); ++n)
      free = fmt::format("{}#{}{}", name.substr(0, name.find('/')), n, name.substr(name.find('/')));
    fitted_[free] = numbers;
  }

  const ImageSet* train_;  // null once fitted
  std::filesystem::path cache_directory_;
  int channels_;
  std::int64_t positions_;
  std::vector<double> slopes_;  // [C]: what one more is after the stages so far; empty once it depends on the image
  std::vector<double> axes_;    // [C, C]; empty: not fitted
  std::optional<ByteStatistics> statistics_;
  std::vector<double> exact_;  // [C, 256]
  std::vector<float> table_;   // [C, 256], exact_ rounded
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<std::string> texts_;
  FittedNumbers fitted_;
  bool has_whitening_ = false;
};

}  // namespace

std::shared_ptr<const Preprocessing> Preprocessing::fit(const std::vector<std::string>& stages, const ImageSet& train,
                                                        const std::filesystem::path& cache_directory, bool fits_colour_axes) {
  if (train.count < 1) throw InputError({"preprocessing", "at least one training image to fit on", "none", ""});
  auto pipeline = std::make_shared<Pipeline>(train, cache_directory.empty() ? data_directory("") / "preprocessed" : cache_directory);
  for (const std::string& stage : stages) pipeline->add(stage);
  if (fits_colour_axes) pipeline->fit_colour_axes();
  pipeline->finish_fitting();
  return pipeline;
}

}  // namespace reprise::datasets
