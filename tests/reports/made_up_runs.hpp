#pragma once
// A paper that does not exist and runs that never ran, for the tests of reports.

#include <cstdint>
#include <string>
#include <vector>

#include "reports/formats/writers.hpp"
#include "reports/report.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::reports::made_up {

struct RunSpec {
  std::string trial = "plain";
  std::string scale = "desk";
  std::string dataset = "mnist";
  std::int64_t seed = 1;
  double error_percent = 2;  ///< expected; the predictions' own is drawn around it
  std::vector<std::string> reports{};
  std::vector<std::string> deviations{};
  std::string precision = "f32";
  std::int64_t test_images = 2000;
  double seed_spread = 0;  ///< in percent: shifts this seed's error
};

/// A whole record: recipe, provenance, curves of 10 epochs, predictions. The images' difficulty is the same for all runs of
/// a data set, so two nets err on similar images.
records::RunRecord record_of(const RunSpec& run);

/// A run of a trial of `paper()`, with a deviation that has every character that a format must escape.
records::RunRecord awkward_record(const std::string& trial, const std::string& scale, const std::string& dataset, std::int64_t seed);

/// A report of three rows with images, a table, a file left out, and every character that a format must escape.
Report awkward_report();

/// All files of a format, one after the other.
std::string text_of(const std::vector<File>& files);

/// Trials plain, dropout, maxnorm, wide; published numbers table2-plain (1.6), table2-dropout (1.25), table2-maxnorm (1.06),
/// table2-wide (unverified 1.04), all on "mnist"; claims of every kind; one figure.
catalog::Paper paper();

}  // namespace reprise::reports::made_up
