#include "datasets/hdf5_container_reader.hpp"

#include <hdf5.h>

#include "temporary_folder.hpp"
#include "tests/support/container_writer.hpp"

namespace reprise::datasets {
namespace {

using tests::ContainerWriter;

const std::string kFix = "Write it again.";

class Hdf5Container : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "set.h5"; }
  void expect_complaint(std::vector<std::string> parts) {
    parts.push_back(path().string());
    parts.push_back(kFix);
    expect_error([&] { read_hdf5_container(path(), kFix); }, parts);
  }
  TemporaryFolder folder_;
};

TEST_F(Hdf5Container, reads_both_splits_and_names_of_either_string_kind) {
  for (const bool variable : {true, false}) {
    {
      ContainerWriter writer(path());
      writer.images("/train/images", {3, 2, 4, 5});
      writer.labels("/train/labels", {0, 2, 1});
      writer.images("/test/images", {1, 2, 4, 5});
      writer.labels("/test/labels", {2}, H5T_STD_U8LE);
      writer.names({"cat", "dog", "elephant"}, variable);
    }
    const Dataset data = read_hdf5_container(path(), kFix);
    EXPECT_EQ(data.train.count, 3);
    EXPECT_EQ(data.train.channels, 2);
    EXPECT_EQ(data.train.height, 4);
    EXPECT_EQ(data.train.width, 5);
    EXPECT_EQ(data.train.image(2)[7], 87);
    EXPECT_EQ(data.train.labels, (std::vector<std::int32_t>{0, 2, 1}));
    EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{2}));
    EXPECT_EQ(data.test.class_names, (std::vector<std::string>{"cat", "dog", "elephant"}));
    EXPECT_EQ(data.test.classes, 3);
  }
}

TEST_F(Hdf5Container, of_a_declared_layout_holds_the_same_images) {
  Dataset as_is;
  for (const char* layout : {"NCHW", "NHWC"}) {
    const bool last = std::string(layout) == "NHWC";
    {
      ContainerWriter writer(path());
      for (const char* split : {"/train", "/test"}) {
        const std::string images = std::string(split) + "/images";
        writer.images(images.c_str(), last ? std::vector<hsize_t>{2, 2, 5, 3} : std::vector<hsize_t>{2, 3, 2, 5});
        writer.text_attribute(images.c_str(), "layout", layout);
        writer.labels((std::string(split) + "/labels").c_str(), {0, 1});
      }
    }
    const Dataset data = read_hdf5_container(path(), kFix);
    EXPECT_EQ(data.train.channels, 3);
    EXPECT_EQ(data.train.height, 2);
    EXPECT_EQ(data.train.width, 5);
    // Image 1, channel 2, row 1, column 4; values count up in the order of the file.
    EXPECT_EQ(data.train.image(1)[(2 * 2 + 1) * 5 + 4], last ? 30 + (1 * 5 + 4) * 3 + 2 : 30 + (2 * 2 + 1) * 5 + 4);
    EXPECT_EQ(data.test.image(1)[0], 30);
  }
}

TEST_F(Hdf5Container, that_looks_like_channels_last_is_refused_until_it_says_so) {
  for (const bool declared : {false, true}) {
    {
      ContainerWriter writer(path());
      for (const char* split : {"/train", "/test"}) {
        const std::string images = std::string(split) + "/images";
        writer.images(images.c_str(), {1, 32, 32, 3});
        if (declared) writer.text_attribute(images.c_str(), "layout", "NCHW");
        writer.labels((std::string(split) + "/labels").c_str(), {0});
      }
    }
    if (declared)
      EXPECT_EQ(read_hdf5_container(path(), kFix).train.channels, 32);
    else
      expect_complaint({"/train/images", "[1, 32, 32, 3]", "channels last", "layout"});
  }
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {1, 3, 2, 2});
    writer.text_attribute("/train/images", "layout", "CHWN");
    writer.labels("/train/labels", {0});
  }
  expect_complaint({"attribute layout", "NCHW", "NHWC", "'CHWN'"});
}

TEST_F(Hdf5Container, counts_classes_by_the_largest_label_when_there_are_no_names) {
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 2, 2});
    writer.labels("/train/labels", {0, 1});
    writer.images("/test/images", {1, 1, 2, 2});
    writer.labels("/test/labels", {4});
  }
  const Dataset data = read_hdf5_container(path(), kFix);
  EXPECT_EQ(data.train.classes, 5);
  EXPECT_EQ(data.train.class_names.back(), "4");
}

TEST_F(Hdf5Container, names_file_and_reason_when_it_is_none_or_damaged) {
  expect_complaint({"an HDF5 file", "no such file"});
  write_file(path(), {'h', 'e', 'l', 'l', 'o'});
  expect_complaint({"at byte 0", "without the HDF5 signature"});
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {50, 1, 20, 20});
  }
  Bytes bytes = read_file(path());
  bytes.resize(bytes.size() / 2);
  write_file(path(), bytes);
  expect_complaint({"at byte 0", "truncated"});
}

