#pragma once
// The bytes of a checkpoint, little-endian and without padding:
//
//   "REPRCKPT", u32 version = 1, u32 number of entries
//   each entry: u8 kind, u32 length of name, name, u32 number of extents, i64 extents, values, u64 XXH3-64 of the entry so far
//   "CKPTDONE", u64 XXH3-64 of the file so far
//
// Kinds: 1 number (int64), 2 text, 3 tensor (float32), 4 doubles, 5 integers (int64), 6 bytes. Numbers have no extents, tensors any
// number of them, all others one.

#include <filesystem>
#include <functional>

#include "suite/records/checkpoint.hpp"
#include "suite/records/digest.hpp"

namespace reprise::records {

/// Gives the bytes of a checkpoint piece by piece.
void serialise(const Checkpoint& checkpoint, const std::function<void(Bytes)>& take);

/// InputError naming file, byte, expected and found for anything but a whole, undamaged checkpoint. Never takes more memory than the file.
Checkpoint parse_checkpoint(const std::filesystem::path& path);

}  // namespace reprise::records
