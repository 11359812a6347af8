#include "datasets/data_entry.hpp"

#include <map>
#include <mutex>

#include "datasets/hdf5_container_reader.hpp"
#include "datasets/image_set.hpp"

namespace reprise::datasets {

const DatasetEntry& entry_of(const std::string& name) {
  if (const DatasetEntry* entry = find_entry(name)) return *entry;
  static std::mutex mutex;
  static std::map<std::string, DatasetEntry> own;
  const std::lock_guard lock(mutex);
  if (const auto known = own.find(name); known != own.end()) return known->second;
  std::error_code ignored;
  const std::filesystem::path path = container_path(name, data_directory(""));
  if (name.find('/') != std::string::npos || !std::filesystem::exists(path, ignored)) return require_entry(name);
  const Dataset data = read_hdf5_container(path, "Write the container again, or remove it.");
  DatasetEntry entry;
  entry.name = entry.title = name;
  entry.format = Format::container;
  entry.channels = data.train.channels, entry.height = data.train.height, entry.width = data.train.width;
  entry.class_names = data.train.class_names;
  for (int i = static_cast<int>(entry.class_names.size()); i < data.train.classes; ++i) entry.class_names.push_back(std::to_string(i));
  entry.train.count = data.train.count, entry.test.count = data.test.count;
  return own.emplace(name, std::move(entry)).first->second;
}

}  // namespace reprise::datasets
