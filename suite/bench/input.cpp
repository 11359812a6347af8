// The input pipeline: preprocessing and augmentation of one sample after another on one thread.

#include <filesystem>
#include <memory>

#include "datasets/augmentation.hpp"
#include "datasets/manifest.hpp"
#include "datasets/photograph_frame.hpp"
#include "datasets/photograph_layout.hpp"
#include "datasets/sample_source.hpp"
#include "suite/bench/rates.hpp"

namespace reprise::bench {

namespace {

void fetch(benchmark::State& state, const std::string& name, const std::vector<std::string>& stages,
           const std::vector<std::string>& augmentations) {
  const std::filesystem::path directory = datasets::data_directory("");
  const datasets::Dataset set = datasets::load(name, directory, {.frame = datasets::PhotographFrame::of(stages)});
  const auto images = std::make_shared<const datasets::ImageSet>(set.train);
  const auto preprocessing =
      datasets::Preprocessing::fit(stages, *images, directory / "preprocessed", datasets::moves_colours(augmentations));
  const datasets::SampleSource source(images, preprocessing, augmentations);
  std::vector<float> output(static_cast<std::size_t>(source.shape().size()));
  const datasets::FetchKey key{1, 1};
  std::int64_t index = 0;
  // Bytes: a pixel read, a float written.
  const double per_second = run_memory(state, 1, 5.0 * static_cast<double>(source.shape().size()), [&] {
    source.fetch(index, &key, output.data());
    index = (index + 1) % source.count();
  });
  state.counters["images_per_second"] = per_second;
}

}  // namespace

void register_input() {
  struct Row {
    const char* name;
    const char* set;
    std::vector<std::string> stages, augmentations;
  };
  std::vector<Row> rows{{"input/gray28/scale", "synthetic-gray28", {"scale"}, {}},
                        {"input/color32/standardize", "synthetic-color32", {"standardize"}, {}},
                        {"input/color32/standardize+flip+crop", "synthetic-color32", {"standardize"}, {"flip", "crop(pad=4)"}},
                        {"input/color32/gcn", "synthetic-color32", {"gcn(scale=55)"}, {}}};
  // Photographs are those of the data directory, if it has any: decoded alone, and decoded and resized.
  if (datasets::has_photographs(datasets::require_entry("imagenette2-112"), datasets::data_directory(""))) {
    rows.push_back({"input/photograph112/mean_image+crop98+flip+colour",
                    "imagenette2-112",
                    {"photograph(side=112)", "mean_image"},
                    {"random_crop(size=98)", "flip", "pca_colour"}});
    rows.push_back({"input/photograph112/resize64+mean_image+crop56+flip+colour",
                    "imagenette2-112",
                    {"photograph(side=64)", "mean_image"},
                    {"random_crop(size=56)", "flip", "pca_colour"}});
  }
  for (const Row& row : rows)
    benchmark::RegisterBenchmark(row.name, [row](benchmark::State& s) { fetch(s, row.set, row.stages, row.augmentations); });
}

}  // namespace reprise::bench
