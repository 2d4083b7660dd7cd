#pragma once
// Addresses of files: http and https only, no user names in them. Values only, thread-safe.

#include <string>
#include <string_view>

#include "molbridge/core/result.hpp"

namespace molbridge::fetch {

struct Url {
  std::string text;    ///< normalised, whole
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case
  int port = 0;

  /// Scheme, host and port: what decides whether a token may be sent.
  std::string origin() const { return scheme + "://" + host + ":" + std::to_string(port); }
  /// For messages: without query, which may hold a signature.
  std::string shown() const { return text.substr(0, text.find_first_of("?#")); }
  /// This very machine: an address 127.x.y.z, ::1, or localhost.
  bool is_loopback() const;
};

Result<Url> parse_url(std::string_view text);
/// `location` of a redirect, which may be relative.
Result<Url> resolve_url(const Url& base, std::string_view location);

}  // namespace molbridge::fetch
