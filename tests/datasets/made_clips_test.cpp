#include "datasets/made_clips.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "datasets/preprocessing.hpp"
#include "datasets/sample_shape.hpp"
#include "datasets/sample_source.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {
namespace {

using Pixels = std::vector<std::uint8_t>;

/// Image i is white on the left of column 14 and has a white block at (2, 20); its label is i % 10.
ImageSet halves(std::int64_t count = 200, int channels = 1) {
  ImageSet set;
  set.name = "halves";
  set.count = count;
  set.channels = channels, set.height = set.width = 28, set.classes = 10;
  set.pixels.assign(static_cast<std::size_t>(count * set.image_bytes()), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<std::int32_t>(i % 10));
    for (int c = 0; c < channels; ++c)
      for (int y = 0; y < 28; ++y)
        for (int x = 0; x < 28; ++x)
          if (x < 14 || (y >= 2 && y < 6 && x >= 20 && x < 24))
            set.pixels[static_cast<std::size_t>(((i * channels + c) * 28 + y) * 28 + x)] = 255;
  }
  return set;
}

ImageSet clips(const std::string& stage, const ImageSet& base = halves(), Split split = Split::train) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(base.count));
  std::iota(indices.begin(), indices.end(), 0);
  return made_clips(base, indices, split, ClipStage::parse(stage));
}

Pixels pixels(const ImageSet& set, std::int64_t index, const FetchKey* key = nullptr) {
  Pixels room;
  set.image(index, room, key);
  return room;
}

/// Frame t of a clip of one channel.
Pixels frame(const Pixels& clip, int t) {
  return Pixels(clip.begin() + t * 784, clip.begin() + (t + 1) * 784);
}

constexpr std::uint8_t kWhite = kClipBlack + kClipContrast;

TEST(MadeClips, snippets_show_a_window_of_the_image_and_nothing_else) {
  const ImageSet base = halves(), set = clips("snippets(frames=10,window=12)");
  EXPECT_EQ(set.height, 280);
  EXPECT_EQ(set.width, 28);
  EXPECT_EQ(set.frames, 10);
  EXPECT_EQ(set.labels, base.labels);
  for (std::int64_t index = 0; index < 20; ++index)
    for (int t = 0; t < 10; ++t) {
      const Pixels seen = frame(pixels(set, index), t);
      int top = 28, bottom = -1, left = 28, right = -1;
      for (int y = 0; y < 28; ++y)
        for (int x = 0; x < 28; ++x) {
          const auto at = static_cast<std::size_t>(y * 28 + x);
          if (seen[at] == kClipBlack) continue;
          EXPECT_EQ(seen[at], kWhite);
          EXPECT_EQ(base.image(index)[at], 255);
          top = std::min(top, y), bottom = std::max(bottom, y), left = std::min(left, x), right = std::max(right, x);
        }
      EXPECT_LE(bottom - top, 11);
      EXPECT_LE(right - left, 11);
    }
}

TEST(MadeClips, the_digest_tells_images_labels_and_split_apart_and_nothing_that_is_shown_of_them) {
  const std::string digest = clips("snippets(frames=10,window=12)").digest;
  EXPECT_EQ(clips("snippets(frames=1,window=20)").digest, digest);
  EXPECT_NE(clips("snippets(frames=10,window=12)", halves(199)).digest, digest);
  EXPECT_NE(clips("snippets(frames=10,window=12)", halves(), Split::test).digest, digest);
  EXPECT_NE(clips("motion(frames=10,label=direction)").digest, digest);
}

TEST(MadeClips, windows_lie_at_every_place_equally_often) {
  // A white image shows where its window is.
  ImageSet white = halves(20);
  std::fill(white.pixels.begin(), white.pixels.end(), std::uint8_t{255});
  const ImageSet set = clips("snippets(frames=50,window=26)", white);
  std::map<int, int> places;
  for (std::int64_t index = 0; index < 20; ++index)
    for (int t = 0; t < 50; ++t) {
      const Pixels seen = frame(pixels(set, index), t);
      EXPECT_EQ(std::count(seen.begin(), seen.end(), kWhite), 26 * 26);
      ++places[static_cast<int>(std::find(seen.begin(), seen.end(), kWhite) - seen.begin())];
    }
  ASSERT_EQ(places.size(), 9u);
  // Of 1000, each of nine places comes 111 times, with a deviation of 10.
  for (const auto& [place, count] : places) EXPECT_NEAR(count, 111, 50) << place;
}

