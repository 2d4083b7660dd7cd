#pragma once
// Use case: fetch a published model into the cache, or a folder. The only use case that reaches out over the network.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/model_registry.hpp"

namespace molbridge::service {

struct ModelPullOptions {
  std::string name;
  std::vector<std::string> registries;  ///< besides the shipped one
  std::string cache;                    ///< see cache_root()
  std::string output;                   ///< folder instead of the cache's
  bool offline = false;                 ///< check what is there, fetch nothing
  std::string proxy;                    ///< "" takes the environment's, "none" uses none
  double connect_timeout_seconds = 30;
  double stall_timeout_seconds = 60;
  std::uint64_t attempts = 5;
  double retry_wait_seconds = 1;
  std::uint64_t max_bytes = std::uint64_t{64} << 30;  ///< of a file whose size nobody states
};

struct ModelPullReport {
  RegistryEntry entry;
  std::string folder;
  std::uint64_t fetched_files = 0;
  std::uint64_t fetched_bytes = 0;
  std::uint64_t present_files = 0;      ///< were there and right
  std::vector<std::string> unverified;  ///< files that no published checksum covers
  double seconds = 0;
};

/// Two pulls of one model wait for each other. HF_TOKEN goes to huggingface.co alone, or to HF_ENDPOINT, which also replaces
/// it in addresses. Errors: kModel for an unknown name and for files missing offline; kInput and kOutput as
/// fetch::download() says, kInput for a file that differs from its checksum or from an earlier pull; kCancelled.
ModelPullReport pull_model(const ModelPullOptions& options, Progress& progress,
                           const std::function<void(const std::string&)>& say);

}  // namespace molbridge::service
