// Any bytes as a file of boxes; the first of them chooses an annotation, guesses of localisation or detections, of one image.

#include <fstream>

#include "datasets/box_files.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;

void require_box(const metrics::LabelledBox& found) {
  fuzz::require(!found.label.empty(), "a class of each box");
  fuzz::require(found.box.left <= found.box.right && found.box.top <= found.box.bottom, "corners in order");
}

void read_predictions(const datasets::BoxFiles& files, bool detections) {
  if (detections) {
    const std::vector<metrics::SearchedImage> images = datasets::read_detections(files);
    for (const metrics::Detection& detection : images.at(0).detections) require_box(detection.found);
    return;
  }
  const std::vector<metrics::LocalisedImage> images = datasets::read_localisations(files);
  for (const metrics::LabelledBox& guess : images.at(0).guesses) require_box(guess);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file("input");
  static const std::filesystem::path annotations = [] {
    const std::filesystem::path folder = file.folder() / "annotations";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "a.xml")
        << "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
           "</bndbox></object></annotation>";
    return folder;
  }();
  if (size == 0) return 0;
  file.set(fuzz::text_of(data + 1, size - 1));
  fuzz::reads_or_refuses([&] {
    const unsigned choice = data[0] % 3u;
    if (choice > 0) return read_predictions({.predictions = file.path(), .annotations = annotations}, choice == 2);
    for (const metrics::LabelledBox& object : datasets::read_annotation(file.path())) require_box(object);
  });
  return 0;
}
