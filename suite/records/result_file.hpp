#pragma once
// A run record as an HDF5 file: one file per run, complete or absent, byte-identical for the same record.
//
// It opens in h5py, h5dump and netCDF tools. Layout (schema version 3):
//   /                       attributes schema, schema_version, paper, trial, scale, run_id, seed, status,
//                           content_sha256 (the whole record), repeatable_sha256 (all but timing and provenance)
//   /epoch                  float64 [epochs], dimension scale of everything that is counted in epochs
//   /recipe/toml            text
//   /provenance             text attributes; /provenance/deviations texts
//   /metrics/NAME           float64 [epochs], attribute unit
//   /timing/NAME            float64 [epochs], attribute unit
//   /digests/weights        texts [epochs]; where there is a trace also optimizer and layers [epochs], layer_names, and losses at steps
//   (int64) /predictions/labels     int32 [test images]; /predictions/predictions the same /results                float64 attributes
//   /steps/step, train_loss int64 and float64 [points]; step is the dimension scale
//   /tables/NAME/COLUMN     float64 [rows]; attributes title and x of the group; column x is the dimension scale of the others
//   /images/NAME            uint8 [count, height, width, channels]; attributes of the HDF5 image specification, title, captions, set
//   /weights/LAYER.PARAMETER float32, "conv1.weight"
// The last line of the file is its seal (seal.hpp): a changed bit anywhere is found before anything is believed.

#include <filesystem>

#include "suite/records/run_record.hpp"

namespace reprise::records {

/// Writes beside `path`, forces to disk, renames; makes the folder if needed and replaces a file of that name. The file is read-only: h5py
/// in mode "r+" would break its seal.
/// RunError when that fails or the record contradicts itself; then `path` is as it was and nothing else is left. When only forcing the
/// folder to disk fails, `path` is the new file.
void write_result(const RunRecord& record, const std::filesystem::path& path);

/// InputError that names file and object for anything missing, foreign, cut off, damaged, of another schema version, or contradicting
/// itself.
RunRecord read_result(const std::filesystem::path& path);

/// A result file that another program has opened for writing has lost its seal. Reads its HDF5 and what it states of itself, throws
/// InputError unless its content is that of its content_sha256. HDF5 may crash on damaged bytes: call it in a process of its own.
void check_without_seal(const std::filesystem::path& path);
/// Replaces the file by its HDF5 with a new seal; only after check_without_seal().
void seal_again(const std::filesystem::path& path);

}  // namespace reprise::records
