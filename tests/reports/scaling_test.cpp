#include <gtest/gtest.h>

#include <fstream>

#include "made_up_runs.hpp"
#include "reports/formats/writers.hpp"
#include "reports/scaling.hpp"
#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::reports {
namespace {

using made_up::text_of;

Scaling scaling_of(const std::string& text) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "scaling.json";
  std::ofstream(file) << text;
  return read_scaling(file);
}

constexpr const char* kMeasured = R"({"trial": "p/t", "scale": "desk", "cores": 2, "rows": [
  {"kind": "strong", "ranks": 1, "threads": 1, "batch": 128, "seconds": 0.4, "forecast_seconds": 0.4},
  {"kind": "strong", "ranks": 2, "threads": 1, "batch": 128, "seconds": 0.25, "forecast_seconds": 0.2},
  {"kind": "weak", "ranks": 1, "threads": 1, "batch": 32, "seconds": 0.1, "forecast_seconds": 0.1},
  {"kind": "weak", "ranks": 2, "threads": 1, "batch": 64, "seconds": 0.1, "forecast_seconds": 0.1}]})";

TEST(Scaling, speedup_is_of_images_a_second_over_one_rank_of_the_same_kind) {
  const Scaling scaling = scaling_of(kMeasured);
  ASSERT_EQ(scaling.rows.size(), 4u);
  EXPECT_DOUBLE_EQ(scaling.speedup(scaling.rows[1]), 1.6);
  EXPECT_DOUBLE_EQ(scaling.speedup(scaling.rows[3]), 2.0);
}

TEST(Scaling, stands_in_every_text_report) {
  Report report;
  report.scaling = scaling_of(kMeasured);
  EXPECT_NE(text_of(to_markdown(report)).find("| 128, the recipe's | 2 x 1 | 250.00 ms | 200.00 ms | 1.60 |"), std::string::npos)
      << text_of(to_markdown(report));
  EXPECT_NE(text_of(to_html(report)).find(">2 × 1</td><td data-label=\"step\">250.00 ms</td>"), std::string::npos);
  EXPECT_NE(text_of(to_json(report)).find("\"speedup\": 1.6"), std::string::npos);
  report.scaling = {};
  EXPECT_EQ(text_of(to_markdown(report)).find("Scaling"), std::string::npos);
}

TEST(Scaling, names_what_is_wrong_with_a_file) {
  for (const char* text : {"", "{}", R"({"trial": "p/t", "scale": "desk", "cores": 2, "rows": [{"kind": "strong"}]})"})
    EXPECT_THROW(scaling_of(text), InputError) << text;
}

}  // namespace
}  // namespace reprise::reports
