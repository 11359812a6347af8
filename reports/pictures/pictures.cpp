#include "reports/pictures/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

constexpr double kLogFrom = 4;  // a test error that falls to a quarter or less of its start reads better on a log axis

const std::string kDeviation = "deviation";  // a column of this name is the standard deviation of column "error"

std::string title_of(const catalog::Paper& paper, const RunGroup& group) {
  const catalog::Trial* trial = paper.find_trial(group.trial);
  return trial && !trial->title.empty() ? trial->title : group.trial;
}

std::string setting_text(const RunGroup& group) {
  const std::string variation = group.variation();
  return fmt::format("{}, {} scale{}", group.dataset(), group.scale, variation.empty() ? "" : ", " + variation);
}

// As they come: the first trial's scales in their order.
std::vector<std::string> settings_in_order(const std::vector<RunGroup>& groups) {
  std::vector<std::string> settings;
  for (const RunGroup& group : groups) {
    if (std::find(settings.begin(), settings.end(), setting_text(group)) == settings.end()) settings.push_back(setting_text(group));
  }
  return settings;
}

std::string seed_count_text(const RunGroup& group) {
  return fmt::format("{} {}", group.runs.size(), group.runs.size() == 1 ? "seed" : "seeds");
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

std::string curve_metric(const RunGroup& group) {
  return group.runs.front()->metrics.contains("test_error") ? "error" : "loss";
}

void include_series(Range& range, const RunGroup& group, const std::string& name) {
  for (const records::RunRecord* run : group.runs) {
    const auto series = run->metrics.find(name);
    if (series == run->metrics.end()) continue;
    for (double value : series->second.values) range.include(value);
  }
}

void add_series(Plot& plot, const records::RunRecord& run, const std::string& name, int color, bool training) {
  const auto series = run.metrics.find(name);
  if (series == run.metrics.end() || series->second.values.size() != run.epochs.size()) return;
  PlotLine line;
  line.x = run.epochs;
  line.y = series->second.values;
  line.color = color;
  line.dashed = line.faint = training;
  line.markers = run.epochs.size() == 1;
  if (!training) line.name = fmt::format("seed {}", run.seed);
  plot.lines.push_back(std::move(line));
}

const catalog::PublishedNumber* published_point(const catalog::Paper& paper, const RunGroup& group, const std::string& metric) {
  for (const std::string& id : group.recipe.reproduces) {
    const auto* number = paper.find_published(id);
    const bool same_data = number && canonical_name(number->dataset) == canonical_name(group.dataset());
    if (same_data && number->status == "verified" && number->metric == metric) return number;
  }
  return nullptr;
}

void add_published(PlotLine& line, const catalog::Figure::Line& wanted, const catalog::PublishedNumber& number, double x) {
  line.x.push_back(x);
  line.y.push_back(number.value);
  line.name = wanted.name + ", published (paper scale)";
}

/// Verified, and about the data set of this picture.
bool is_of_setting(const catalog::PublishedNumber& number, const std::vector<RunGroup>& groups, const std::string& setting) {
  const auto group = std::find_if(groups.begin(), groups.end(), [&](const RunGroup& g) { return setting_text(g) == setting; });
  return number.status == "verified" && canonical_name(number.dataset) == canonical_name(group->dataset());
}

/// Over the runs that have it.
std::optional<double> mean_of(const RunGroup& group, const std::string& metric) {
  std::vector<double> values;
  for (const records::RunRecord* run : group.runs)
    if (const auto value = value_of(*run, metric)) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  return summarize(values).mean;
}

bool spans_decades(const std::vector<double>& x) {
  if (x.size() < 3) return false;
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  return *low > 0 && *high / *low >= 30;
}

}  // namespace

std::vector<Picture> training_curves(const catalog::Paper& paper, const std::vector<RunGroup>& groups) {
  std::map<std::pair<std::string, std::string>, std::pair<Range, Range>> ranges;  // test, training
  for (const RunGroup& group : groups) {
    auto& [test, training] = ranges[{setting_text(group), curve_metric(group)}];
    include_series(test, group, "test_" + curve_metric(group));
    include_series(training, group, "train_" + curve_metric(group));
  }
  std::vector<Picture> pictures;
  for (const RunGroup& group : groups) {
    const std::string metric = curve_metric(group);
    const auto& [test, training] = ranges[{setting_text(group), metric}];
    Picture picture;
    picture.title = title_of(paper, group);
    picture.group = setting_text(group);
    picture.note = group.trial + ", " + seed_count_text(group);
    Plot& plot = picture.plot;
    plot.title = fmt::format("{} over epochs: {}, {}", metric, picture.title, picture.group);
    plot.x_label = "epochs";
    plot.y_label = metric == "error" ? "error, percent" : "loss";
    plot.width = 258;
    plot.height = 180;
    for (std::size_t s = 0; s < group.runs.size(); ++s) add_series(plot, *group.runs[s], "train_" + metric, static_cast<int>(s), true);
    for (std::size_t s = 0; s < group.runs.size(); ++s) add_series(plot, *group.runs[s], "test_" + metric, static_cast<int>(s), false);
    if (plot.lines.empty()) continue;
    if (test.low < test.high) {
      plot.log_y = test.low > 0 && test.high / test.low > kLogFrom;
      const double bottom = std::min(test.low, training.low);
      plot.y_low = plot.log_y ? std::max(test.low / 20, bottom > 0 ? bottom * 0.9 : test.low / 20) : std::min(0.0, bottom);
      plot.y_high = plot.log_y ? test.high * 1.1 : test.high * 1.05;
    }
    pictures.push_back(std::move(picture));
  }
  const std::vector<std::string> order = settings_in_order(groups);
  const auto place = [&](const Picture& picture) { return std::find(order.begin(), order.end(), picture.group) - order.begin(); };
  std::stable_sort(pictures.begin(), pictures.end(), [&](const Picture& a, const Picture& b) { return place(a) < place(b); });
  return pictures;
}

