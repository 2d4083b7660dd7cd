#pragma once
// What makes two `embed` runs the same job, so that the second may continue the first; and what its output says of itself. Private to the
// service.

#include <map>
#include <string>

#include "molbridge/service/embed.hpp"
#include "molbridge/service/embedder.hpp"

namespace molbridge::service {

/// Model, digest, version and options that decide the rows, as texts. No paths and no threads: equal runs give equal bytes.
std::map<std::string, std::string> embed_metadata(const EmbedOptions& options, const Embedder& embedder,
                                                  const std::string& digest);

/// SHA-256 of the metadata and of the inputs: files by content, a folder by the names and contents below it. Cost: reads every input once.
/// Errors: kCancelled.
std::string embed_job_digest(const EmbedOptions& options, const std::map<std::string, std::string>& metadata);

}  // namespace molbridge::service
