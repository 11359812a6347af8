#include "suite/command/machine.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "datasets/manifest.hpp"
#include "datasets/photograph_layout.hpp"
#include "datasets/video_lists.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/control_groups.hpp"
#include "suite/errors.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/ranks/mpi_library.hpp"
#include "suite/records/hdf5_file.hpp"
#include "suite/runs/provenance.hpp"
#include "suite/text/core_list.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::bytes_text;

namespace fs = std::filesystem;
using Level = Finding::Level;

constexpr std::int64_t kEnoughMemory = std::int64_t{1} << 30;  ///< enough for the largest net at its paper's batch, data set included
constexpr std::int64_t kEnoughDisk = std::int64_t{256} << 20;  ///< enough for some hundred result files

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// The value of "NAME: value" in a file of /proc; "" if there is none.
std::string proc_value(const fs::path& file, const std::string& name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind(name + ":", 0) != 0) continue;
    const std::size_t start = line.find_first_not_of(" \t", name.size() + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Finding processor() {
  const std::string name = runs::processor_name();
  if (kernels::vector_kernels_for("avx2") == nullptr)
    return {Level::problem, "processor", name, "reprise needs AVX2, FMA and BMI2; use a machine that has them"};
  return {Level::good, "processor", name, ""};
}

Finding instruction_sets() {
  std::string text;
  try {
    text = fmt::format("own kernels {}; oneDNN {}", kernels::vector_kernels().isa, kernels::onednn::library_text());
  } catch (const InputError& error) {
    return {Level::problem, "instructions", error.what(),
            environment("REPRISE_ISA").empty() ? "use a machine that has AVX2, FMA and BMI2" : "unset REPRISE_ISA"};
  }
  for (const char* name : {"REPRISE_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"}) {
    const std::string value = environment(name);
    if (!value.empty())
      return {Level::note, "instructions", fmt::format("{}; {}={} narrows them", text, name, value), fmt::format("unset {}", name)};
  }
  return {Level::good, "instructions", text, ""};
}

Finding cores() {
  const int allowed = parallel::available_cores();
  const int present = static_cast<int>(text::read_core_list(first_line("/sys/devices/system/cpu/online")).size());
  const std::string text = fmt::format("{} of {} usable", allowed, present);
  if (allowed >= present) return {Level::good, "cores", text, ""};
  if (!environment("OMP_PROC_BIND").empty() || !environment("GOMP_CPU_AFFINITY").empty() || !environment("OMP_PLACES").empty()) {
    return {Level::problem, "cores", text + "; OpenMP has bound this process (OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY)",
            "unset OMP_PROC_BIND OMP_PLACES GOMP_CPU_AFFINITY"};
  }
  if (!environment("OMPI_COMM_WORLD_SIZE").empty()) {
    return {Level::note, "cores", text + "; mpirun has bound this rank",
            "mpirun --map-by slot:PE=N gives each rank N cores, --bind-to none all"};
  }
  return {Level::note, "cores", text + " (taskset, a batch system or a container)", "request more cores, or start without taskset"};
}

Finding quota() {
  const double limit = control_group_limits().cores;
  if (limit <= 0 || limit >= parallel::available_cores())
    return {Level::good, "processor time", "not limited below the number of cores", ""};
  return {Level::note, "processor time", fmt::format("a container or batch system allows the time of {:.1f} cores", limit),
          fmt::format("run with --threads {:.0f}", limit < 1 ? 1 : limit)};
}

Finding openmp() {
  const std::string threads = environment("OMP_NUM_THREADS");
  if (threads.empty()) return {Level::good, "OMP_NUM_THREADS", "not set", ""};
  return {Level::note, "OMP_NUM_THREADS", fmt::format("{}; it has no effect here", threads), "choose threads with --threads"};
}

/// Bytes of a "12345 kB" of /proc/meminfo.
std::int64_t meminfo_bytes(const std::string& name) {
  return std::atoll(proc_value("/proc/meminfo", name).c_str()) * 1024;
}

Finding memory() {
  const AvailableMemory available = available_memory();
  const std::string text = fmt::format("{} free of {}{}", bytes_text(available.bytes), bytes_text(meminfo_bytes("MemTotal")),
                                       available.by_control_group ? " (limit of a container or batch system)" : "");
  if (available.bytes >= kEnoughMemory) return {Level::good, "memory", text, ""};
  return {Level::note, "memory", text, "compare with `reprise plan PAPER`; fewer --threads need less memory"};
}

Finding data_set(const datasets::DatasetEntry& entry, const fs::path& data) {
  std::vector<std::string> missing;
  for (const auto* split : {&entry.train, &entry.test}) {
    for (const datasets::FileEntry& file : split->files) {
      if (datasets::locate(entry, file, data).empty()) missing.push_back(file.path);
    }
  }
  std::error_code ignored;
  const fs::path container = datasets::container_path(entry.name, data);
  if (entry.format == datasets::Format::container && !fs::exists(container, ignored)) missing.push_back(container.filename().string());
  if (entry.format == datasets::Format::photographs && !datasets::has_photographs(entry, data)) missing.push_back(entry.photographs.folder);
  if (entry.format == datasets::Format::videos && !datasets::has_videos(entry, data)) missing.push_back(entry.videos.folder);
  if (missing.empty()) return {Level::good, "data set " + entry.name, "present", ""};
  return {Level::note, "data set " + entry.name, fmt::format("{} not in {}", fmt::join(missing, ", "), data.string()),
          datasets::how_to_get(entry)};
}

Finding output(const fs::path& out) {
  std::error_code ignored;
  fs::path folder = fs::absolute(out);
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  std::string probe = (folder / ".reprise-XXXXXX").string();
  const int file = mkstemp(probe.data());
  if (file < 0) return {Level::problem, "output", folder.string() + " cannot be written", "choose another folder with --out"};
  close(file);
  unlink(probe.c_str());
  struct statvfs disk = {};
  statvfs(folder.c_str(), &disk);
  const auto free_bytes = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  const std::string text = fmt::format("{} can be written, {} free", folder.string(), bytes_text(free_bytes));
  if (free_bytes >= kEnoughDisk) return {Level::good, "output", text, ""};
  return {Level::note, "output", text, "free disk space, or choose another folder with --out"};
}

Finding experiment_files() {
  try {
    return {Level::good, "experiments",
            fmt::format("{} papers in {}", catalog::paper_slugs().size(), catalog::experiments_directory().string()), ""};
  } catch (const std::exception& error) {
    return {Level::problem, "experiments", error.what(), "set REPRISE_EXPERIMENTS to the folder of the papers' files"};
  }
}

}  // namespace

std::vector<Finding> examine_machine(const fs::path& data, const fs::path& out) {
  std::vector<Finding> findings = {processor(), instruction_sets(), cores(), quota(), openmp(), memory()};
  findings.push_back({Level::good, "MPI", ranks::mpi_library_text(), ""});
  findings.push_back({Level::good, "HDF5", records::hdf5::library_text(), ""});
  findings.push_back(experiment_files());
  for (const datasets::DatasetEntry& entry : datasets::manifest()) {
    if (!entry.is_derived()) findings.push_back(data_set(entry, data));
  }
  findings.push_back(output(out));
  return findings;
}

}  // namespace reprise::command
