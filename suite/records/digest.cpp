#include "suite/records/digest.hpp"

#define XXH_INLINE_ALL  // the header alone: no library to link, and vector code for the -march of this build
#include <openssl/evp.h>
#include <xxhash.h>

#include <bit>

#include "suite/errors.hpp"

static_assert(std::endian::native == std::endian::little, "files and digests take numbers as they lie in memory");

namespace reprise::records {

std::string hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15u];
  }
  return text;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    throw RunError({"SHA-256", "OpenSSL to provide it", "an error", "Check the installation of OpenSSL (libssl3)."});
  }
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(Bytes bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) throw RunError("SHA-256: OpenSSL failed to take bytes");
}

std::array<std::byte, 32> Sha256::finish() {
  std::array<std::byte, 32> digest{};
  if (EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()), nullptr) != 1 ||
      EVP_DigestInit_ex(state_->context, nullptr, nullptr) != 1) {
    throw RunError("SHA-256: OpenSSL failed to finish");
  }
  return digest;
}

std::string Sha256::finish_hex() {
  return hex(finish());
}

std::string sha256_hex(Bytes bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.finish_hex();
}

std::string sha256_hex(std::string_view text) {
  return sha256_hex(bytes_of(text));
}

struct Xxh3::State {
  alignas(64) XXH3_state_t xxh3;
  Width width;
};

Xxh3::Xxh3(Width width) : state_(std::make_unique<State>()) {
  state_->width = width;
  if (width == Width::bits64) {
    XXH3_64bits_reset(&state_->xxh3);
  } else {
    XXH3_128bits_reset(&state_->xxh3);
  }
}
Xxh3::~Xxh3() = default;
Xxh3::Xxh3(Xxh3&&) noexcept = default;
Xxh3& Xxh3::operator=(Xxh3&&) noexcept = default;

void Xxh3::add(Bytes bytes) {
  if (bytes.empty()) return;
  if (state_->width == Width::bits64) {
    XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size());
  } else {
    XXH3_128bits_update(&state_->xxh3, bytes.data(), bytes.size());
  }
}

std::uint64_t Xxh3::finish64() {
  return XXH3_64bits_digest(&state_->xxh3);
}

std::string Xxh3::finish_hex() {
  if (state_->width == Width::bits64) {
    XXH64_canonical_t canonical;
    XXH64_canonicalFromHash(&canonical, finish64());
    return hex(std::as_bytes(std::span(canonical.digest)));
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh3));
  return hex(std::as_bytes(std::span(canonical.digest)));
}

std::string xxh3_hex(Bytes bytes) {
  Xxh3 digest(Xxh3::Width::bits128);
  digest.add(bytes);
  return digest.finish_hex();
}

std::uint64_t xxh3_64(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace reprise::records
