// `reprise score`: the numbers that are printed, and the JSON of them.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

class Score : public ::testing::Test {
 protected:
  Score() {
    // A cat of 10 x 10 pixels, a dog of 40 x 40.
    write("annotations/a.xml",
          "<annotation><object><name>n02</name><bndbox><xmin>11</xmin><ymin>11</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object></"
          "annotation>");
    write("annotations/b.xml",
          "<annotation><object><name>n01</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>40</xmax><ymax>40</ymax></bndbox></object></"
          "annotation>");
    write("map.txt", "n01 1 dog\nn02 2 cat\n");
    // The cat with the second guess; of the dog a box that is too small.
    write("guesses.txt", "1 11 11 20 20 2 11 11 20 20\n1 1 1 20 20\n");
    // A box around the cat with 100 / 400 of it, the dog, and a dog that is not there.
    write("detections.txt", "1 2 0.9 6 6 25 25\n2 1 0.8 1 1 40 40\n2 1 0.9 100 100 140 140\n");
  }
  void write(const std::string& name, const std::string& text) { write_file(folder_.path() / name, text); }
  Finished run(const std::string& line) {
    Finished finished = shell(line, folder_.path());
    EXPECT_EQ(finished.exit_code, 0) << line << finished.err;
    return finished;
  }

  const TemporaryFolder folder_;
};

TEST_F(Score, localisation_as_text_and_as_json) {
  const auto json = nlohmann::json::parse(run("reprise score localisation guesses.txt annotations --classes map.txt --json").out);
  EXPECT_EQ(json["images"], 2);
  ASSERT_EQ(json["errors"].size(), 5u);
  EXPECT_EQ(json["errors"][0]["localisation_error"], 100);
  EXPECT_EQ(json["errors"][0]["classification_error"], 50);
  EXPECT_EQ(json["errors"][0]["box_error"], 50);
  EXPECT_EQ(json["errors"][4]["guesses"], 5);
  EXPECT_EQ(json["errors"][4]["localisation_error"], 50);
  EXPECT_EQ(json["errors"][4]["classification_error"], 0);
  EXPECT_EQ(json["mean_overlap"], (1 + 0.25) / 2);
  const std::string text = run("reprise score localisation guesses.txt annotations --classes map.txt").out;
  for (const char* part : {"2 images", "100.00 %", "50.00 %", "0.6250"}) EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(Score, detection_as_text_and_as_json) {
  const auto json = nlohmann::json::parse(run("reprise score detection detections.txt annotations --classes map.txt --json").out);
  EXPECT_EQ(json["images"], 2);
  EXPECT_EQ(json["mean_average_precision"], (50 + 100) / 2);
  EXPECT_EQ(json["mean_average_precision_at_half"], (50 + 0) / 2);
  ASSERT_EQ(json["classes"].size(), 2u);
  EXPECT_EQ(json["classes"][0]["class"], "n01");
  EXPECT_EQ(json["classes"][0]["average_precision"], 50);
  EXPECT_EQ(json["classes"][1]["average_precision"], 100);
  EXPECT_EQ(json["classes"][1]["average_precision_at_half"], 0);
  const std::string text = run("reprise score detection detections.txt annotations --classes map.txt").out;
  EXPECT_NE(text.find("mean average precision 75.00 %; with an overlap of 0.5 for all objects 25.00 %"), std::string::npos) << text;
}

TEST_F(Score, refuses_files_with_their_line) {
  write("short.txt", "1 1 1 20 20\n");
  const Finished finished = shell("reprise score localisation short.txt annotations --classes map.txt", folder_.path());
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.err.find("short.txt: expected 2 lines"), std::string::npos) << finished.err;
  EXPECT_EQ(shell("reprise score", folder_.path()).exit_code, 2);
}

}  // namespace
}  // namespace reprise::command
