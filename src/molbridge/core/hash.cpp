#include "molbridge/core/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>

#include "molbridge/core/files.hpp"

namespace molbridge {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  MOLBRIDGE_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "EVP_DigestInit_ex");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view text) {
  MOLBRIDGE_CHECK(EVP_DigestUpdate(state_->context, text.data(), text.size()) == 1, "EVP_DigestUpdate");
}

void Sha256::update(std::span<const std::byte> bytes) {
  update(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  MOLBRIDGE_CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1, "EVP_DigestFinal_ex");
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out.push_back(kHex[digest[i] >> 4]);
    out.push_back(kHex[digest[i] & 15]);
  }
  return out;
}

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

std::string sha256_file(const std::string& path) {
  // Through a small buffer: a map of the file would count as memory used.
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file || !file_exists(path)) MappedFile::open(path);  // throws with the reason
  Sha256 hash;
  std::string block(kBlock, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad() || !file.eof()) throw Error(ErrorCode::kInput, "cannot be read to its end").in_file(path);
  return hash.finish();
}

std::string short_digest(std::string_view digest) { return std::string(digest.substr(0, 12)); }

}  // namespace molbridge
