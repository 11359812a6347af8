// What a run reads: preprocessing is fitted on the images that are trained on, and on them alone.

#include "suite/runs/run_data.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::runs {
namespace {

recipes::Recipe standardized() {
  recipes::Recipe recipe;
  recipe.dataset = "synthetic-color32";
  recipe.train_images = 30, recipe.test_images = 10;
  recipe.preprocessing = {"standardize"};
  return recipe;
}

std::map<std::string, std::vector<double>> fitted_on(const datasets::ImageSet& images) {
  return datasets::Preprocessing::fit({"standardize"}, images)->fitted();
}

TEST(RunData, fits_preprocessing_on_training_images_alone) {
  const tests::TemporaryFolder folder;
  const recipes::Recipe recipe = standardized();
  const RunData data(recipe, folder.path());
  const datasets::Dataset set = datasets::load(recipe.dataset, folder.path(), {30, 10});
  EXPECT_EQ(data.preprocessing->fitted(), fitted_on(set.train));
  EXPECT_NE(data.preprocessing->fitted(), fitted_on(set.test));
  // Training images come out with mean 0 and deviation 1, a channel; test images, with the same numbers, near that.
  const auto mean_of = [](const datasets::SampleSource& source) {
    double sum = 0;
    std::vector<float> image(3072);
    for (std::int64_t i = 0; i < source.count(); ++i) {
      source.fetch(i, nullptr, image.data());
      for (std::size_t j = 0; j < image.size(); j += 3) sum += image[j];
    }
    return sum / static_cast<double>(source.count() * 1024);
  };
  EXPECT_NEAR(mean_of(*data.train), 0, 1e-6);
  EXPECT_GT(std::abs(mean_of(*data.test)), 1e-4);
}

TEST(RunData, labelled_images_are_preprocessed_as_all_training_images_are) {
  const tests::TemporaryFolder folder;
  recipes::Recipe recipe = standardized();
  recipe.procedure = "hebbian";
  recipe.hebbian.labelled_images = 7;
  recipe.augmentation = {"flip"};
  const RunData data(recipe, folder.path());
  ASSERT_TRUE(data.labelled);
  EXPECT_EQ(data.labelled->count(), 7);
  EXPECT_EQ(data.train->count(), 30);
  const datasets::Dataset few = datasets::load(recipe.dataset, folder.path(), {7, 10});
  std::vector<float> expected(3072), found(3072);
  data.preprocessing->apply(few.train.image(3), expected.data());
  const datasets::FetchKey key{1, 1};
  data.labelled->fetch(3, &key, found.data());  // not augmented
  EXPECT_EQ(found, expected);
}

TEST(RunData, evaluations_may_look_at_other_sets) {
  const tests::TemporaryFolder folder;
  recipes::Recipe recipe = standardized();
  const std::string digest = RunData(recipe, folder.path()).digest;
  recipe.final_evaluations = {{.name = "own"}, {.name = "other", .dataset = "synthetic-color32", .test_images = 7}};
  const RunData data(recipe, folder.path());
  ASSERT_EQ(data.others.size(), 2u);
  EXPECT_FALSE(data.others[0]);
  ASSERT_TRUE(data.others[1]);
  EXPECT_EQ(data.others[1]->count(), 7);
  EXPECT_EQ(&data.others[1]->preprocessing(), data.preprocessing.get());
  EXPECT_NE(data.digest, digest) << "a run on other images is another run";
  recipe.final_evaluations = {{.name = "own"}};
  EXPECT_EQ(RunData(recipe, folder.path()).digest, digest) << "and one on the same images is the same";
}

TEST(RunData, names_the_set_of_an_evaluation_that_is_not_there) {
  const tests::TemporaryFolder folder;
  recipes::Recipe recipe = standardized();
  recipe.final_evaluations = {{.name = "corrupted", .dataset = "cifar-10-c"}};
  try {
    RunData data(recipe, folder.path());
    FAIL() << "no error";
  } catch (const InputError& error) {
    const std::string message = error.what();
    for (const char* part : {"data set 'cifar-10-c'", "gaussian_noise.npy", "reprise data fetch cifar-10-c"})
      EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace reprise::runs
