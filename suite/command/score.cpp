// reprise score localisation|detection PREDICTIONS ANNOTATIONS

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "datasets/box_files.hpp"
#include "reports/text.hpp"
#include "suite/command/command.hpp"
#include "suite/errors.hpp"

namespace reprise::command {
namespace {

using nlohmann::ordered_json;

constexpr int kMaxGuesses = 5;

struct ScoreFlags {
  std::string predictions, annotations, classes, images, excluded;
  bool json = false;
  datasets::BoxFiles files() const { return {predictions, annotations, classes, images, excluded}; }
};

int print(const ordered_json& json) {
  fmt::print("{}\n", json.dump(2));
  return kDone;
}

int score_localisation(const ScoreFlags& flags) {
  const std::vector<metrics::LocalisedImage> images = datasets::read_localisations(flags.files());
  const metrics::LocalisationScore score = metrics::score_localisation(images, kMaxGuesses);
  if (flags.json) {
    ordered_json guesses = ordered_json::array();
    for (const metrics::LocalisationErrors& errors : score.errors)
      guesses.push_back({{"guesses", errors.guesses},
                         {"localisation_error", errors.localisation},
                         {"classification_error", errors.classification},
                         {"box_error", errors.boxes}});
    return print({{"images", images.size()}, {"errors", guesses}, {"mean_overlap", score.mean_overlap}});
  }
  std::vector<std::vector<std::string>> table = {{"guesses", "localisation error", "classification error", "box error, any class"}};
  for (const metrics::LocalisationErrors& errors : score.errors)
    table.push_back({fmt::format("{}", errors.guesses), fmt::format("{:.2f} %", errors.localisation),
                     fmt::format("{:.2f} %", errors.classification), fmt::format("{:.2f} %", errors.boxes)});
  fmt::print(
      "{} images\n\n{}\n{}", images.size(), reports::aligned(table, "-"),
      reports::filled(fmt::format("A box is right if it overlaps one of an object by {} (intersection over union). The first box overlaps "
                                  "an object by {:.4f} on average.",
                                  metrics::kRightOverlap, score.mean_overlap)));
  return kDone;
}

int score_detection(const ScoreFlags& flags) {
  const std::vector<metrics::SearchedImage> images = datasets::read_detections(flags.files());
  const metrics::DetectionScore score = metrics::score_detection(images, metrics::OverlapRule::imagenet);
  const metrics::DetectionScore half = metrics::score_detection(images, metrics::OverlapRule::half);
  if (flags.json) {
    ordered_json classes = ordered_json::array();
    for (std::size_t i = 0; i < score.classes.size(); ++i)
      classes.push_back({{"class", score.classes[i].label},
                         {"objects", score.classes[i].objects},
                         {"detections", score.classes[i].detections},
                         {"average_precision", 100 * score.classes[i].average_precision},
                         {"average_precision_at_half", 100 * half.classes[i].average_precision}});
    return print({{"images", images.size()},
                  {"mean_average_precision", 100 * score.mean_average_precision},
                  {"mean_average_precision_at_half", 100 * half.mean_average_precision},
                  {"detections_of_other_classes", score.others},
                  {"classes", classes}});
  }
  std::vector<std::vector<std::string>> table = {{"class", "objects", "detections", "average precision", "at overlap 0.5"}};
  for (std::size_t i = 0; i < score.classes.size(); ++i)
    table.push_back({score.classes[i].label, fmt::format("{}", score.classes[i].objects), fmt::format("{}", score.classes[i].detections),
                     fmt::format("{:.2f} %", 100 * score.classes[i].average_precision),
                     fmt::format("{:.2f} %", 100 * half.classes[i].average_precision)});
  fmt::print("{} images\n\n{}\nmean average precision {:.2f} %; with an overlap of 0.5 for all objects {:.2f} %\n", images.size(),
             reports::aligned(table, "-"), 100 * score.mean_average_precision, 100 * half.mean_average_precision);
  if (score.others > 0) fmt::print("{} detections of classes that have no object are left out\n", score.others);
  fmt::print("{}", reports::filled(
                       "The first number is the ImageNet challenge's: objects below about 25 pixels need less overlap, w h / ((w + 10) "
                       "(h + 10))."));
  return kDone;
}

CLI::App* add_task(CLI::App& score, ScoreFlags& flags, const std::string& name, const std::string& what, const std::string& line) {
  CLI::App* app = score.add_subcommand(name, what);
  app->add_option("PREDICTIONS", flags.predictions, line)->option_text(" ")->required();
  app->add_option("ANNOTATIONS", flags.annotations, "Folder of PASCAL VOC annotations, NAME.xml")->option_text(" ")->required();
  app->add_option(
         "--classes", flags.classes,
         "Lines \"n02119789 1 kit_fox\" (map_clsloc.txt, map_det.txt): the annotations' class and the predictions' number (default: "
         "predictions have the annotations' classes)")
      ->type_name("FILE");
  app->add_flag("--json", flags.json, "Prints JSON");
  return app;
}

}  // namespace

Command add_score(CLI::App& program) {
  auto flags = std::make_shared<ScoreFlags>();
  CLI::App* app = program.add_subcommand("score", "Scores boxes as the ImageNet challenges do: localisation, detection");
  app->require_subcommand(1);
  CLI::App* localisation =
      add_task(*app, *flags, "localisation", "Scores up to five guesses of an image, each a class and a box",
               "A line for each annotation, in the order of their names: class xmin ymin xmax ymax for each guess, the surest first");
  localisation->add_option("--exclude", flags->excluded, "Numbers of images that do not count, from 1 on, one a line")->type_name("FILE");
  localisation->footer(examples({"reprise score localisation guesses.txt annotations --json"}));
  CLI::App* detection = add_task(*app, *flags, "detection", "Scores any number of boxes of an image: mean average precision",
                                 "A line for each detection: image class confidence xmin ymin xmax ymax");
  detection
      ->add_option(
          "--images", flags->images,
          "Lines \"NAME ID\": the images that count and what predictions call them (default: all annotations, numbered from 1 on in "
          "the order of their names)")
      ->type_name("FILE");
  detection->add_option("--exclude", flags->excluded, "Lines \"ID CLASS\": objects of an image that do not count")->type_name("FILE");
  detection->footer(examples({"reprise score detection detections.txt annotations"}));
  app->footer(
      examples({"reprise score localisation guesses.txt annotations", "reprise score detection detections.txt annotations --json"}));
  return {app, [app, flags] { return app->got_subcommand("localisation") ? score_localisation(*flags) : score_detection(*flags); }};
}

}  // namespace reprise::command
