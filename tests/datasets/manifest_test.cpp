#include "datasets/manifest.hpp"

#include <numeric>
#include <set>

#include "datasets/split_reader.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

TEST(Manifest, every_entry_agrees_with_itself) {
  std::set<std::string> names;
  for (const DatasetEntry& entry : manifest()) {
    SCOPED_TRACE(entry.name);
    EXPECT_TRUE(names.insert(entry.name).second);
    EXPECT_EQ(std::set<std::string>(entry.class_names.begin(), entry.class_names.end()).size(), entry.class_names.size());
    for (const SplitEntry* split : {&entry.train, &entry.test}) {
      const auto histogram = expected_histogram(entry, *split);
      if (entry.format == Format::amat) {  // nothing is known of its files but their names
        EXPECT_TRUE(histogram.empty() && split->files.size() == 1 && split->files[0].sha256.empty());
        continue;
      }
      const bool has_no_files = entry.format == Format::container || entry.format == Format::photographs ||
                                entry.format == Format::videos;  // but itself, or too many to list
      const bool is_counted = !has_no_files && entry.format != Format::distorted;
      if (!is_counted && histogram.empty()) continue;
      EXPECT_EQ(histogram.size(), entry.class_names.size());
      EXPECT_EQ(std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0}), split->count);
      if (has_no_files) continue;
      EXPECT_EQ(split->files.empty(), entry.is_derived() || split->count == 0);
      for (const FileEntry& file : split->files) {
        const bool of_archive = entry.format == Format::stl10 || entry.format == Format::corrupted;  // whose digest is known
        EXPECT_EQ(file.sha256.size(), of_archive ? 0u : 64u);
        EXPECT_GE(file.content_bytes, split->count / static_cast<std::int64_t>(split->files.size()));
      }
    }
    const bool is_fetched =
        !entry.is_derived() && entry.format != Format::container && entry.format != Format::photographs && entry.format != Format::videos;
    EXPECT_EQ(!entry.urls.empty(), is_fetched);
    EXPECT_EQ(entry.photographs.folder.empty(), entry.format != Format::photographs);
    EXPECT_EQ(entry.videos.folder.empty(), entry.format != Format::videos);
    EXPECT_EQ(entry.archive.sha256.size(), entry.archive.name.empty() ? 0u : 64u);
    EXPECT_EQ(find_entry(entry.stands_for) != nullptr, !entry.stands_for.empty());
    EXPECT_EQ(find_entry(entry.base) != nullptr,
              entry.format == Format::canvas || entry.format == Format::rotated || entry.format == Format::distorted);
  }
}

TEST(Manifest, an_unknown_name_lists_the_known_ones) {
  EXPECT_EQ(find_entry("mnits"), nullptr);
  expect_error([] { require_entry("mnits"); }, {"'mnits'", "mnist, fashion-mnist, cifar-10, cifar-100", "reprise data list"});
}

TEST(Manifest, a_file_is_looked_for_in_the_data_directory_then_elsewhere_packed_or_not) {
  const TemporaryFolder data, other;
  DatasetEntry entry;
  entry.elsewhere = {other.path()};
  const FileEntry file{"set/a-idx3-ubyte.gz", 0, ""};
  EXPECT_EQ(locate(entry, file, data.path()), "");
  write_file(other.path() / "a-idx3-ubyte.gz", {1});
  EXPECT_EQ(locate(entry, file, data.path()), other.path() / "a-idx3-ubyte.gz");
  write_file(data.path() / "set/a-idx3-ubyte", {1});
  EXPECT_EQ(locate(entry, file, data.path()), data.path() / "set/a-idx3-ubyte");
  write_file(data.path() / "set/a-idx3-ubyte.gz", {1});
  EXPECT_EQ(locate(entry, file, data.path()), data.path() / "set/a-idx3-ubyte.gz");
}

}  // namespace
}  // namespace reprise::datasets
