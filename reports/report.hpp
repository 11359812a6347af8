#pragma once
// A report as plain values: what came out beside what was published. The writers turn it into files; nothing is computed there.

#include <optional>
#include <string>
#include <vector>

#include "reports/plot.hpp"
#include "reports/scaling.hpp"
#include "reports/statistics.hpp"
#include "reports/verdict.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::reports {

/// How our number was measured. Two numbers are compared only if these are alike.
struct Protocol {
  std::string dataset;
  std::string split = "test";
  std::string epoch_rule = "last epoch";
  std::string preprocessing;  ///< "scale", "none"
  std::string augmentation;   ///< "none", "flip, crop(pad=4)"
  std::string test_time_augmentation = "none";
  std::string scale;
  std::string precision;
  std::string length;        ///< "60 epochs", "1000000 updates"
  std::string train_images;  ///< "all", "10000"
  std::string test_images;

  std::string text() const;  ///< one line
};

struct Published {
  catalog::PublishedNumber number;
  bool verified = false;

  /// "1.06", "1.08 ± 0.04", "(1.04) unverified"; with a unit "1.06 percent", "(1.04) percent unverified".
  std::string text(const std::string& unit = "") const;
};

/// Ours minus the published value, with an interval for the difference.
struct Agreement {
  double difference = 0, low = 0, high = 0;
  double half_width_of_many = 0;  ///< half-width if so many seeds had shown this spread that it were known; 0: no spread
  std::string basis;              ///< where the interval's width comes from, in words
};

/// One line of a comparison table.
struct Row {
  std::string id;  ///< of the published number, else "TRIAL/METRIC"
  std::string trial, title, dataset, scale, metric, unit;
  std::string variation;  ///< settings by hand and a precision other than f32: "optimizer.max_norm=3; bf16"
  std::optional<Published> published;
  Summary reproduced;
  bool is_floor = false;  ///< in some run the largest value tried did not suffice: the true one is larger
  std::vector<std::int64_t> seeds;
  std::vector<double> values;  ///< one a seed
  Protocol protocol;
  std::string protocol_label;  ///< "A": place of the protocol's text in PaperReport::protocols
  bool substitute = false;     ///< another data set than the published one
  bool reduced_scale = false;
  std::optional<Agreement> agreement;  ///< like for like only
  std::string verdict;  ///< "agrees", "higher by 0.12", "undecided with 2 seeds: higher by 0.12", "not compared: substitute data set"
  std::vector<int> footnotes;           ///< numbers of PaperReport::footnotes, from 1
  std::vector<std::string> deviations;  ///< the same as text

  std::string reproduced_value() const;  ///< "1.32 ± 0.05"; of one seed "1.32"; "more than 100"; "-" without values
  std::string reproduced_text() const;   ///< the same with the number of seeds: "1.32 ± 0.05 (n = 3)"
};

struct ClaimResult {
  catalog::Claim claim;
  std::string scale, dataset, variation;
  bool substitute = false;
  Verdict verdict;
  std::vector<std::string> tests;      ///< sentences with numbers, one per comparison made
  std::vector<std::string> published;  ///< "Table 2, Standard NN: 1.6"
  std::vector<IntervalPicture> pictures;

  std::string setting() const;  ///< "desk, fashion-mnist (substitute)"
  std::string test_text() const;
};

struct Picture {
  std::string title, note;
  std::string group;  ///< heading under which it stands
  Plot plot;
};

struct ImageGrid {
  std::string title, note;
  records::Images images;
};

/// A fact about the runs and how many of them share it.
struct ProvenanceLine {
  std::string key;
  std::vector<std::pair<std::string, int>> values;
};

struct PaperReport {
  std::string slug, title, citation, note, address;
  int run_count = 0;
  double training_seconds = 0;
  std::vector<Row> rows;
  std::vector<ClaimResult> claims;
  std::vector<Picture> curves, figures, tables;
  std::vector<ImageGrid> images;
  std::vector<ProvenanceLine> provenance;
  std::vector<std::string> footnotes;
  std::vector<std::pair<std::string, std::string>> protocols;  ///< label and text, each text once
  std::vector<catalog::MissingNumber> missing;
};

struct LeftOut {
  std::string file;
  std::string reason;
};

struct ClaimCounts {
  int reproduced = 0, not_reproduced = 0, undecided = 0, not_tested = 0;
};

struct Report {
  std::vector<PaperReport> papers;  ///< those with runs, in the order of the catalog
  std::vector<LeftOut> left_out;
  Scaling scaling;  ///< empty unless it was measured

  ClaimCounts counts() const;
  int run_count() const;
};

}  // namespace reprise::reports
