#include "datasets/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "suite/errors.hpp"

namespace reprise::datasets {

static_assert(std::endian::native == std::endian::little, "labels are hashed as they lie in memory");

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  ~Context() {
    EVP_MD_CTX_free(evp);
    EVP_MD_free(algorithm);
  }
  void start() {
    if (evp == nullptr || algorithm == nullptr || EVP_DigestInit_ex(evp, algorithm, nullptr) != 1)
      throw RunError({"SHA-256", "a digest context from OpenSSL", "none", "Check the OpenSSL installation."});
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  context_->start();
}
Sha256::~Sha256() = default;

void Sha256::update(const void* bytes, std::size_t count) {
  EVP_DigestUpdate(context_->evp, bytes, count);
}

std::array<std::uint8_t, 32> Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr);
  context_->start();
  return digest;
}

std::string Sha256::finish_hex() {
  return hex(finish());
}

std::string hex(const std::array<std::uint8_t, 32>& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256_hex(const void* bytes, std::size_t count) {
  Sha256 sha;
  sha.update(bytes, count);
  return sha.finish_hex();
}

std::string image_set_digest(const ImageSet& set) {
  Sha256 sha;
  const std::string shape = fmt::format("{} {} {} {} {}\n", set.channels, set.height, set.width, set.classes, set.count);
  sha.update(shape.data(), shape.size());
  sha.update(set.pixels.data(), set.pixels.size());
  sha.update(set.labels.data(), set.labels.size() * sizeof(std::int32_t));
  return sha.finish_hex();
}

std::string order_free_digest(const ImageSet& set) {
  std::vector<std::array<std::uint8_t, 32>> digests(static_cast<std::size_t>(set.count));
  Sha256 sha;
  for (std::int64_t i = 0; i < set.count; ++i) {
    const auto label = static_cast<std::uint8_t>(set.labels[static_cast<std::size_t>(i)]);
    sha.update(&label, 1);
    sha.update(set.image(i), static_cast<std::size_t>(set.image_bytes()));
    digests[static_cast<std::size_t>(i)] = sha.finish();
  }
  std::sort(digests.begin(), digests.end());
  return sha256_hex(digests.data(), digests.size() * 32);
}

}  // namespace reprise::datasets
