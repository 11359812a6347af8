#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "suite/errors.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/spatial_transform.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

using layers::SpatialTransform;
using layers::Transform;

constexpr std::int64_t kSide = 4, kImages = 4;

/// Image i was turned by i / 10 - 0.2 and moved by i rows, as its distortion says.
class TurnedImages : public datasets::LazyImages {
 public:
  explicit TurnedImages(std::size_t channels) : channels_(channels) {}
  void make(std::int64_t, const datasets::FetchKey*, std::uint8_t* image) const override { *image = 0; }
  std::vector<datasets::AffineMap> maps_of(std::int64_t index, const datasets::FetchKey*) const override {
    const auto move = datasets::AffineMap{{1, 0, static_cast<double>(index), 0, 1, 0}};
    return std::vector<datasets::AffineMap>(
        channels_, move.after(datasets::AffineMap::rotation(0.1 * static_cast<double>(index) - 0.2, kSide, kSide)));
  }
  std::string description() const override { return "turned"; }
  std::int64_t bytes_held() const override { return 0; }

 private:
  std::size_t channels_;
};

/// Pixel (0, 0) of image i is 10 i, the next one on the right 30.
SmallTraining setup_with(const graph::Graph& graph) {
  SmallTraining setup;
  setup.graph = graph;
  SmallImages images;
  images.height = images.width = kSide;
  for (std::int64_t i = 0; i < kImages; ++i) {
    std::vector<std::uint8_t> image(kSide * kSide, 0);
    image[0] = static_cast<std::uint8_t>(10 * i), image[1] = 30;
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(static_cast<std::int32_t>(i % 2));
  }
  setup.train = setup.test = images;
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.epochs = 2, setup.recipe.evaluations = 2;
  setup.recipe.optimizer.learning_rate.value = 0;
  setup.recipe.analyses = {"spatial_transforms"};
  setup.recipe.analysis_options.set("shown", std::int64_t{2});
  return setup;
}

void add_transformer(graph::Graph& graph, const std::string& suffix, Transform transform, graph::NodeId image) {
  const layers::Dense::Options numbers{.features = layers::numbers_of(transform)};
  const graph::NodeId localised = graph.add("numbers" + suffix, std::make_shared<layers::Dense>(numbers), {image});
  graph.add("transform" + suffix, std::make_shared<SpatialTransform>(SpatialTransform::Options{.transform = transform}),
            {image, localised});
}

graph::Graph one_transformer(Transform transform) {
  graph::Graph graph({kSide, kSide, 1});
  add_transformer(graph, "", transform, 0);
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  return graph;
}

/// Makes a transform turn back by `factor` times the image's index, which is a tenth of its first pixel.
void set_turn(SmallRun& run, const std::string& numbers, float factor) {
  std::vector<float> weight(kSide * kSide, 0.0f);
  weight[0] = -0.1f * factor;
  run.set_weights(numbers + "/weight", weight);
}

/// After a run that learns nothing. `channels`: of the images that the distortion knows; 0: none.
Analysed transforms_of(SmallRun& run, std::size_t channels = 1) {
  const SmallTraining& setup = run.setup();
  run.learner().watch(analyses::watches_of({setup.recipe, setup.graph}));
  run.run();
  if (channels == 0) return analysed(run, "spatial_transforms");
  auto set = std::make_shared<datasets::ImageSet>(run.test().images());
  set->lazy = std::make_shared<TurnedImages>(channels);
  const datasets::SampleSource distorted(set, datasets::Preprocessing::fit({}, run.test().images()), {});
  return analysed(run, "spatial_transforms", {}, &distorted);
}

/// Of the turns -0.2, -0.1, 0, 0.1.
const double kDrawn = 180 / std::numbers::pi * 0.1 * std::sqrt(1.25);

