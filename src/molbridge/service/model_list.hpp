#pragma once
// Use case: which models are here, and which can be fetched.

#include <cstdint>
#include <string>
#include <vector>

namespace molbridge::service {

struct ModelListOptions {
  std::vector<std::string> registries;
  std::string cache;
};

enum class ModelState {
  kShipped,   ///< travels with molbridge, ready for use
  kReady,     ///< an imported model in the cache
  kPulled,    ///< all its files are in the cache, with the sizes they should have
  kPartial,   ///< some of them are
  kNotPulled  ///< known to the registry only
};

struct ListedModel {
  std::string name, kind, description, licence, source;
  ModelState state = ModelState::kNotPulled;
  std::string folder;      ///< "" when it is not here
  std::uint64_t size = 0;  ///< of the files whose size is known
  bool size_known = true;  ///< of all of them
  std::uint64_t bytes_here = 0;
  std::vector<std::string> parts;  ///< of a model of two stages: "bridge: fingerprint-ffn"
  std::string problem;             ///< why it could not be read
};

struct ModelList {
  std::string cache;
  std::vector<ListedModel> models;
};

/// Looks at sizes and records only; molbridge model pull verifies checksums. Errors: kModel for a broken registry.
ModelList list_models(const ModelListOptions& options);
std::string to_text(const ModelList& list);
std::string to_json(const ModelList& list);
/// "612 B", "90.9 MB", "1.24 GB".
std::string format_size(std::uint64_t bytes);

}  // namespace molbridge::service
