#include "datasets/box_files.hpp"

#include <gtest/gtest.h>

#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

/// As the annotations of ImageNet are, with elements that are not read.
std::string object(const std::string& name, const std::string& corners) {
  return "<object><name>" + name + "</name><pose>Unspecified</pose><bndbox>" + corners + "</bndbox></object>";
}

std::string corners(double left, double top, double right, double bottom) {
  return "<xmin>" + std::to_string(left) + "</xmin><ymin>" + std::to_string(top) + "</ymin><xmax>" + std::to_string(right) +
         "</xmax><ymax>" + std::to_string(bottom) + "</ymax>";
}

std::string annotation(const std::string& objects) {
  return "<annotation>\n\t<folder>val</folder><size><width>500</width></size>\n" + objects + "\n</annotation>\n";
}

class BoxFilesTest : public ::testing::Test {
 protected:
  BoxFilesTest() {
    write("annotations/val_1.xml", annotation(object("n01", corners(1, 1, 10, 20)) + object("n02", corners(5, 5, 6, 6))));
    write("annotations/val_2.xml", annotation(object("n02", corners(3, 3, 9.5, 9))));
    write("annotations/readme.txt", "no annotation");
    files_.annotations = folder_.path() / "annotations";
  }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    return write_file(folder_.path() / name, Bytes(text.begin(), text.end()));
  }
  std::vector<metrics::LocalisedImage> localised(const std::string& predictions) {
    files_.predictions = write("guesses.txt", predictions);
    return read_localisations(files_);
  }
  std::vector<metrics::SearchedImage> searched(const std::string& predictions) {
    files_.predictions = write("detections.txt", predictions);
    return read_detections(files_);
  }
  void refused(const std::string& predictions, const std::vector<std::string>& parts) {
    expect_error([&] { localised(predictions); }, parts);
  }
  void refused_detections(const std::string& predictions, const std::vector<std::string>& parts) {
    expect_error([&] { searched(predictions); }, parts);
  }

  const TemporaryFolder folder_;
  BoxFiles files_;
};

TEST_F(BoxFilesTest, annotations_are_objects_with_names_and_corners) {
  const auto objects = read_annotation(folder_.path() / "annotations/val_1.xml");
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].label, "n01");
  EXPECT_EQ(objects[0].box.bottom, 20);
  EXPECT_EQ(objects[1].box.right, 6);
  EXPECT_EQ(read_annotation(folder_.path() / "annotations/val_2.xml")[0].box.right, 9.5);
  EXPECT_TRUE(read_annotation(write("empty.xml", annotation(""))).empty());
}

TEST_F(BoxFilesTest, what_is_no_annotation_is_refused_with_its_place) {
  const auto refused_text = [&](const std::string& text, const std::vector<std::string>& parts) {
    const auto path = write("a.xml", text);
    expect_error([&] { read_annotation(path); }, parts);
  };
  expect_error([&] { read_annotation(folder_.path() / "none.xml"); }, {"none.xml", "No such file"});
  refused_text("", {"a.xml at byte 0", "XML"});
  refused_text("<annotation><object></annotation>", {"a.xml at byte", "XML", "tags mismatch"});
  refused_text("<html></html>", {"<annotation>"});
  refused_text(annotation("<object><bndbox/></object>"), {"a.xml at byte 67", "<name>"});
  refused_text(annotation(object("n01", "<xmin>1</xmin><ymin>2</ymin><xmax>x</xmax><ymax>4</ymax>")), {"bndbox/xmax", "'x'"});
  refused_text(annotation(object("n01", "<xmin>1</xmin>")), {"bndbox/ymin", "''"});
  refused_text(annotation(object("n01", corners(5, 1, 4, 9))), {"not below", "5 1 4 9"});
}

TEST_F(BoxFilesTest, localisations_have_a_line_for_each_annotation_in_their_order) {
  const auto images = localised("n01 1 1 10 20 n05 2 2 3 3\n\n");
  ASSERT_EQ(images.size(), 2u);
  ASSERT_EQ(images[0].guesses.size(), 2u);
  EXPECT_EQ(images[0].guesses[1].label, "n05");
  EXPECT_EQ(images[0].guesses[1].box.right, 3);
  EXPECT_EQ(images[0].objects[0].label, "n01");
  EXPECT_TRUE(images[1].guesses.empty());
  EXPECT_EQ(images[1].objects[0].label, "n02");
  refused("n01 1 1 10 20\n", {"guesses.txt", "2 lines, one for each annotation", "found 1"});
  refused("n01 1 1 10 20\nn01 1 1 1 1\nn01 1 1 1 1\n", {"guesses.txt, line 3", "after 2 lines"});
  refused("n01 1 1 10 20\nn01 1 1 1\n", {"guesses.txt, line 2", "class xmin ymin xmax ymax", "4 words"});
  refused("n01 1 1 10 20\nn01 1 one 1 1\n", {"line 2", "a number", "'one'"});
  refused("n01 1 9 10 2\n\n", {"line 1", "the larger ones last", "1 9 10 2"});
}