TEST(SpatialTransforms, that_turn_back_leave_no_rotation) {
  const SmallTraining setup = setup_with(one_transformer(Transform::rotation));
  for (const auto& [factor, left] : {std::pair{0.0f, 1.0}, {0.1f, 0.0}, {0.05f, 0.5}, {-0.1f, 2.0}}) {
    SmallRun run(setup);
    set_turn(run, "numbers", factor);
    const Analysed found = transforms_of(run);
    EXPECT_NEAR(found.results.at("residual_rotation"), left * kDrawn, 1e-5) << factor;
    EXPECT_NEAR(found.results.at("rotation_left"), left, 1e-6) << factor;
    EXPECT_FALSE(found.results.contains("residual_scale")) << "none was drawn";
    const records::Table& curve = found.tables.at("pose_left");
    EXPECT_EQ(curve.columns.at("epoch"), (std::vector<double>{0, 1, 2}));
    EXPECT_NEAR(curve.columns.at("rotation").at(2), left, 1e-6);
    EXPECT_NE(curve.title.find("rotation 6.41 degrees"), std::string::npos) << curve.title;
  }
}

/// Numbers of an affine transform are x and y, in units of 1.5 pixels: a move by -i rows is a5 = -i / 1.5.
TEST(SpatialTransforms, that_move_back_leave_no_place) {
  SmallRun run(setup_with(one_transformer(Transform::affine)));
  std::vector<float> weight(6 * kSide * kSide, 0.0f);
  run.set_weights("numbers/weight", weight);
  EXPECT_NEAR(transforms_of(run).results.at("place_left"), 1, 1e-6);
  SmallRun back(run.setup());
  weight[5 * kSide * kSide] = -0.1f / 1.5f;
  back.set_weights("numbers/weight", weight);
  const Analysed found = transforms_of(back);
  EXPECT_NEAR(found.results.at("place_left"), 0, 1e-5);
  EXPECT_NEAR(found.results.at("rotation_left"), 1, 1e-6);
}

/// The first undoes half; the second, whose numbers are read from the same image, the rest.
TEST(SpatialTransforms, in_a_row_count_together) {
  graph::Graph graph({kSide, kSide, 1});
  add_transformer(graph, "1", Transform::rotation, 0);
  const graph::NodeId between = graph.last();
  const layers::Dense::Options one_number{.features = 1};
  const graph::NodeId numbers = graph.add("numbers2", std::make_shared<layers::Dense>(one_number), {0});
  graph.add("transform2", std::make_shared<SpatialTransform>(SpatialTransform::Options{.transform = Transform::rotation}),
            {between, numbers});
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup_with(graph));
  set_turn(run, "numbers1", 0.05f), set_turn(run, "numbers2", 0.05f);
  const Analysed found = transforms_of(run);
  EXPECT_NEAR(found.tables.at("pose_left").columns.at("rotation, transform1").back(), 0.5, 1e-6);
  EXPECT_NEAR(found.tables.at("pose_left").columns.at("rotation, transform2").back(), 0, 1e-6);
  EXPECT_NEAR(found.results.at("rotation_left"), 0, 1e-6);
  EXPECT_EQ(found.images.at("spatial_transforms").height, 4 * 13) << "each has its image and what it makes of it";
}

TEST(SpatialTransforms, side_by_side_count_by_the_one_that_leaves_the_least) {
  graph::Graph graph({kSide, kSide, 1});
  add_transformer(graph, "1", Transform::rotation, 0);
  const graph::NodeId first = graph.last();
  add_transformer(graph, "2", Transform::rotation, 0);
  graph.add("both", std::make_shared<layers::Concat>(layers::Concat::Options{}), {first, graph.last()});
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup_with(graph));
  set_turn(run, "numbers1", 0.05f), set_turn(run, "numbers2", 0.0f);
  const Analysed found = transforms_of(run, 2);
  EXPECT_NEAR(found.results.at("rotation_left"), 0.5, 1e-6);
  const auto& columns = found.tables.at("pose_left").columns;
  EXPECT_NEAR(columns.at("rotation, transform1").back(), 0.5, 1e-6);
  EXPECT_NEAR(columns.at("rotation, transform2").back(), 1, 1e-6);
  EXPECT_EQ(found.images.at("spatial_transforms").height, 3 * 13) << "one image with both outlines, two of what they make of it";
}

