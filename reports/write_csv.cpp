#include "reports/write_csv.hpp"

#include <fmt/format.h>

#include <cmath>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

std::string number_or_empty(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "";
}

std::vector<std::string> cells(const PaperReport& paper, const Row& row) {
  const auto text = [&](auto field) { return row.published ? field(row.published->number) : std::string(); };
  using Number = catalog::PublishedNumber;
  std::vector<std::string> seeds;
  for (std::int64_t seed : row.seeds) seeds.push_back(fmt::format("{}", seed));
  return {paper.slug,
          row.id,
          row.trial,
          row.variation,
          row.dataset,
          row.scale,
          row.metric,
          row.unit,
          text([](const Number& n) { return fmt::format("{}", n.value); }),
          text([](const Number& n) { return n.spread ? fmt::format("{}", *n.spread) : std::string(); }),
          row.published ? (row.published->verified ? "verified" : "unverified") : "",
          text([](const Number& n) { return n.dataset; }),
          text([](const Number& n) { return n.model; }),
          text([](const Number& n) { return n.variant; }),
          text([](const Number& n) { return n.source; }),
          number_or_empty(row.reproduced.mean),
          number_or_empty(row.reproduced.sd),
          fmt::format("{}", row.reproduced.n),
          joined(seeds, " "),
          row.substitute ? "yes" : "no",
          row.agreement ? number_or_empty(row.agreement->difference) : "",
          row.agreement ? number_or_empty(row.agreement->low) : "",
          row.agreement ? number_or_empty(row.agreement->high) : "",
          row.verdict,
          row.protocol.text(),
          joined(row.deviations, "; ")};
}

}  // namespace

std::string to_csv(const Report& report) {
  std::string out =
      "paper,id,trial,variation,dataset,scale,metric,unit,published,published_spread,published_status,published_dataset,published_model,"
      "published_variant,published_source,mean,sd,n,seeds,substitute,difference,difference_low,difference_high,verdict,protocol,"
      "deviations\r\n";
  for (const PaperReport& paper : report.papers) {
    for (const Row& row : paper.rows) {
      std::vector<std::string> line = cells(paper, row);
      for (std::string& cell : line) cell = csv_quoted(cell);
      out += joined(line, ",") + "\r\n";
    }
  }
  return out;
}

}  // namespace reprise::reports
