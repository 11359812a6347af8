#include "suite/runs/run_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "suite/clock.hpp"

namespace reprise::runs {

namespace {

using nlohmann::ordered_json;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// JSON has no NaN and no infinity.
ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

double number_in(const ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? found->get<double>() : kNone;
}

std::string text_in(const ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t integer_in(const ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

StreamStart start_in(const ordered_json& line) {
  StreamStart start;
  start.paper = text_in(line, "paper"), start.trial = text_in(line, "trial"), start.scale = text_in(line, "scale");
  start.run_id = text_in(line, "run"), start.host = text_in(line, "host"), start.utc = text_in(line, "utc");
  start.recipe_toml = text_in(line, "recipe");
  start.seed = integer_in(line, "seed"), start.pid = integer_in(line, "pid");
  start.step = integer_in(line, "step"), start.steps = integer_in(line, "steps");
  start.ranks = static_cast<int>(integer_in(line, "ranks")), start.threads = static_cast<int>(integer_in(line, "threads"));
  start.answer_version = static_cast<int>(integer_in(line, "answer_version"));
  return start;
}

void take_evaluation(const ordered_json& line, StreamContent& content) {
  StreamEvaluation evaluation{integer_in(line, "step"), number_in(line, "epoch"), {}};
  for (const auto& [key, value] : line.items())
    if (key != "step" && key != "epoch" && value.is_number()) evaluation.metrics[key] = value.get<double>();
  content.evaluations.push_back(std::move(evaluation));
}

void take(const ordered_json& line, StreamContent& content) {
  const std::string event = text_in(line, "event");
  content.end.clear(), content.message.clear();
  if (event == "start") {
    content.start = start_in(line);
    std::erase_if(content.steps, [&](const StreamStep& step) { return step.step > content.start->step; });
    std::erase_if(content.evaluations, [&](const StreamEvaluation& evaluation) { return evaluation.step > content.start->step; });
  } else if (event == "evaluation") {
    take_evaluation(line, content);
  } else if (event.empty()) {
    content.steps.push_back({integer_in(line, "step"), number_in(line, "epoch"), number_in(line, "loss"), number_in(line, "rate"),
                             number_in(line, "share"), number_in(line, "seconds_left"), text_in(line, "phase")});
  } else {
    content.end = event, content.end_utc = text_in(line, "utc"), content.message = text_in(line, "message");
  }
}

}  // namespace

double seconds_between_steps(double seconds_so_far) {
  constexpr double kLinesInAll = 4000;
  return std::clamp(seconds_so_far / kLinesInAll, 0.25, 10.0);
}

RunStream::RunStream(std::filesystem::path path) : path_(std::move(path)) {}

RunStream::~RunStream() {
  if (file_ >= 0) ::close(file_);
}

void RunStream::write(const std::string& line) {
  if (file_ < 0) return;
  const std::string whole = line + "\n";
  // A line is written whole or not at all, as far as the disk goes; a reader skips the piece of one.
  if (::write(file_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
    ::close(file_);
    file_ = -1;
  }
}

void RunStream::start(const StreamStart& start, bool continued) {
  begun_ = now_seconds();
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (continued ? 0 : O_TRUNC), 0666);
  if (continued) write("");  // ends a line that a kill has cut off
  write(ordered_json{{"event", "start"},
                     {"paper", start.paper},
                     {"trial", start.trial},
                     {"scale", start.scale},
                     {"seed", start.seed},
                     {"run", start.run_id},
                     {"host", start.host},
                     {"pid", start.pid},
                     {"utc", start.utc},
                     {"step", start.step},
                     {"steps", start.steps},
                     {"ranks", start.ranks},
                     {"threads", start.threads},
                     {"answer_version", start.answer_version},
                     {"recipe", start.recipe_toml}}
            .dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

void RunStream::step(const training::Progress& progress) {
  if (file_ < 0) return;
  if (!std::isnan(progress.loss)) loss_sum_ += progress.loss, ++losses_;
  const double now = now_seconds();
  if (now < next_) return;
  next_ = now + seconds_between_steps(now - begun_);
  write(ordered_json{{"step", progress.step},
                     {"epoch", number(progress.epoch)},
                     {"loss", number(losses_ > 0 ? loss_sum_ / static_cast<double>(losses_) : kNone)},
                     {"rate", number(progress.rate)},
                     {"images_per_second", number(progress.images_per_second)},
                     {"share", number(progress.share)},
                     {"seconds_left", number(progress.seconds_left)},
                     {"phase", progress.phase}}
            .dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  loss_sum_ = 0, losses_ = 0;
}

void RunStream::evaluation(const training::EvaluatedRow& row) {
  ordered_json line{{"event", "evaluation"}, {"step", row.step}, {"epoch", number(row.epoch)}};
  for (const auto& [name, value] : row.metrics) line[name] = number(value);
  write(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

void RunStream::end(const std::string& event, const std::string& message) {
  write(ordered_json{{"event", event}, {"utc", utc_text()}, {"message", message}}.dump(-1, ' ', false,
                                                                                       ordered_json::error_handler_t::replace));
}

std::optional<StreamContent> read_stream(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  StreamContent content;
  for (std::string text; std::getline(file, text) && !file.eof();) {
    const ordered_json line = ordered_json::parse(text, nullptr, false);
    if (line.is_object()) take(line, content);
  }
  return content;
}

}  // namespace reprise::runs
