#include "molbridge/fetch/url.hpp"

#include <curl/curl.h>

#include <memory>

#include "molbridge/core/text.hpp"

namespace molbridge::fetch {
namespace {

constexpr std::size_t kMaxUrl = 8192;

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, UrlDeleter>;

/// "" when the part is absent.
std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

bool set_url(CURLU* url, std::string_view text) {
  constexpr unsigned kNoGuess = 0;
  return text.find('\0') == std::string_view::npos &&
         curl_url_set(url, CURLUPART_URL, std::string(text).c_str(), kNoGuess) == CURLUE_OK;
}

Result<Url> checked(CURLU* url, std::string_view given) {
  Url out;
  out.text = part_of(url, CURLUPART_URL);
  out.scheme = to_lower(part_of(url, CURLUPART_SCHEME));
  out.host = to_lower(part_of(url, CURLUPART_HOST));
  out.port = static_cast<int>(parse_int(part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT)).value_or(0));
  const std::string quoted = "\"" + valid_utf8(given.substr(0, given.find_first_of("?#")).substr(0, 200)) + "\"";
  if (out.scheme != "http" && out.scheme != "https") return Failure{quoted + " is no http or https address"};
  if (out.host.empty() || out.port <= 0) return Failure{quoted + " names no host"};
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty()) {
    return Failure{"an address must not hold a user name or password"};
  }
  return out;
}

}  // namespace

bool Url::is_loopback() const {
  const bool digits = host.find_first_not_of("0123456789.") == std::string::npos;  // "127.0.0.1.example.org" is a name
  return host == "localhost" || host == "[::1]" || (digits && host.starts_with("127."));
}

Result<Url> parse_url(std::string_view text) {
  const CurlUrl url(curl_url());
  if (text.size() > kMaxUrl || !set_url(url.get(), text)) {
    return Failure{"\"" + valid_utf8(text.substr(0, 200)) + "\" is no address"};
  }
  return checked(url.get(), text);
}

Result<Url> resolve_url(const Url& base, std::string_view location) {
  const CurlUrl url(curl_url());
  if (location.empty() || location.size() > kMaxUrl || !set_url(url.get(), base.text) ||
      !set_url(url.get(), location)) {
    return Failure{"\"" + valid_utf8(location.substr(0, 200)) + "\" is no address"};
  }
  return checked(url.get(), location);
}

}  // namespace molbridge::fetch
