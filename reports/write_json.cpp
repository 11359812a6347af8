#include "reports/write_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace reprise::reports {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json row_json(const Row& row) {
  Json out;
  out["id"] = row.id;
  out["trial"] = row.trial;
  out["dataset"] = row.dataset;
  out["scale"] = row.scale;
  out["metric"] = row.metric;
  out["published"] = row.published ? Json(row.published->number.value) : Json(nullptr);
  out["reproduced"] = {{"mean", number_or_null(row.reproduced.mean)}, {"sd", number_or_null(row.reproduced.sd)}, {"n", row.reproduced.n}};
  out["verdict"] = row.verdict;
  out["substitute"] = row.substitute;
  out["deviations"] = row.deviations;
  return out;
}

Json claim_json(const ClaimResult& claim) {
  Json out;
  out["id"] = claim.claim.id;
  out["statement"] = claim.claim.statement;
  out["verdict"] = claim.verdict.text();
  out["seeds"] = claim.verdict.seeds;
  out["test"] = claim.test_text();
  return out;
}

}  // namespace

std::string to_json(const Report& report) {
  Json papers = Json::array();
  for (const PaperReport& paper : report.papers) {
    Json rows = Json::array(), claims = Json::array();
    for (const Row& row : paper.rows) rows.push_back(row_json(row));
    for (const ClaimResult& claim : paper.claims) claims.push_back(claim_json(claim));
    papers.push_back({{"slug", paper.slug}, {"rows", rows}, {"claims", claims}});
  }
  Json out{{"papers", papers}};
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
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reprise::reports