TEST_F(BoxFilesTest, numbers_of_classes_stand_for_their_names) {
  files_.classes = write("map.txt", "n01 1 kit_fox\nn02 2 English_setter dog\n");
  const auto images = localised("2 1 1 10 20\n1 1 1 2 2\n");
  EXPECT_EQ(images[0].guesses[0].label, "n02");
  EXPECT_EQ(images[1].guesses[0].label, "n01");
  refused("3 1 1 10 20\n\n", {"guesses.txt, line 1", "map.txt", "'3'"});
  EXPECT_EQ(searched("2 1 0.5 1 1 2 2\n")[1].detections[0].found.label, "n01");
  files_.classes = write("map.txt", "n01 1\nn02 1\n");
  refused("1 1 1 10 20\n\n", {"map.txt, line 2", "each number once"});
  files_.classes = write("map.txt", "n01\n");
  refused("1 1 1 10 20\n\n", {"map.txt, line 1", "a class and its number"});
}

TEST_F(BoxFilesTest, excluded_images_do_not_count) {
  files_.excluded = write("blacklist.txt", "1\n");
  const auto images = localised("n01 1 1 10 20\nn09 1 1 2 2\n");
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].guesses[0].label, "n09");
  files_.excluded = write("blacklist.txt", "3\n");
  refused("\n\n", {"blacklist.txt, line 1", "1 to 2", "'3'"});
  files_.excluded = write("blacklist.txt", "1\n2\n");
  refused("\n\n", {"blacklist.txt", "all of them"});
}

TEST_F(BoxFilesTest, an_image_of_localisation_has_an_object) {
  write("annotations/val_2.xml", annotation(""));
  refused("\n\n", {"val_2.xml", "at least one <object>", "number 2"});
  EXPECT_TRUE(searched("").at(1).objects.empty()) << "of detection it need not";
}

TEST_F(BoxFilesTest, detections_name_their_image_by_number_or_by_the_list) {
  auto images = searched("2 n02 0.5 3 3 9 9\n1 n01 0.25 1 1 2 2\n2 n01 -1e3 1 1 2 2\n");
  ASSERT_EQ(images.size(), 2u);
  ASSERT_EQ(images[1].detections.size(), 2u);
  EXPECT_EQ(images[1].detections[0].confidence, 0.5);
  EXPECT_EQ(images[1].detections[1].confidence, -1000);
  EXPECT_EQ(images[1].detections[0].found.box.right, 9);
  EXPECT_EQ(images[0].objects.size(), 2u);
  refused_detections("3 n02 0.5 3 3 9 9\n", {"detections.txt, line 1", "one of 2 images", "'3'"});
  refused_detections("1 n02 0.5 3 3 9\n", {"line 1", "image class confidence xmin ymin xmax ymax", "6 word"});
  refused_detections("1 n02 sure 3 3 9 9\n", {"line 1", "a number", "'sure'"});
  files_.images = write("val.txt", "val_2 17\n");
  images = searched("17 n02 0.5 3 3 9 9\n");
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].objects[0].label, "n02");
  files_.images = write("val.txt", "val_2\nval_1\n");
  EXPECT_EQ(searched("val_1 n02 0.5 3 3 9 9\n")[1].detections.size(), 1u);
  files_.images = write("val.txt", "val_2 1\nval_1 1\n");
  refused_detections("", {"val.txt, line 2", "each image once"});
  files_.images = write("val.txt", "val_3 1\n");
  refused_detections("", {"val_3.xml", "No such file"});
}

TEST_F(BoxFilesTest, excluded_objects_are_named_by_image_and_class) {
  files_.excluded = write("blacklist.txt", "1 n02\n");
  EXPECT_EQ(searched("")[0].ignored, std::set<std::string>{"n02"});
  files_.excluded = write("blacklist.txt", "1\n");
  refused_detections("", {"blacklist.txt, line 1", "an image and a class"});
}

TEST_F(BoxFilesTest, folders_without_annotations_are_refused) {
  files_.annotations = folder_.path() / "nowhere";
  refused("", {"nowhere", "a folder of annotations"});
  std::filesystem::create_directories(folder_.path() / "bare");
  files_.annotations = folder_.path() / "bare";
  refused("", {"bare", "annotations, NAME.xml", "none"});
}

}  // namespace
}  // namespace reprise::datasets
