#pragma once
// What a kind of CPU without stored ratios is held to: floors that follow from the CPUs whose ratios are stored.

#include <map>
#include <string>
#include <vector>

namespace reprise::bench {

/// One benchmark of a run, and the least ratio to peak that is accepted of it.
struct Floor {
  std::string name;
  double least_stored = 0;  ///< of the medians of the stored CPUs
  double floor = 0, found = 0;
};

/// The widest gap between stored CPUs: over all benchmarks, the least of (lowest median / highest median). Two CPUs of different makers
/// agree no worse than that, so neither should another one. 0.5 with a single CPU.
double widest_gap(const std::vector<std::map<std::string, double>>& stored);

/// A floor is the lowest stored median times widest_gap(). Of the benchmarks that are both in `run` and stored; throws InputError if none
/// is.
std::vector<Floor> floors_of(const std::string& run, const std::vector<std::string>& stored);

/// `floors RUN.json STORED.json...`. Exit code 0, 1 if a ratio is below its floor, 2 for wrong input.
int floors_command(int argc, char** argv);

}  // namespace reprise::bench
