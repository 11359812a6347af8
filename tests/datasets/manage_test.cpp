#include "datasets/manage.hpp"

#include <algorithm>

#include "datasets/fetch.hpp"
#include "temporary_folder.hpp"
#include "tests/support/container_writer.hpp"

namespace reprise::datasets {
namespace {

const ListEntry& row_named(const std::vector<ListEntry>& rows, const std::string& name) {
  return *std::find_if(rows.begin(), rows.end(), [&](const ListEntry& row) { return row.name == name; });
}

TEST(List, shows_what_is_absent_with_address_and_size_and_what_is_always_there) {
  const TemporaryFolder folder;
  const std::vector<ListEntry> rows = list(folder.path());
  EXPECT_EQ(rows.size(), manifest().size());
  const ListEntry& cifar = row_named(rows, "cifar-10");
  EXPECT_FALSE(cifar.is_present);
  EXPECT_EQ(cifar.bytes, 170052171);
  EXPECT_EQ(cifar.url, "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz");
  EXPECT_FALSE(row_named(rows, "mnist-canvas64").is_present);
  EXPECT_TRUE(row_named(rows, "synthetic-gray28").is_present);
}

TEST(List, shows_where_files_are_and_the_containers_beside_them) {
  const TemporaryFolder folder;
  for (const SplitEntry* split : {&require_entry("mnist").train, &require_entry("mnist").test})
    for (const FileEntry& file : split->files) write_file(folder.path() / file.path, {1, 2, 3});
  write_file(folder.path() / "birds.h5", {1, 2});
  const std::vector<ListEntry> rows = list(folder.path());
  EXPECT_TRUE(row_named(rows, "mnist").is_present);
  EXPECT_EQ(row_named(rows, "mnist").where, folder.path() / "mnist");
  EXPECT_EQ(row_named(rows, "mnist").bytes, 12);
  EXPECT_TRUE(row_named(rows, "mnist-canvas64").is_present);
  EXPECT_EQ(rows.back().name, "birds");
  EXPECT_EQ(rows.back().bytes, 2);
}

TEST(List, a_set_that_comes_as_a_container_is_absent_until_the_file_is_there) {
  const TemporaryFolder folder;
  EXPECT_FALSE(row_named(list(folder.path()), "flowers-102").is_present);
  EXPECT_EQ(info("flowers-102", folder.path()).height, 224);
  expect_error([&] { check("flowers-102", folder.path()); }, {"'flowers-102'", "flowers-102.h5", "no such file", "/train/images"});
  expect_error([&] { fetch("flowers-102", folder.path(), {}); }, {"'flowers-102'", "HDF5 container"});
  write_file(folder.path() / "flowers-102.h5", {1, 2});
  const std::vector<ListEntry> rows = list(folder.path());
  EXPECT_TRUE(row_named(rows, "flowers-102").is_present);
  EXPECT_EQ(rows.size(), manifest().size());
  expect_error([&] { check("flowers-102", folder.path()); }, {"flowers-102.h5", "HDF5"});
}

void write_container(const std::filesystem::path& path, hsize_t channels, hsize_t side, int classes, int count) {
  tests::ContainerWriter writer(path);
  std::vector<int> labels;
  for (int i = 0; i < count; ++i) labels.push_back(i % classes);
  for (const std::string split : {"/train", "/test"}) {
    writer.images((split + "/images").c_str(), {static_cast<hsize_t>(count), channels, side, side});
    writer.labels((split + "/labels").c_str(), labels);
  }
}

TEST(Check, a_container_of_a_set_that_the_manifest_knows_is_held_to_it) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "flowers-102.h5";
  write_container(path, 3, 224, 102, 204);
  expect_error([&] { check("flowers-102", folder.path()); },
               {path.string() + ": /train/images", "2040 images, as flowers-102 has", "found 204"});
  expect_error([&] { load("flowers-102", folder.path()); }, {"2040 images"});
  write_container(path, 1, 224, 102, 204);
  expect_error([&] { check("flowers-102", folder.path()); }, {"[3, 224, 224] each", "[1, 224, 224]"});
  write_container(path, 3, 224, 7, 204);
  expect_error([&] { check("flowers-102", folder.path()); }, {"102 classes", "found 7"});
}

TEST(Check, says_what_it_could_hold_the_set_to) {
  const TemporaryFolder folder;
  write_container(folder.path() / "mine.h5", 3, 8, 2, 20);
  EXPECT_EQ(check("mine", folder.path()).known, KnownOf::nothing);
  EXPECT_EQ(check("synthetic-gray28", folder.path()).known, KnownOf::drawn);
  EXPECT_EQ(info("stl-10", folder.path()).known, KnownOf::counts);
  EXPECT_EQ(info("flowers-102", folder.path()).known, KnownOf::counts);
  EXPECT_EQ(info("mnist-rot", folder.path()).known, KnownOf::counts);
  EXPECT_EQ(info("mnist-canvas64", folder.path()).known, KnownOf::digests);
}

TEST(Info, tells_classes_counts_and_files_without_reading_them) {
  const TemporaryFolder folder;
  const DatasetInfo mnist = info("mnist", folder.path());
  EXPECT_EQ(mnist.train.count, 60000);
  EXPECT_EQ(mnist.test.histogram[1], 1135);
  EXPECT_EQ(mnist.class_names.size(), 10u);
  ASSERT_EQ(mnist.files.size(), 4u);
  EXPECT_FALSE(mnist.files[0].is_present);
  EXPECT_EQ(mnist.files[0].path, folder.path() / "mnist/train-images-idx3-ubyte.gz");
  EXPECT_NE(mnist.how_to_get.find("reprise data fetch mnist"), std::string::npos);
  EXPECT_NE(info("mnist-canvas64", folder.path()).how_to_get.find("reprise data fetch mnist;"), std::string::npos);
  expect_error([&] { info("mnits", folder.path()); }, {"'mnits'"});
}

TEST(Check, tells_what_was_found_or_throws_what_is_wrong) {
  const TemporaryFolder folder;
  const DatasetInfo drawn = check("synthetic-gray28", folder.path());
  EXPECT_EQ(drawn.train.histogram, std::vector<std::int64_t>(10, 200));
  EXPECT_EQ(drawn.test.digest, load("synthetic-gray28", folder.path()).test.digest);
  expect_error([&] { check("mnist", folder.path()); }, {"'mnist'", "no such file", "reprise data fetch mnist"});
  write_file(folder.path() / "birds.h5", {1, 2});
  expect_error([&] { check("birds", folder.path()); }, {"birds.h5", "HDF5"});
}

}  // namespace
}  // namespace reprise::datasets
