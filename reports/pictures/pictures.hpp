#pragma once
// What a paper's runs have to show: training curves, the catalog's figures, the tables and images of the analyses.

#include <vector>

#include "reports/runs/run_groups.hpp"

namespace reprise::reports {

/// One plot per group: error (loss where there are no labels) over epochs, one line per seed, test solid, training dashed.
/// Plots of one scale and data set share their vertical range.
std::vector<Picture> training_curves(const catalog::Paper& paper, const std::vector<RunGroup>& groups);

/// The [[figure]] entries, once per setting with runs: mean over seeds with the sd as bars; hollow marks
/// for published values of the same data set: those that the line lists, else those that its trials report.
std::vector<Picture> catalog_figures(const catalog::Paper& paper, const std::vector<RunGroup>& groups);

/// One plot per group and table that its runs keep, one faint line per seed and column. A column
/// "deviation" becomes the bars of column "error".
std::vector<Picture> analysis_tables(const catalog::Paper& paper, const std::vector<RunGroup>& groups);

/// The images of each group's first seed that has some.
std::vector<ImageGrid> image_grids(const catalog::Paper& paper, const std::vector<RunGroup>& groups);

}  // namespace reprise::reports