std::vector<Picture> catalog_figures(const catalog::Paper& paper, const std::vector<RunGroup>& groups) {
  const std::vector<std::string> settings = settings_in_order(groups);
  std::vector<Picture> pictures;
  for (const catalog::Figure& figure : paper.figures) {
    for (const std::string& setting : settings) {
      Picture picture{figure.title, setting, figure.id, {}};
      picture.plot.title = figure.title + ", " + setting;
      picture.plot.x_label = figure.x_label;
      picture.plot.y_label = figure.y_label;
      picture.plot.log_x = figure.log_x;
      std::size_t points = 0, listed = 0;
      for (std::size_t l = 0; l < figure.lines.size(); ++l) {
        const auto& wanted = figure.lines[l];
        PlotLine ours, theirs;
        for (std::size_t i = 0; i < wanted.trials.size(); ++i) {
          const auto group = std::find_if(groups.begin(), groups.end(),
                                          [&](const RunGroup& g) { return g.trial == wanted.trials[i] && setting_text(g) == setting; });
          if (group == groups.end()) continue;
          std::vector<double> values;
          for (const records::RunRecord* run : group->runs) {
            if (const auto value = value_of(*run, figure.metric)) values.push_back(*value);
          }
          const std::optional<double> x = figure.x_metric.empty() ? wanted.x[i] : mean_of(*group, figure.x_metric);
          if (values.empty() || !x) continue;
          const Summary summary = summarize(values);
          ours.x.push_back(*x);
          ours.y.push_back(summary.mean);
          ours.error.push_back(std::isnan(summary.sd) ? 0 : summary.sd);
          const auto* number = wanted.published.empty() ? published_point(paper, *group, figure.metric) : nullptr;
          if (number != nullptr) add_published(theirs, wanted, *number, *x);
        }
        for (std::size_t i = 0; i < wanted.published.size(); ++i) {
          const auto* number = paper.find_published(wanted.published[i]);
          if (!is_of_setting(*number, groups, setting)) continue;
          ++listed;
          add_published(theirs, wanted, *number, wanted.published_x[i]);
        }
        points += ours.x.size();
        ours.name = wanted.name;
        ours.markers = true;
        ours.line = theirs.line = figure.x_metric.empty();
        ours.color = theirs.color = static_cast<int>(l);
        theirs.markers = theirs.hollow = theirs.dashed = true;
        if (!ours.x.empty()) picture.plot.lines.push_back(std::move(ours));
        if (!theirs.x.empty()) picture.plot.lines.push_back(std::move(theirs));
      }
      picture.note += "; mean over seeds, bars: one standard deviation";
      if (points > 0 && points + listed > 1) pictures.push_back(std::move(picture));
    }
  }
  return pictures;
}

std::vector<Picture> analysis_tables(const catalog::Paper& paper, const std::vector<RunGroup>& groups) {
  std::vector<Picture> pictures;
  for (const RunGroup& group : groups) {
    std::set<std::string> names;
    for (const records::RunRecord* run : group.runs) {
      for (const auto& [name, table] : run->tables) names.insert(name);
    }
    for (const std::string& name : names) {
      Picture picture;
      for (const records::RunRecord* run : group.runs) {
        const auto found = run->tables.find(name);
        if (found == run->tables.end()) continue;
        const records::Table& table = found->second;
        const auto axis = table.columns.find(table.x);
        if (axis == table.columns.end()) continue;
        picture.title = table.title.empty() ? name : table.title;
        picture.plot.x_label = table.x;
        picture.plot.log_x = spans_decades(axis->second);
        int color = 0;
        for (const auto& [column, values] : table.columns) {
          if (column == table.x || column == kDeviation || values.size() != axis->second.size()) continue;
          PlotLine line;
          line.name = column;
          line.x = axis->second;
          line.y = values;
          line.color = color++;
          line.faint = group.runs.size() > 1;
          line.markers = values.size() <= 12;
          if (const auto deviation = table.columns.find(kDeviation); column == "error" && deviation != table.columns.end())
            line.error = deviation->second;
          picture.plot.lines.push_back(std::move(line));
        }
        picture.plot.y_label = color == 1 ? picture.plot.lines.back().name : "";
      }
      if (picture.plot.lines.empty()) continue;
      picture.note =
          fmt::format("{} ({}), {}; {}, one line each", title_of(paper, group), group.trial, setting_text(group), seed_count_text(group));
      picture.group = name;
      picture.plot.title = picture.title + ": " + picture.note;
      picture.plot.width = 440;
      picture.plot.height = 280;
      pictures.push_back(std::move(picture));
    }
  }
  return pictures;
}

std::vector<ImageGrid> image_grids(const catalog::Paper& paper, const std::vector<RunGroup>& groups) {
  std::vector<ImageGrid> grids;
  for (const RunGroup& group : groups) {
    const auto first = std::find_if(group.runs.begin(), group.runs.end(), [](const auto* run) { return !run->images.empty(); });
    if (first == group.runs.end()) continue;
    for (const auto& [name, images] : (*first)->images) {
      const std::int64_t size = images.height * images.width * images.channels;
      const bool whole = images.count > 0 && size > 0 && (images.channels == 1 || images.channels == 3) &&
                         images.pixels.size() == static_cast<std::size_t>(images.count * size);
      if (!whole) continue;
      grids.push_back({images.title.empty() ? name : images.title,
                       fmt::format("{} ({}), {}, seed {}", title_of(paper, group), group.trial, setting_text(group), (*first)->seed),
                       images});
    }
  }
  return grids;
}

}  // namespace reprise::reports
