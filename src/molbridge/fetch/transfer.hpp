#pragma once
// One HTTP exchange: a GET, its head, its body piece by piece. Redirects, retries and files are the download's work. TLS
// certificates are always verified. Threads: any, one exchange per call.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/fetch/http_head.hpp"
#include "molbridge/fetch/url.hpp"

namespace molbridge::fetch {

struct TransferRequest {
  Url url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string proxy;                 ///< "" takes the environment's, "none" uses none
  double connect_timeout_seconds = 30;
  double stall_timeout_seconds = 60;  ///< without a byte for so long the exchange ends
};

/// Both may throw; the exchange then ends and the exception comes out of transfer().
struct TransferCalls {
  std::function<bool(const ResponseHead&)> on_head;  ///< false: the body is not wanted
  std::function<void(std::span<const std::byte>)> on_body;
};

struct TransferEnd {
  ResponseHead head;
  bool complete = false;  ///< the body came to its end, or was not wanted
  bool worth_a_retry = false;
  std::string problem;  ///< why it is not complete
};

/// Errors: kCancelled on an interrupt, and what the calls throw; a broken connection is a TransferEnd.
TransferEnd transfer(const TransferRequest& request, const TransferCalls& calls);

}  // namespace molbridge::fetch
