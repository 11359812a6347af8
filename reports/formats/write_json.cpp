#include "reports/formats/writers.hpp"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "reports/formats/fields.hpp"

namespace reprise::reports {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) {
    const auto whole = static_cast<std::int64_t>(*number);
    return std::abs(*number) < 1e15 && static_cast<double>(whole) == *number ? Json(whole) : Json(*number);
  }
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* seeds = std::get_if<std::vector<std::int64_t>>(&value)) return *seeds;
  return nullptr;
}

Json json_of(const Fields& fields) {
  Json out;
  for (const auto& [name, value] : fields) out[name] = json_of(value);
  return out;
}

Json row_json(const Report& report, const Row& row) {
  Json out = json_of(fields_of(row));
  out["reproduced"] = {{"mean", out["mean"]}, {"sd", out["sd"]}, {"n", out["n"]}};
  out["values"] = row.values;
  out["protocol"] = row.protocol.text();
  out["deviations"] = row.deviations;
  out["files"] = Json::array();
  for (const auto& [seed, id] : row.runs)
    if (const auto file = report.files.find(id); file != report.files.end()) out["files"].push_back(file->second);
  return out;
}

Json claim_json(const ClaimResult& claim) {
  Json out = json_of(fields_of(claim));
  out["test"] = claim.test_text();
  out["comparisons"] = Json::array();
  for (const Comparison& comparison : claim.comparisons) out["comparisons"].push_back(json_of(fields_of(comparison)));
  out["history"] = Json::array();
  for (const catalog::EarlierDefinition& earlier : claim.claim.history)
    out["history"].push_back({{"definition", earlier.definition.text()},
                              {"kind", earlier.definition.kind},
                              {"margin", earlier.definition.margin},
                              {"until", earlier.until},
                              {"verdict", earlier.verdict},
                              {"reason", earlier.reason}});
  return out;
}

}  // namespace

std::vector<File> to_json(const Report& report) {
  Json papers = Json::array();
  for (const PaperReport& paper : report.papers) {
    Json rows = Json::array(), claims = Json::array();
    for (const Row& row : paper.rows) rows.push_back(row_json(report, row));
    for (const ClaimResult& claim : paper.claims) claims.push_back(claim_json(claim));
    papers.push_back({{"slug", paper.slug}, {"rows", rows}, {"claims", claims}});
  }
  Json out{{"papers", papers}};
  for (const PaperLine& line : report.lines) out["summary"].push_back(json_of(fields_of(line)));
  for (int i = 0; i <= static_cast<int>(Status::not_run); ++i)
    out["counts"][name_of(static_cast<Status>(i))] = report.count(static_cast<Status>(i));
  out["unfinished"] = Json::array();
  for (const UnfinishedRun& run : report.unfinished) {
    out["unfinished"].push_back({{"file", run.file}, {"run", run.name}, {"state", run.state}, {"share", nullptr}});
    if (run.share >= 0) out["unfinished"].back()["share"] = run.share;
  }
  out["left_out"] = Json::array();
  for (const LeftOut& file : report.left_out) out["left_out"].push_back({{"file", file.file}, {"reason", file.reason}});
  out["superseded"] = Json::array();
  for (const Superseded& run : report.superseded)
    out["superseded"].push_back({{"file", run.file}, {"number", run.number}, {"reason", run.reason}});
  for (const ScalingRow& row : report.scaling.rows)
    out["scaling"].push_back({{"trial", report.scaling.trial},
                              {"scale", report.scaling.scale},
                              {"kind", row.kind},
                              {"ranks", row.ranks},
                              {"threads", row.threads},
                              {"batch", row.batch},
                              {"seconds", row.seconds},
                              {"forecast_seconds", row.forecast_seconds},
                              {"speedup", report.scaling.speedup(row)}});
  return {{"report.json", out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"}};
}

}  // namespace reprise::reports
