#include "datasets/whitening_cache.hpp"

#include <cmath>
#include <limits>

#include "datasets/preprocessing.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

/// `count` vectors in blocks of at most 7: sums of neighbouring synthetic pixels, so that features are correlated.
class Vectors {
 public:
  Vectors(std::int64_t count, std::int64_t features) : count_(count), features_(features) {
    const ImageSet drawn = load("synthetic-gray28", "/nowhere", {count, 1}).train;
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t j = 0; j < features; ++j) values_.push_back(static_cast<float>(drawn.image(i)[j] + drawn.image(i)[j + 1]) / 64.0f);
  }
  ImageStream stream() const {
    return [this](const std::function<void(const float*, std::int64_t)>& use) {
      for (std::int64_t i = 0; i < count_; i += 7) use(values_.data() + i * features_, std::min<std::int64_t>(7, count_ - i));
    };
  }
  float value(std::int64_t i, std::int64_t j) const { return values_[static_cast<std::size_t>(i * features_ + j)]; }

 private:
  std::int64_t count_, features_;
  std::vector<float> values_;
};

TEST(Whitening, of_two_features_equals_the_matrix_made_by_hand) {
  // Covariance [[p, q], [q, p]] has eigenvectors (1, 1) and (1, -1) with p + q and p - q.
  const std::vector<float> values = {0, 0, 4, 2, 2, 4, 6, 6};  // mean (3, 3), p = (9 + 1 + 1 + 9) / 4 = 5, q = (9 - 1 - 1 + 9) / 4 = 4
  const auto stream = [&](const std::function<void(const float*, std::int64_t)>& use) { use(values.data(), 3), use(values.data() + 6, 1); };
  const Whitening whitening = fit_whitening(stream, 2, 0.5);
  const double a = 1 / std::sqrt(9.5), b = 1 / std::sqrt(1.5);
  EXPECT_EQ(whitening.mean, (std::vector<float>{3, 3}));
  EXPECT_NEAR(whitening.min_eigenvalue, 1, 1e-14);
  EXPECT_NEAR(whitening.largest_eigenvalue, 9, 1e-14);
  EXPECT_FLOAT_EQ(whitening.matrix[0], static_cast<float>((a + b) / 2));
  EXPECT_FLOAT_EQ(whitening.matrix[1], static_cast<float>((a - b) / 2));
  EXPECT_FLOAT_EQ(whitening.matrix[3], whitening.matrix[0]);
  std::vector<float> image = {4, 2};
  whitening.apply(image.data(), 1);
  EXPECT_FLOAT_EQ(image[0], static_cast<float>((a + b) / 2 - (a - b) / 2));
  EXPECT_FLOAT_EQ(image[1], -image[0]);
}

TEST(Whitening, matrix_is_the_inverse_square_root_of_covariance_plus_epsilon) {
  constexpr std::int64_t kFeatures = 40, kCount = 300;
  constexpr double kEpsilon = 0.05;
  const Vectors vectors(kCount, kFeatures);
  const Whitening whitening = fit_whitening(vectors.stream(), kFeatures, kEpsilon);
  std::vector<double> mean(kFeatures, 0.0), covariance(kFeatures * kFeatures, 0.0), product(kFeatures * kFeatures, 0.0);
  for (std::int64_t i = 0; i < kCount; ++i)
    for (std::int64_t j = 0; j < kFeatures; ++j) mean[static_cast<std::size_t>(j)] += vectors.value(i, j) / static_cast<double>(kCount);
  const auto at = [](std::int64_t j, std::int64_t k) { return static_cast<std::size_t>(j * kFeatures + k); };
  for (std::int64_t j = 0; j < kFeatures; ++j)
    for (std::int64_t k = 0; k < kFeatures; ++k) {
      for (std::int64_t i = 0; i < kCount; ++i)
        covariance[at(j, k)] +=
            (vectors.value(i, j) - mean[static_cast<std::size_t>(j)]) * (vectors.value(i, k) - mean[static_cast<std::size_t>(k)]) / kCount;
      covariance[at(j, k)] += j == k ? kEpsilon : 0;
    }
  // W (C + epsilon I) W = I. W is rounded to float32: relative 6e-8 of sums over 40 terms, times the condition number (largest + epsilon) /
  // epsilon.
  const double tolerance = 2 * 40 * std::numeric_limits<float>::epsilon() / 2 * (whitening.largest_eigenvalue + kEpsilon) / kEpsilon;
  ASSERT_LT(tolerance, 1e-2);
  for (std::int64_t j = 0; j < kFeatures; ++j)
    for (std::int64_t k = 0; k < kFeatures; ++k)
      for (std::int64_t m = 0; m < kFeatures; ++m) product[at(j, k)] += whitening.matrix[at(j, m)] * covariance[at(m, k)];
  for (std::int64_t j = 0; j < kFeatures; ++j)
    for (std::int64_t k = 0; k < kFeatures; ++k) {
      double sum = 0;
      for (std::int64_t m = 0; m < kFeatures; ++m) sum += product[at(j, m)] * whitening.matrix[at(m, k)];
      ASSERT_NEAR(sum, j == k ? 1 : 0, tolerance);
    }
}

