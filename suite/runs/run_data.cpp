#include "suite/runs/run_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/augmentation.hpp"
#include "datasets/image_set.hpp"
#include "datasets/surrogate_images.hpp"
#include "datasets/whitening.hpp"
#include "suite/errors.hpp"
#include "suite/evaluations/other_images.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/records/digest.hpp"

namespace reprise::runs {

RunData::RunData(const recipes::Recipe& recipe, const std::filesystem::path& directory, const std::function<bool()>& should_stop) {
  const auto stops = [&] { return should_stop && should_stop(); };
  const auto selected = [&](std::int64_t train_count) {
    return datasets::Selection{train_count, recipe.test_images, recipe.held_out_images, datasets::PhotographFrame::of(recipe.preprocessing),
                               datasets::ClipStage::of(recipe.preprocessing)};
  };
  datasets::Dataset loaded = datasets::load(recipe.dataset, directory, selected(recipe.train_images));
  const auto other_images = evaluations::load_other_images(recipe, directory);
  if (stops()) return;
  for (const recipes::ProbeRecipe& probe : recipe.probes) {
    probes.push_back(evaluations::load_labelled(recipe, probe, directory));
    if (stops()) return;
  }
  if (recipe.surrogate.classes > 0) loaded = datasets::surrogate_classes(loaded.train, recipe.surrogate);
  auto train_images = std::make_shared<datasets::ImageSet>(std::move(loaded.train));
  auto test_images = std::make_shared<const datasets::ImageSet>(std::move(loaded.test));
  if (stops()) return;
  preprocessing = datasets::Preprocessing::fit(recipe.preprocessing, *train_images, directory / "preprocessed",
                                               datasets::moves_colours(recipe.augmentation));
  if (stops()) return;
  train = std::make_unique<datasets::SampleSource>(train_images, preprocessing, recipe.augmentation);
  if (stops()) return;
  const std::vector<std::string> crops = datasets::crops_among(recipe.augmentation);
  if (procedures::of(recipe).has_plastic_phase && recipe.hebbian.labelled_images > 0) {
    // The same images that a trial with this number of train_images would see.
    datasets::Dataset chosen = datasets::load(recipe.dataset, directory, selected(recipe.hebbian.labelled_images));
    labelled =
        std::make_unique<datasets::SampleSource>(std::make_shared<const datasets::ImageSet>(std::move(chosen.train)), preprocessing, crops);
  }
  test = std::make_unique<datasets::SampleSource>(test_images, preprocessing, crops);
  std::string digests = train_images->digest + test_images->digest;
  for (const auto& images : other_images) {
    others.push_back(images ? std::make_unique<const datasets::SampleSource>(images, preprocessing, crops) : nullptr);
    if (images) digests += images->digest;
  }
  for (const evaluations::LabelledImages& images : probes) digests += images.train->digest + images.test->digest;
  digest = records::sha256_hex(digests);
  // Whitened images are stored once; from here on nobody reads the training bytes.
  if (preprocessing->is_expensive()) std::vector<std::uint8_t>().swap(train_images->pixels);
}

std::unique_ptr<const RunData> load_run_data(const recipes::Recipe& recipe, const std::filesystem::path& directory, ranks::Team& team,
                                             const std::function<bool()>& should_stop) {
  std::unique_ptr<const RunData> sources;
  const auto stopped = [&] { return team.any((should_stop && should_stop()) || (sources && !sources->complete()), "agreement to stop"); };
  team.on_root([&] { sources = std::make_unique<const RunData>(recipe, directory, should_stop); }, "reading of the data");
  if (stopped()) return nullptr;
  if (!sources) sources = std::make_unique<const RunData>(recipe, directory, should_stop);
  if (stopped()) return nullptr;
  if (is_whitened(recipe))
    require_same(team, "whitening of " + recipe.dataset, datasets::blas_kernels(),
                 "Pin the same on all: mpirun -x OPENBLAS_CORETYPE=Haswell");
  require_same(team, "data set " + recipe.dataset, sources->digest, "Give all nodes the same --data");
  return sources;
}

bool is_whitened(const recipes::Recipe& recipe) {
  return std::any_of(recipe.preprocessing.begin(), recipe.preprocessing.end(),
                     [](const std::string& stage) { return stage.starts_with("zca"); });
}

void require_same(ranks::Team& team, const std::string& thing, const std::string& mine, const char* fix) {
  if (team.size() == 1) return;
  const auto* bytes = reinterpret_cast<const std::byte*>(mine.data());
  const std::vector<std::byte> agreed = team.broadcast({bytes, bytes + mine.size()}, "agreement");
  const std::string roots(reinterpret_cast<const char*>(agreed.data()), agreed.size());
  if (team.any(roots != mine, "agreement"))
    throw InputError(Complaint{thing, "the same on all ranks: " + roots,
                               roots != mine ? fmt::format("{} on {}", mine, team.name_of(team.rank())) : "another on some rank", fix});
}

}  // namespace reprise::runs
