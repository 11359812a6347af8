// Any bytes as a checkpoint: as they are, and with their checksums mended, since no fuzzer guesses 64 bits of XXH3.

#include <cstring>

#include "suite/records/checkpoint_format.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;
using records::Bytes;

constexpr std::size_t kHeadBytes = 16, kTailBytes = 16, kChecksumBytes = 8;

template <typename T>
bool take(std::string_view bytes, std::size_t& at, T& value) {
  if (bytes.size() - at < sizeof(T)) return false;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  at += sizeof(T);
  return true;
}

/// Moves `at` over an entry up to its checksum. False when the entry does not fit into the bytes.
bool pass_entry(std::string_view bytes, std::size_t& at) {
  std::uint8_t kind = 0;
  std::uint32_t name_bytes = 0, extents = 0;
  if (!take(bytes, at, kind) || !take(bytes, at, name_bytes) || name_bytes > bytes.size() - at) return false;
  at += name_bytes;
  if (!take(bytes, at, extents)) return false;
  std::uint64_t value_bytes = kind == 3 ? 4 : kind == 2 || kind == 6 ? 1 : 8;
  for (std::uint32_t i = 0; i < extents; ++i) {
    std::uint64_t extent = 0;
    if (!take(bytes, at, extent) || __builtin_mul_overflow(value_bytes, extent, &value_bytes)) return false;
  }
  if (value_bytes > bytes.size() - at) return false;
  at += value_bytes;
  return bytes.size() - at >= kChecksumBytes;
}

std::string mended(std::string_view input) {
  std::string bytes(input);
  const auto mend = [&](std::size_t from, std::size_t at) {
    const std::uint64_t checksum = records::xxh3_64(records::bytes_of(std::string_view(bytes).substr(from, at - from)));
    std::memcpy(bytes.data() + at, &checksum, sizeof checksum);
  };
  if (bytes.size() < kHeadBytes + kTailBytes) return bytes;
  for (std::size_t start = kHeadBytes, at = start; at < bytes.size() - kTailBytes && pass_entry(bytes, at); start = at) {
    mend(start, at);
    at += kChecksumBytes;
  }
  mend(0, bytes.size() - kChecksumBytes);
  return bytes;
}

void read(fuzz::InputFile& file) {
  const records::Checkpoint checkpoint = records::parse_checkpoint(file.path());
  std::string again;
  records::serialise(checkpoint, [&](Bytes piece) { again.append(reinterpret_cast<const char*>(piece.data()), piece.size()); });
  file.set(again);
  fuzz::require(records::parse_checkpoint(file.path()) == checkpoint, "a checkpoint reads back as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file("c");
  const std::string_view input = fuzz::text_of(data, size);
  for (const std::string& bytes : {std::string(input), mended(input)}) {
    file.set(bytes);
    fuzz::reads_or_refuses([] { read(file); });
  }
  return 0;
}
