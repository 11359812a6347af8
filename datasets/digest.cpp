#include "datasets/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "suite/records/digest.hpp"

namespace reprise::datasets {

std::string image_set_digest(const ImageSet& set) {
  records::Sha256 sha;
  sha.add(records::bytes_of(fmt::format("{} {} {} {} {}\n", set.channels, set.height, set.width, set.classes, set.count)));
  sha.add(std::as_bytes(std::span(set.pixels)));
  sha.add(std::as_bytes(std::span(set.labels)));
  return sha.finish_hex();
}

std::string order_free_digest(const ImageSet& set) {
  std::vector<std::array<std::byte, 32>> digests(static_cast<std::size_t>(set.count));
  records::Sha256 sha;
  for (std::int64_t i = 0; i < set.count; ++i) {
    const auto label = static_cast<std::byte>(set.labels[static_cast<std::size_t>(i)]);
    sha.add({&label, 1});
    sha.add(std::as_bytes(std::span(set.image(i), static_cast<std::size_t>(set.image_bytes()))));
    digests[static_cast<std::size_t>(i)] = sha.finish();
  }
  std::sort(digests.begin(), digests.end());
  return records::sha256_hex(std::as_bytes(std::span(digests)));
}

}  // namespace reprise::datasets