TEST(SpatialTransforms, of_images_whose_distortion_is_not_known_are_only_drawn) {
  SmallRun run(setup_with(one_transformer(Transform::rotation)));
  const Analysed found = transforms_of(run, 0);
  EXPECT_TRUE(found.results.empty());
  EXPECT_TRUE(found.tables.empty());
  EXPECT_EQ(found.images.size(), 1u);
}

/// A pixel of the pictures: 8 pixels of the image, two each way, in a tile of 12 and a grey line.
std::array<int, 3> pixel(const records::Images& pictures, std::int64_t picture, std::int64_t row, std::int64_t column, std::int64_t y,
                         std::int64_t x) {
  const std::int64_t at = ((picture * pictures.height + row * 13 + y) * pictures.width + column * 13 + x) * 3;
  const auto value = [&](std::int64_t c) { return static_cast<int>(pictures.pixels.at(static_cast<std::size_t>(at + c))); };
  return {value(0), value(1), value(2)};
}

constexpr std::array<int, 3> kYellow{255, 210, 0}, kWhite{255, 255, 255}, kBlack{0, 0, 0}, kMargin{56, 56, 56};

TEST(SpatialTransforms, are_drawn_where_they_look_and_as_what_they_see) {
  SmallRun run(setup_with(one_transformer(Transform::translation)));
  // To the right by a pixel, 1 / 1.5 unit, and by so little more that rounding does not matter.
  run.set_weights("numbers/weight", std::vector<float>(2 * kSide * kSide, 0.0f));
  run.set_weights("numbers/bias", {1.0001f / 1.5f, 0});
  const records::Images pictures = transforms_of(run, 0).images.at("spatial_transforms");
  EXPECT_EQ(pictures.captions, (std::vector<std::string>{"before training", "after epoch 1", "after epoch 2"}));
  ASSERT_EQ(pictures.height, 2 * 13);
  ASSERT_EQ(pictures.width, 2 * 13);
  for (const std::int64_t picture : {0, 2}) {
    // The image lies at (2, 2); centres of its pixels are odd: its first column at 3, that of the outline at 5.
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 6, 5), kYellow) << "left side";
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 6, 4), kBlack);
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 6, 6), kBlack) << "it is thin";
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 6, 11), kYellow) << "right side, in the margin";
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 6, 10), kMargin);
    for (const std::int64_t y : {2, 3, 4}) EXPECT_EQ(pixel(pictures, picture, 0, 1, y, 7), kYellow) << "the upper side is thick";
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 9, 7), kYellow) << "lower side";
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 8, 7), kBlack);
    // What is made of it: the pixel of 30 comes to the upper left, three by three; of the second image the first pixel is 10.
    EXPECT_EQ(pixel(pictures, picture, 1, 1, 0, 0), kWhite);
    EXPECT_EQ(pixel(pictures, picture, 1, 1, 2, 2), kWhite);
    EXPECT_EQ(pixel(pictures, picture, 1, 1, 0, 3), kBlack);
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 1, 1), kMargin);
    EXPECT_EQ(pixel(pictures, picture, 0, 1, 2, 2), (std::array<int, 3>{85, 85, 85})) << "10 of 30";
  }
}

TEST(SpatialTransforms, of_a_plate_have_inner_lines) {
  SmallRun run(setup_with(one_transformer(Transform::thin_plate)));
  run.set_weights("numbers/weight", std::vector<float>(32 * kSide * kSide, 0.0f));
  const records::Images pictures = transforms_of(run, 0).images.at("spatial_transforms");
  for (const std::int64_t at : {3, 5, 7, 9}) {
    EXPECT_EQ(pixel(pictures, 0, 0, 0, at, 4), kYellow) << at;
    EXPECT_EQ(pixel(pictures, 0, 0, 0, 8, at), kYellow) << at;
  }
}

TEST(SpatialTransforms, of_a_net_without_any_are_refused) {
  SmallTraining setup = setup_with(graph::Graph({kSide, kSide, 1}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  EXPECT_THROW(analyses::check_analyses({setup.recipe, setup.graph}), InputError);
}

}  // namespace
}  // namespace reprise::tests