TEST_F(Hdf5Container, names_the_data_set_that_is_missing_or_wrong) {
  { ContainerWriter writer(path()); }
  expect_complaint({"/train/images", "none"});
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 4, 4});
    writer.labels("/train/labels", {0, 1});
  }
  expect_complaint({"/train/images", "[count, channels, height, width]", "[2, 4, 4]"});
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 4, 4}, H5T_IEEE_F32LE);
    writer.labels("/train/labels", {0, 1});
  }
  expect_complaint({"/train/images", "unsigned 8-bit", "another element type"});
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 4, 4});
    writer.labels("/train/labels", {0, 1, 1});
  }
  expect_complaint({"/train/labels", "[2]", "[3]"});
}

TEST_F(Hdf5Container, names_the_label_that_is_out_of_range_and_shapes_that_differ) {
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 4, 4});
    writer.labels("/train/labels", {0, 1});
    writer.images("/test/images", {2, 1, 4, 4});
    writer.labels("/test/labels", {1, 2});
    writer.names({"a", "b"}, true);
  }
  expect_complaint({"/test/labels[1]", "from 0 to 1", "found 2"});
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 4, 4});
    writer.labels("/train/labels", {0, -1});
    writer.images("/test/images", {2, 1, 4, 4});
    writer.labels("/test/labels", {1, 2});
  }
  expect_complaint({"/train/labels[1]", "found -1"});
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 4, 4});
    writer.labels("/train/labels", {0, 1});
    writer.images("/test/images", {2, 1, 4, 5});
    writer.labels("/test/labels", {1, 0});
  }
  expect_complaint({"/test/images", "[1, 4, 4]", "[1, 4, 5]"});
}

TEST_F(Hdf5Container, refuses_extents_that_the_file_cannot_hold) {
  const hsize_t shape[4] = {hsize_t{1} << 40, 1, 1 << 10, 1 << 10}, chunk[4] = {1, 1, 32, 32}, count = shape[0];
  {
    const hid_t file = H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "/train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);  // in chunks, none of which is ever written
    H5Pset_chunk(plan, 4, chunk);
    const hid_t space = H5Screate_simple(4, shape, nullptr);
    H5Dclose(H5Dcreate2(file, "/train/images", H5T_STD_U8LE, space, H5P_DEFAULT, plan, H5P_DEFAULT));
    H5Pclose(plan);
    H5Sclose(space);
    const hid_t line = H5Screate_simple(1, &count, nullptr), line_plan = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(line_plan, 1, chunk);
    H5Dclose(H5Dcreate2(file, "/train/labels", H5T_STD_U8LE, line, H5P_DEFAULT, line_plan, H5P_DEFAULT));
    H5Pclose(line_plan);
    H5Sclose(line);
    H5Fclose(file);
  }
  expect_complaint({"/train/images", "at most", "pixels in a file of", "[1099511627776, 1, 1024, 1024]"});
}

TEST_F(Hdf5Container, images_in_many_pieces_arrive_whole) {
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {30, 1, 800, 800});  // 19 MB: several pieces
    writer.labels("/train/labels", std::vector<int>(30, 1));
    writer.images("/test/images", {1, 1, 800, 800});
    writer.labels("/test/labels", {0});
  }
  const Dataset data = read_hdf5_container(path(), kFix);
  for (std::size_t i = 0; i < data.train.pixels.size(); ++i) ASSERT_EQ(data.train.pixels[i], i % 256) << i;
}

/// Damage of every kind must come out as data or as an InputError; HDF5 itself ends with a signal on some of it.
TEST_F(Hdf5Container, flipped_bytes_anywhere_are_data_or_an_input_error) {
  {
    ContainerWriter writer(path());
    writer.images("/train/images", {2, 1, 2, 2});
    writer.labels("/train/labels", {0, 1});
    writer.images("/test/images", {1, 1, 2, 2});
    writer.labels("/test/labels", {1});
    writer.names({"cat", "dog"}, true);
  }
  const Bytes whole = read_file(path());
  int refused = 0, ended = 0;
  for (std::size_t at = 8; at < whole.size(); at += 62) {
    Bytes damaged = whole;
    damaged[at] ^= 0xff;
    std::filesystem::remove(path());  // rewriting in place would wait for the disk each time
    write_file(path(), damaged);
    try {
      read_hdf5_container(path(), kFix);
    } catch (const InputError& error) {
      ++refused;
      ended += std::string(error.what()).find("signal") != std::string::npos ? 1 : 0;
    }
  }
  std::printf("HDF5 container with a flipped byte: %d refused, of these %d crashed the library\n", refused, ended);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace reprise::datasets
