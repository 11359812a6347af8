#include "suite/metrics/detection.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace reprise::metrics {

namespace {

constexpr double kHalf = 0.5, kTolerance = 10;  // pixels, of both sides together

double required_overlap(const Box& object, OverlapRule rule) {
  if (rule == OverlapRule::half) return kHalf;
  const double width = object.right - object.left + 1, height = object.bottom - object.top + 1;
  return std::min(kHalf, width * height / ((width + kTolerance) * (height + kTolerance)));
}

/// What was said, and whether it was right.
struct Judged {
  double confidence;
  bool is_right;
};

struct OfClass {
  std::int64_t objects = 0;
  std::vector<Judged> judged;
};

/// Indices of the detections by falling confidence, equal ones in their order.
std::vector<std::size_t> by_confidence(const std::vector<Detection>& detections) {
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return detections[a].confidence > detections[b].confidence; });
  return order;
}

/// Gives each detection of an image, the surest first, the free object of its class that it overlaps most.
void judge(const SearchedImage& image, OverlapRule rule, std::map<std::string, OfClass>& classes) {
  for (const LabelledBox& object : image.objects)
    if (!image.ignored.contains(object.label)) ++classes[object.label].objects;
  std::vector<bool> taken(image.objects.size(), false);
  for (const std::size_t d : by_confidence(image.detections)) {
    const Detection& detection = image.detections[d];
    if (image.ignored.contains(detection.found.label)) continue;
    double largest = 0;
    std::size_t best = image.objects.size();
    for (std::size_t o = 0; o < image.objects.size(); ++o) {
      const LabelledBox& object = image.objects[o];
      if (taken[o] || object.label != detection.found.label) continue;
      const double now = overlap(detection.found.box, object.box);
      if (now >= required_overlap(object.box, rule) && now > largest) largest = now, best = o;
    }
    const bool is_right = best < image.objects.size();
    if (is_right) taken[best] = true;
    classes[detection.found.label].judged.push_back({detection.confidence, is_right});
  }
}

/// Of judged detections by falling confidence.
double average_precision(const std::vector<Judged>& judged, std::int64_t objects) {
  std::vector<double> precisions;  // at each right detection
  std::int64_t right = 0;
  for (std::size_t i = 0; i < judged.size(); ++i)
    if (judged[i].is_right) precisions.push_back(static_cast<double>(++right) / static_cast<double>(i + 1));
  for (std::size_t i = precisions.size(); i-- > 1;) precisions[i - 1] = std::max(precisions[i - 1], precisions[i]);
  return std::accumulate(precisions.begin(), precisions.end(), 0.0) / static_cast<double>(objects);
}

}  // namespace

DetectionScore score_detection(const std::vector<SearchedImage>& images, OverlapRule rule) {
  std::map<std::string, OfClass> classes;
  for (const SearchedImage& image : images) judge(image, rule, classes);
  DetectionScore score;
  for (auto& [label, of_class] : classes) {
    if (of_class.objects == 0) {
      score.others += static_cast<std::int64_t>(of_class.judged.size());
      continue;
    }
    std::stable_sort(of_class.judged.begin(), of_class.judged.end(),
                     [](const Judged& a, const Judged& b) { return a.confidence > b.confidence; });
    score.classes.push_back(
        {label, of_class.objects, static_cast<std::int64_t>(of_class.judged.size()), average_precision(of_class.judged, of_class.objects)});
    score.mean_average_precision += score.classes.back().average_precision;
  }
  if (!score.classes.empty()) score.mean_average_precision /= static_cast<double>(score.classes.size());
  return score;
}

}  // namespace reprise::metrics
