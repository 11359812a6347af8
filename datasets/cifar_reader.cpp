#include "datasets/cifar_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

constexpr std::size_t kPixels = 3 * 32 * 32;
constexpr std::size_t kRecordsPerRead = 1000;

}  // namespace

std::string append_cifar(const std::filesystem::path& path, CifarKind kind, const std::string& fix, ImageSet& set) {
  const std::size_t label_bytes = kind == CifarKind::cifar10 ? 1 : 2;
  const int label_bounds[2] = {kind == CifarKind::cifar10 ? 10 : 20, 100};  // coarse labels of CIFAR-100: 20
  const std::size_t record_bytes = label_bytes + kPixels;
  std::size_t offset = 0;
  const auto fail = [&](std::size_t at, const std::string& expected, const std::string& found) {
    throw InputError({fmt::format("{} at byte {}", path.string(), at), expected, found, fix});
  };

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  const std::size_t records_at_once = ignored ? kRecordsPerRead : std::min<std::size_t>(kRecordsPerRead, size / record_bytes + 1);
  if (!ignored) {
    set.pixels.reserve(set.pixels.size() + size / record_bytes * kPixels);
    set.labels.reserve(set.labels.size() + size / record_bytes);
  }

  records::Sha256 sha;
  std::vector<std::uint8_t> block(records_at_once * record_bytes);
  for (std::size_t read = block.size(); read == block.size();) {
    read = std::fread(block.data(), 1, block.size(), file.get());
    if (std::ferror(file.get()) != 0) fail(offset + read, "more bytes", std::strerror(errno));
    sha.add(std::as_bytes(std::span(block.data(), read)));
    const std::size_t records = read / record_bytes;
    for (std::size_t i = 0; i < records; ++i) {
      const std::uint8_t* record = block.data() + i * record_bytes;
      for (std::size_t j = 0; j < label_bytes; ++j)
        if (record[j] >= label_bounds[j])
          fail(offset + i * record_bytes + j, fmt::format("a label below {}", label_bounds[j]), fmt::format("{}", record[j]));
      set.labels.push_back(record[label_bytes - 1]);
      set.pixels.insert(set.pixels.end(), record + label_bytes, record + record_bytes);
    }
    if (read % record_bytes != 0)
      fail(offset + records * record_bytes, fmt::format("a record of {} bytes", record_bytes),
           fmt::format("{} byte(s) and the end of the file", read % record_bytes));
    offset += read;
  }
  if (offset == 0) fail(0, fmt::format("records of {} bytes", record_bytes), "an empty file");
  set.count += static_cast<std::int64_t>(offset / record_bytes);
  return sha.finish_hex();
}

}  // namespace reprise::datasets
