#pragma once
// Fetches one file over HTTP(S), so that what stands at its path is either what stood there before or the whole, verified file.
// What has come so far lies in "<path>.part", and the next call goes on from there. What is believed of the server: nothing but
// bytes that match the size and the SHA-256, where the caller knows them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"

namespace molbridge::fetch {

struct DownloadRequest {
  std::string url;
  std::string path;  ///< its folder must exist
  std::optional<std::uint64_t> size;
  std::optional<std::string> sha256;
  std::uint64_t max_bytes = std::uint64_t{64} << 30;  ///< never more, when the size is not known
  std::string token;  ///< sent as bearer token to the scheme, host and port of `url`, and to no other
  std::string proxy;  ///< "" takes the environment's (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), "none" uses none
  double connect_timeout_seconds = 30;
  double stall_timeout_seconds = 60;
  int attempts = 5;               ///< in a row without progress
  double retry_wait_seconds = 1;  ///< doubled from attempt to attempt, at most 30
};

struct DownloadReport {
  std::uint64_t size = 0;
  std::string sha256;              ///< of the bytes as they lie on the disk
  std::uint64_t resumed_from = 0;  ///< bytes that an earlier run had left
  std::vector<std::string> notes;  ///< what went otherwise than hoped, a line each
};

/// Errors: kInput when the server has not got the file, does not give it, or gives another; kOutput when it cannot be written;
/// kCancelled. Messages say what was expected and what came. Threads: any, one call per path.
DownloadReport download(const DownloadRequest& request, Progress& progress);

}  // namespace molbridge::fetch
