// reprise data list|info|fetch|check

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "datasets/fetch.hpp"
#include "datasets/image_set.hpp"
#include "datasets/manage.hpp"
#include "reports/text.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::bytes_text;

struct DataFlags {
  std::string name, data, base_url;
  bool force = false;
};

int list(const DataFlags& flags) {
  const auto folder = datasets::data_directory(flags.data);
  std::vector<std::vector<std::string>> table = {{"name", "present", "size", "location", "title"}};
  for (const datasets::ListEntry& row : datasets::list(folder)) {
    table.push_back({row.name, row.is_present ? "yes" : "no", row.bytes > 0 ? bytes_text(row.bytes) : "",
                     row.is_present ? row.where.string() : row.url, row.title});
  }
  fmt::print("Data directory: {}\n\n{}", folder.string(), reports::aligned(table, "-"));
  return kDone;
}

void print_split(const std::string& name, const datasets::SplitInfo& split) {
  fmt::print("{}: {} images{}\n", name, split.count, split.digest.empty() ? "" : ", digest " + split.digest);
}

std::string images_of(const datasets::SplitInfo& split, std::size_t label) {
  return label < split.histogram.size() ? std::to_string(split.histogram[label]) : "";
}

void print_info(const datasets::DatasetInfo& info) {
  fmt::print("{}: {}\n{} channels, {} x {} pixels, {} classes\n", info.row.name, info.row.title, info.channels, info.height, info.width,
             info.class_names.size());
  print_split("train", info.train);
  print_split("test", info.test);
  std::vector<std::vector<std::string>> classes = {{"class", "train", "test"}};
  for (std::size_t label = 0; label < info.class_names.size(); ++label) {
    classes.push_back({info.class_names[label], images_of(info.train, label), images_of(info.test, label)});
  }
  fmt::print("\n{}", reports::aligned(classes, "-"));
  for (const datasets::FileStatus& file : info.files)
    fmt::print("\n{}{}\n  SHA-256 {}", file.path.string(), file.is_present ? "" : " (missing)",
               file.sha256.empty() ? "not known" : file.sha256);
  if (!info.files.empty()) fmt::print("\n");
  if (!info.row.is_present && !info.how_to_get.empty()) fmt::print("\n{}\n", info.how_to_get);
}

int info(const DataFlags& flags) {
  print_info(datasets::info(flags.name, datasets::data_directory(flags.data)));
  return kDone;
}

/// What a check that found no fault has shown.
const char* shown_by_check(datasets::KnownOf known) {
  switch (known) {
    case datasets::KnownOf::digests:
      return "files, counts and digests are correct";
    case datasets::KnownOf::counts:
      return "size, classes and counts are correct; no digest of it is known, so its pixels are not checked";
    case datasets::KnownOf::nothing:
      return "it can be read; the manifest does not know it, so its content is not checked";
    case datasets::KnownOf::drawn:
      return "drawn, not read";
  }
  return "";
}

/// Checks one data set, or all that are present.
int check(const DataFlags& flags) {
  const auto folder = datasets::data_directory(flags.data);
  if (!flags.name.empty()) {
    const datasets::DatasetInfo found = datasets::check(flags.name, folder);
    print_info(found);
    fmt::print("\n{}: {}\n", flags.name, shown_by_check(found.known));
    return kDone;
  }
  int code = kDone;
  for (const datasets::ListEntry& row : datasets::list(folder)) {
    if (!row.is_present) {
      fmt::print("{}: not present\n", row.name);
      continue;
    }
    try {
      const datasets::DatasetInfo found = datasets::check(row.name, folder);
      fmt::print("{}: {} training and {} test images; {}\n", row.name, found.train.count, found.test.count, shown_by_check(found.known));
    } catch (const InputError& error) {
      tell("reprise: {}\n", error.what());
      code = kBadInput;
    }
  }
  return code;
}

int fetch(const DataFlags& flags) {
  datasets::FetchOptions options{flags.base_url, flags.force, {}};
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) {
    options.progress = [](const datasets::DownloadProgress& progress) {
      tell("\r\033[K{}: {} of {}", progress.name, bytes_text(progress.received), progress.total > 0 ? bytes_text(progress.total) : "?");
      std::fflush(stderr);
    };
  }
  const datasets::FetchResult result = datasets::fetch(flags.name, datasets::data_directory(flags.data), options);
  if (terminal) tell("\r\033[K");
  if (result.was_there) fmt::print("{}: already there\n", flags.name);
  for (const auto& path : result.written) fmt::print("{}\n", path.string());
  return kDone;
}

CLI::App* add_action(CLI::App& data, DataFlags& flags, const std::string& name, const std::string& what,
                     const std::vector<std::string>& lines) {
  CLI::App* app = data.add_subcommand(name, what);
  app->add_option("--data", flags.data, "Data directory (default: $REPRISE_DATA, else ~/.cache/reprise/data)")->type_name("DIR");
  app->footer(examples(lines));
  return app;
}

}  // namespace

Command add_data(CLI::App& program) {
  auto flags = std::make_shared<DataFlags>();
  CLI::App* app = program.add_subcommand("data", "Lists, describes, downloads and checks data sets");
  app->require_subcommand(1);
  add_action(*app, *flags, "list", "Lists all known data sets and their locations", {"reprise data list"});
  CLI::App* info_app = add_action(*app, *flags, "info", "Shows images, classes, files and their SHA-256", {"reprise data info cifar-10"});
  CLI::App* fetch_app = add_action(*app, *flags, "fetch", "Downloads a data set into the data directory; continues an interrupted download",
                                   {"reprise data fetch fashion-mnist"});
  CLI::App* check_app = add_action(
      *app, *flags, "check", "Reads whole data sets and holds them to the manifest: digests where they are known, size, classes, counts",
      {"reprise data check fashion-mnist", "reprise data check"});
  info_app->add_option("NAME", flags->name, "A data set; see `reprise data list`")->option_text(" ")->required();
  fetch_app->add_option("NAME", flags->name, "A data set; see `reprise data list`")->option_text(" ")->required();
  fetch_app->add_option("--from", flags->base_url, "Downloads from this address instead of the known ones")->type_name("URL");
  fetch_app->add_flag("--force", flags->force, "Downloads again although the files are present");
  check_app->add_option("NAME", flags->name, "A data set (default: all that are present)")->option_text(" ");
  app->footer(examples({"reprise data list", "reprise data info mnist"}));
  return {app, [app, flags] {
            if (app->got_subcommand("list")) return list(*flags);
            if (app->got_subcommand("info")) return info(*flags);
            if (app->got_subcommand("fetch")) return fetch(*flags);
            return check(*flags);
          }};
}

}  // namespace reprise::command