TEST(MadeClips, noise_has_the_asked_deviation_everywhere) {
  const ImageSet set = clips("snippets(frames=4,window=12,noise=0.3)"), clean = clips("snippets(frames=4,window=12)");
  double sum = 0, squares = 0, count = 0;
  for (std::int64_t index = 0; index < 20; ++index) {
    const Pixels a = pixels(set, index), b = pixels(clean, index);  // windows are drawn before noise: the same
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (b[i] == kWhite) continue;  // noise on white may be clipped
      const double difference = (a[i] - b[i]) / static_cast<double>(kClipContrast);
      sum += difference, squares += difference * difference, ++count;
    }
  }
  // 50,000 pixels: the mean deviates by 0.0013, the deviation by 0.001; rounding and clipping at 3.3 deviations are smaller.
  EXPECT_NEAR(sum / count, 0, 0.007);
  EXPECT_NEAR(std::sqrt(squares / count), 0.3, 0.006);
}

/// Where the upper left white pixel of the block stands, by rows and columns; both moved alike.
std::pair<int, int> place_of(const Pixels& seen) {
  const auto at = static_cast<int>(std::find(seen.begin(), seen.end(), kWhite) - seen.begin());
  return {at / 28, at % 28};
}

/// A small block in the middle, which never leaves what is seen.
ImageSet dots(std::int64_t count = 400) {
  ImageSet set = halves(count);
  std::fill(set.pixels.begin(), set.pixels.end(), std::uint8_t{0});
  for (std::int64_t i = 0; i < count; ++i) set.pixels[static_cast<std::size_t>(i * 784 + 14 * 28 + 14)] = 255;
  return set;
}

TEST(MadeClips, motion_moves_by_a_pixel_each_step_in_the_direction_of_the_label) {
  const ImageSet set = clips("motion(frames=10,travel=9,room=12)", dots());
  std::set<std::int32_t> labels;
  std::set<std::pair<int, int>> beginnings;
  for (std::int64_t index = 0; index < 400; ++index) {
    const Pixels clip = pixels(set, index);
    const auto label = set.labels[static_cast<std::size_t>(index)];
    labels.insert(label);
    const Direction way = kDirections[label];
    const auto [row, column] = place_of(frame(clip, 0));
    beginnings.insert({row, column});
    for (int t = 1; t < 10; ++t)
      EXPECT_EQ(place_of(frame(clip, t)), (std::pair{row + t * way.down, column + t * way.right})) << index << ", frame " << t;
    for (const int place : {row, column, row + 9 * way.down, column + 9 * way.right}) {
      EXPECT_GE(place, 14 - 6);
      EXPECT_LE(place, 14 + 6);
    }
  }
  EXPECT_EQ(labels.size(), 8u);
  EXPECT_GT(beginnings.size(), 80u);
}

TEST(MadeClips, opposite_directions_show_the_same_frames_in_another_order) {
  // Of all clips, the pairs of end points of one axis are as many in one direction as in the other.
  const ImageSet set = clips("motion(frames=2,travel=12,room=12)", dots(4000));
  std::map<std::int32_t, std::set<std::pair<std::pair<int, int>, std::pair<int, int>>>> ends;
  for (std::int64_t index = 0; index < set.count; ++index) {
    const Pixels clip = pixels(set, index);
    const auto label = set.labels[static_cast<std::size_t>(index)];
    auto first = place_of(frame(clip, 0)), last = place_of(frame(clip, 1));
    if (label >= 4) std::swap(first, last);
    ends[label].insert({first, last});
  }
  for (std::int32_t label = 0; label < 4; ++label) EXPECT_EQ(ends[label], ends[label + 4]) << label;
}

TEST(MadeClips, few_frames_are_far_apart_and_differences_are_those_of_neighbours) {
  const ImageSet frames = clips("motion(frames=4,travel=9,label=image)", dots()),
                 differences = clips("motion(frames=4,travel=9,label=image,shows=differences)", dots()),
                 all = clips("motion(frames=10,travel=9,label=image)", dots());
  EXPECT_EQ(frames.labels, dots().labels);
  for (std::int64_t index = 0; index < 20; ++index) {
    const Pixels few = pixels(frames, index), many = pixels(all, index), changes = pixels(differences, index);
    for (int t = 0; t < 4; ++t) {
      EXPECT_EQ(frame(few, t), frame(many, 3 * t));
      const int first = std::min(3 * t, 8);
      const Pixels before = frame(many, first), after = frame(many, first + 1), change = frame(changes, t);
      for (std::size_t i = 0; i < change.size(); ++i) EXPECT_EQ(change[i] - kClipBlack, after[i] - before[i]);
    }
  }
}