TEST(Whitening, fitting_twice_gives_the_same_bits) {
  const Vectors vectors(200, 64);
  EXPECT_EQ(fit_whitening(vectors.stream(), 64, 0.1).matrix, fit_whitening(vectors.stream(), 64, 0.1).matrix);
}

class WhiteningFile : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Whitening whitening_{2, {1, 2}, {3, 4, 4, 5}, 0.5, 8};
  std::filesystem::path path_ = whitening_file(folder_.path() / "preprocessed", "key");
};

TEST_F(WhiteningFile, reads_back_what_was_written) {
  ASSERT_TRUE(write_whitening(path_, "key", whitening_));
  const auto read = read_whitening(path_, "key");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->mean, whitening_.mean);
  EXPECT_EQ(read->matrix, whitening_.matrix);
  EXPECT_EQ(read->largest_eigenvalue, 8);
  for (const auto& file : std::filesystem::directory_iterator(path_.parent_path())) EXPECT_EQ(file.path(), path_);
}

TEST_F(WhiteningFile, is_refused_when_any_byte_is_flipped_or_missing_or_the_key_is_another) {
  ASSERT_TRUE(write_whitening(path_, "key", whitening_));
  EXPECT_FALSE(read_whitening(path_, "other key"));
  const Bytes whole = read_file(path_);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes flipped = whole;
    flipped[i] ^= 0x10;
    write_file(path_, flipped);
    ASSERT_FALSE(read_whitening(path_, "key")) << "byte " << i;
    write_file(path_, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)));
    ASSERT_FALSE(read_whitening(path_, "key")) << "cut at byte " << i;
  }
  write_file(path_, whole);
  EXPECT_TRUE(read_whitening(path_, "key"));
}

TEST_F(WhiteningFile, a_place_that_cannot_be_written_is_no_error) {
  const auto file = write_file(folder_.path() / "file", {1});
  EXPECT_FALSE(write_whitening(whitening_file(file, "key"), "key", whitening_));
  EXPECT_FALSE(read_whitening(whitening_file(file, "key"), "key"));
}

/// 24x24 synthetic images: 576 features, enough to be kept on disk.
ImageSet cropped() {
  ImageSet set = load("synthetic-gray28", "/nowhere", {700, 1}).train;
  ImageSet small = set;
  small.height = small.width = 24;
  small.digest = "";
  small.pixels.clear();
  for (std::int64_t i = 0; i < set.count; ++i)
    for (int y = 0; y < 24; ++y) small.pixels.insert(small.pixels.end(), set.image(i) + y * 28, set.image(i) + y * 28 + 24);
  return small;
}

TEST(WhiteningOnDisk, is_made_once_read_later_and_made_again_when_damaged) {
  const TemporaryFolder folder;
  const ImageSet set = cropped();
  const std::vector<std::string> stages = {"scale", "zca(epsilon=0.1)"};
  const auto fitted = Preprocessing::fit(stages, set, folder.path())->fitted();
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) files.push_back(file.path());
  ASSERT_EQ(files.size(), 1u);
  const Bytes whole = read_file(files[0]);
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(files[0], old);
  EXPECT_EQ(Preprocessing::fit(stages, set, folder.path())->fitted(), fitted);
  EXPECT_EQ(std::filesystem::last_write_time(files[0]), old);  // read, not made again

  Bytes damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  write_file(files[0], damaged);
  EXPECT_EQ(Preprocessing::fit(stages, set, folder.path())->fitted(), fitted);
  EXPECT_EQ(read_file(files[0]), whole);

  Preprocessing::fit({"scale", "zca(epsilon=0.2)"}, set, folder.path());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);  // other stages, other file
  EXPECT_EQ(Preprocessing::fit(stages, set, files[0])->fitted(), fitted);               // not a directory
}

}  // namespace
}  // namespace reprise::datasets
