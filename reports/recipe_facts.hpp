#pragma once
// What a report says of a run's recipe, read from the TOML that the result file keeps.

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::reports {

struct RecipeFacts {
  std::string dataset, precision, title;
  std::vector<std::string> preprocessing, augmentation;
  std::vector<std::string> reports;           ///< ids of published numbers
  std::vector<std::string> deviations;        ///< without the ones below
  std::vector<std::string> settings_by_hand;  ///< "optimizer.max_norm=3": overrides, dataset and precision excepted
  bool dataset_by_hand = false, precision_by_hand = false;
  double epochs = 0;
  std::int64_t steps = 0, batch = 0, train_images = 0, test_images = 0;
  std::int64_t test_views = 0;  ///< 0: no test-time augmentation

  std::string length() const;  ///< "60 epochs", "10000 updates"
};

/// Throws InputError naming `thing` when the text is not TOML or names no data set.
RecipeFacts read_recipe_facts(const std::string& toml, const std::string& thing);

}  // namespace reprise::reports