TEST(MadeClips, draws_hang_on_seed_epoch_and_number_alone) {
  const ImageSet base = halves(40);
  const std::string stage = "snippets(frames=3,window=12,noise=0.2)";
  const ImageSet set = clips(stage, base);
  const FetchKey one{1, 0}, other_epoch{1, 1}, other_seed{2, 0};
  EXPECT_EQ(pixels(set, 3, &one), pixels(set, 3, &one));
  EXPECT_NE(pixels(set, 3, &one), pixels(set, 3, &other_epoch));
  EXPECT_NE(pixels(set, 3, &one), pixels(set, 3, &other_seed));
  const FetchKey first{0, 0};
  EXPECT_NE(pixels(set, 3, &first), pixels(set, 3)) << "what is tested is not what the first epoch trains on";
  EXPECT_NE(pixels(clips(stage, base, Split::test), 3), pixels(set, 3));
  // A selection of the set: image 0 there is number 7 of the files.
  ImageSet chosen = base;
  chosen.count = 1;
  chosen.pixels.assign(base.image(7), base.image(8)), chosen.labels = {base.labels[7]};
  EXPECT_EQ(pixels(made_clips(chosen, {7}, Split::train, ClipStage::parse(stage)), 0, &one), pixels(set, 7, &one));
}

TEST(MadeClips, samples_have_their_frames_one_below_the_other_channels_last) {
  const std::vector<std::string> stages{"snippets(frames=3,window=28)", "standardize(mean=96/96,std=96/96)"};
  ImageSet base = halves(4, 2);
  const auto set = std::make_shared<const ImageSet>(clips(stages[0], base));
  const SampleSource source(set, Preprocessing::fit(stages, *set), {});
  EXPECT_EQ(source.shape(), (SampleShape{84, 28, 2}));
  std::vector<float> sample(84 * 28 * 2);
  source.fetch(2, nullptr, sample.data());
  for (int t = 0; t < 3; ++t)
    for (int y = 0; y < 28; ++y)
      for (int x = 0; x < 28; ++x)
        for (int c = 0; c < 2; ++c)
          EXPECT_NEAR(sample[static_cast<std::size_t>(((t * 28 + y) * 28 + x) * 2 + c)], base.image(2)[y * 28 + x] / 255.0f, 0x1p-24);
}

TEST(MadeClips, refuse_what_they_cannot_be_made_of) {
  EXPECT_THROW(clips("snippets(frames=3,window=29)"), InputError);
  ImageSet lazy = clips("snippets(frames=3,window=12)");
  EXPECT_THROW(clips("snippets(frames=3,window=12)", lazy), InputError);
  ImageSet few = halves();
  few.classes = 7;
  EXPECT_THROW(clips("motion(frames=3)", few), InputError);
  EXPECT_NO_THROW(clips("motion(frames=3,label=image)", few));
  const auto set = std::make_shared<const ImageSet>(clips("snippets(frames=3,window=12)"));
  const auto preprocessing = Preprocessing::fit({"snippets(frames=3,window=12)", "scale"}, *set);
  EXPECT_NO_THROW(SampleSource(set, preprocessing, {"flip"}));
  EXPECT_THROW(SampleSource(set, preprocessing, {"crop(pad=2)"}), InputError);
  EXPECT_THROW(Preprocessing::fit({"snippets(frames=4,window=12)"}, *set), InputError);
  EXPECT_THROW(Preprocessing::fit({"scale", "snippets(frames=3,window=12)"}, *set), InputError);
}

TEST(ClipStage, reads_its_text) {
  const ClipStage stage = ClipStage::parse("motion(frames=5,travel=8,room=10,noise=0.25,label=image,shows=differences)");
  EXPECT_EQ(stage.kind, ClipStage::Kind::motion);
  EXPECT_EQ(stage.frames, 5);
  EXPECT_EQ(stage.travel, 8);
  EXPECT_EQ(stage.room, 10);
  EXPECT_EQ(stage.noise, 0.25);
  EXPECT_FALSE(stage.labels_direction);
  EXPECT_TRUE(stage.shows_differences);
  EXPECT_FALSE(ClipStage::of({"scale"}).has_value());
  EXPECT_THROW(ClipStage::of({"scale", "motion(frames=5)"}), InputError);
  EXPECT_THROW(ClipStage::parse("motion(frames=0)"), InputError);
  EXPECT_THROW(ClipStage::parse("motion(travel=13,room=12)"), InputError);
  EXPECT_THROW(ClipStage::parse("snippets(travel=3)"), InputError);
}

TEST(ClipStage, decides_the_shape_of_samples) {
  const DatasetEntry& digits = require_entry("mnist");
  EXPECT_EQ(sample_shape(digits, {"snippets(frames=10,window=12)", "scale"}, {}), (SampleShape{280, 28, 1}));
  EXPECT_EQ(sample_shape(require_entry("cifar-10"), {"motion(frames=4)"}, {"flip"}), (SampleShape{128, 32, 3}));
}

}  // namespace
}  // namespace reprise::datasets
