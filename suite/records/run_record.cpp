#include "suite/records/run_record.hpp"

namespace reprise::records {

Series series_of(const std::string& metric, std::vector<double> values) {
  const metrics::Metric& meaning = metrics::find(metric);
  return {.unit = std::string(meaning.unit),
          .values = std::move(values),
          .long_name = std::string(meaning.long_name),
          .better = meaning.better};
}

Result result_of(const std::string& metric, double value) {
  return {value, metrics::find(metric)};
}

}  // namespace reprise::records
