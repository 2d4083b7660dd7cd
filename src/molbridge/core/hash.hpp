#pragma once
// SHA-256, for digests of encoders, models and banks. Digests are written as lower-case hex.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace molbridge {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view text);
  void update(std::span<const std::byte> bytes);
  /// 64 hex digits; the object is spent afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view text);
std::string sha256_file(const std::string& path);
/// First 12 digits, for messages.
std::string short_digest(std::string_view digest);

}  // namespace molbridge
