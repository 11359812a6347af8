#include "datasets/corrupted_images.hpp"

#include <gtest/gtest.h>

#include "datasets/manage.hpp"
#include "datasets/split_reader.hpp"
#include "made_corruptions.hpp"

namespace reprise::datasets {
namespace {

Bytes image_of(const ImageSet& set, std::int64_t index) {
  Bytes room;
  const std::uint8_t* image = set.image(index, room);
  return {image, image + set.image_bytes()};
}

TEST(CorruptedImages, stand_in_groups_of_a_corruption_and_a_severity) {
  const TemporaryFolder folder;
  write_corruptions(folder.path());
  const ImageSet set = corrupted_images(made_corrupted_entry(), folder.path());
  ASSERT_EQ(set.count, 20);
  ASSERT_EQ(set.groups.size(), 10u);
  EXPECT_EQ(set.groups[0].name, "fog");
  EXPECT_EQ(set.groups[0].severity, 1);
  EXPECT_EQ(set.groups[0].count, 2);
  EXPECT_EQ(set.groups[9].name, "snow");
  EXPECT_EQ(set.groups[9].severity, 5);
  EXPECT_EQ(image_of(set, 0), (Bytes{0, 3, 1, 4, 2, 5}));               // planes of colours, not colours of pixels
  EXPECT_EQ(image_of(set, 3), (Bytes{30, 33, 31, 34, 32, 35}));         // fog, severity 2, image 1
  EXPECT_EQ(image_of(set, 18), (Bytes{180, 183, 181, 184, 182, 185}));  // snow, severity 5, image 0
  EXPECT_EQ(set.labels[18], 1);
  EXPECT_EQ(set.labels[19], 0);
}

TEST(CorruptedImages, of_some_clean_images_alone) {
  const TemporaryFolder folder;
  write_corruptions(folder.path());
  const ImageSet set = corrupted_images(made_corrupted_entry(), folder.path(), {1});
  ASSERT_EQ(set.count, 10);
  EXPECT_EQ(set.groups[3].count, 1);
  EXPECT_EQ(image_of(set, 1)[0], 30);   // fog, severity 2
  EXPECT_EQ(image_of(set, 5)[0], 110);  // snow, severity 1
  EXPECT_EQ(set.labels, (std::vector<std::int32_t>(10, 0)));
}

TEST(CorruptedImages, have_a_digest_of_contents_and_choice) {
  const TemporaryFolder folder;
  write_corruptions(folder.path());
  const DatasetEntry entry = made_corrupted_entry();
  const std::string whole = corrupted_images(entry, folder.path()).digest;
  EXPECT_EQ(whole.size(), 64u);
  EXPECT_EQ(corrupted_images(entry, folder.path()).digest, whole);
  EXPECT_NE(corrupted_images(entry, folder.path(), {0}).digest, corrupted_images(entry, folder.path(), {1}).digest);
  Bytes snow = read_file(folder.path() / "TINY-C/snow.npy");
  snow.back() ^= 1;
  write_file(folder.path() / "TINY-C/snow.npy", snow);
  EXPECT_NE(corrupted_images(entry, folder.path()).digest, whole);
}

TEST(CorruptedImages, files_that_are_missing_or_of_another_shape_are_named) {
  const TemporaryFolder folder;
  const DatasetEntry entry = made_corrupted_entry();
  const auto refused = [&](const std::vector<std::string>& parts) {
    expect_error([&] { corrupted_images(entry, folder.path()); }, parts);
    write_corruptions(folder.path());
  };
  refused({"'tiny-c'", "TINY-C/fog.npy", "no such file", "reprise data fetch tiny-c"});
  std::filesystem::remove(folder.path() / "TINY-C/labels.npy");
  refused({"'tiny-c'", "TINY-C/labels.npy", "no such file"});
  write_file(folder.path() / "TINY-C/snow.npy", npy_bytes(npy_dictionary("|u1", "(10, 3, 1, 2)"), Bytes(60)));
  refused({"snow.npy", "uint8 [10, 1, 2, 3]", "found uint8 [10, 3, 1, 2]"});
  write_file(folder.path() / "TINY-C/snow.npy", npy_bytes(npy_dictionary("<i4", "(10, 1, 2, 3)"), Bytes(240)));
  refused({"snow.npy", "uint8 [10, 1, 2, 3]", "found int32"});
  Bytes cut = read_file(folder.path() / "TINY-C/fog.npy");
  cut.pop_back();
  write_file(folder.path() / "TINY-C/fog.npy", cut);
  refused({"fog.npy", "60 bytes", "found 59"});
}

TEST(CorruptedImages, labels_are_those_of_the_same_images_at_all_severities) {
  const TemporaryFolder folder;
  const DatasetEntry entry = made_corrupted_entry();
  const auto refused = [&](const Bytes& labels, const std::vector<std::string>& parts) {
    write_corruptions(folder.path());
    write_file(folder.path() / "TINY-C/labels.npy", npy_bytes(npy_dictionary("|u1", "(10,)"), labels));
    expect_error([&] { corrupted_images(entry, folder.path()); }, parts);
  };
  refused({1, 0, 1, 0, 1, 1, 1, 0, 1, 0}, {"labels.npy, number 5", "one severity before, 0", "found 1"});
  refused({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {"labels.npy", "1 images of class 0", "found 0"});
  refused({1, 2, 1, 2, 1, 2, 1, 2, 1, 2}, {"labels.npy, number 1", "below 2"});
}

/// The official shapes, and how the catalog knows the sets.
TEST(CorruptedImages, entries_say_what_the_files_have) {
  for (const auto& [name, corruptions] :
       {std::pair{"cifar-10-c", 15}, {"cifar-100-c", 15}, {"cifar-10-c-extra", 4}, {"cifar-100-c-extra", 4}}) {
    const DatasetEntry& entry = require_entry(name);
    EXPECT_EQ(entry.test.files.size(), static_cast<std::size_t>(corruptions) + 1) << name;
    EXPECT_EQ(entry.test.count, 50000 * corruptions);
    EXPECT_EQ(clean_count(entry), 10000);
    EXPECT_EQ(entry.test.files.front().content_bytes, 50000 * 32 * 32 * 3);
    EXPECT_EQ(entry.train.count, 0);
    EXPECT_EQ(expected_histogram(entry, entry.test),
              std::vector<std::int64_t>(entry.class_names.size(), entry.test.count / entry.classes()));
  }
  EXPECT_EQ(require_entry("cifar-10-c").test.files.front().path, "CIFAR-10-C/gaussian_noise.npy");
  EXPECT_EQ(require_entry("cifar-10-c").class_names, require_entry("cifar-10").class_names);
}

/// A file of zeros as long as the official ones, without taking their room.
void write_official(const std::filesystem::path& path, const std::string& shape, std::uintmax_t bytes) {
  const Bytes header = npy_bytes(npy_dictionary("|u1", shape), {});
  write_file(path, header);
  std::filesystem::resize_file(path, header.size() + bytes);
}

TEST(CorruptedImages, are_read_in_the_official_sizes) {
  const TemporaryFolder folder;
  for (const char* corruption : {"speckle_noise", "gaussian_blur", "spatter", "saturate"})
    write_official(folder.path() / "CIFAR-100-C" / (std::string(corruption) + ".npy"), "(50000, 32, 32, 3)", 50000u * 3072);
  Bytes labels;
  for (int i = 0; i < 50000; ++i) labels.push_back(static_cast<std::uint8_t>(i % 10000 / 100));
  write_file(folder.path() / "CIFAR-100-C/labels.npy",
             npy_bytes(npy_dictionary("<i8", "(50000,)"), little_endian({labels.begin(), labels.end()}, 8)));
  {  // the last byte of the last image of severity 4
    std::fstream file(folder.path() / "CIFAR-100-C/spatter.npy", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(128 + 40000 * 3072 - 1);
    file.put(7);
  }
  const Dataset data = load("cifar-100-c-extra", folder.path());
  EXPECT_EQ(data.train.count, 0);
  EXPECT_EQ(data.test.count, 200000);
  EXPECT_EQ(data.test.groups.size(), 20u);
  EXPECT_EQ(data.test.labels[9999], 99);
  EXPECT_EQ(image_of(data.test, 100000 + 39999).back(), 7);
  EXPECT_EQ(data.test.name, "cifar-100-c-extra");
  const Dataset some = load("cifar-100-c-extra", folder.path(), {.test = 30});
  EXPECT_EQ(some.test.count, 600);
  EXPECT_EQ(list(folder.path()).size(), manifest().size());
  EXPECT_TRUE(is_present(require_entry("cifar-100-c-extra"), folder.path()));
  EXPECT_FALSE(is_present(require_entry("cifar-100-c"), folder.path()));
}

TEST(CorruptedImages, are_absent_until_all_files_are_there) {
  const TemporaryFolder folder;
  const DatasetInfo absent = info("cifar-10-c", folder.path());
  EXPECT_FALSE(absent.row.is_present);
  EXPECT_EQ(absent.row.url, "https://zenodo.org/records/2535967/files/CIFAR-10-C.tar");
  EXPECT_EQ(absent.known, KnownOf::counts);
  expect_error([&] { load("cifar-10-c", folder.path()); }, {"'cifar-10-c'", "gaussian_noise.npy", "reprise data fetch cifar-10-c"});
  expect_error([&] { load("cifar-10-c", folder.path(), {.held_out = 100}); }, {"'cifar-10-c'", "training images", "held_out_images"});
}

}  // namespace
}  // namespace reprise::datasets
