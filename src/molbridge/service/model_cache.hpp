#pragma once
// Where fetched models are kept, and the record of what was fetched: "pulled.toml" in each model's folder. Format page:
// docs/models.md.

#include <cstdint>
#include <string>
#include <vector>

namespace molbridge::service {

inline constexpr const char* kPullRecord = "pulled.toml";

/// `given` (flag or MOLBRIDGE_CACHE), else $XDG_CACHE_HOME/molbridge, else ~/.cache/molbridge. Errors: kUsage when none is set.
std::string cache_root(const std::string& given);
/// Where what frozen encoders computed is kept between runs, "<root>/vectors"; may be deleted at any time. "" (kept nowhere) when no root is known.
std::string vector_cache_folder(const std::string& given);
/// "<root>/models/NAME".
std::string cached_model_folder(const std::string& root, const std::string& name);

/// A file as it was when it was fetched, or found in place by hand.
struct PulledFile {
  std::string name, url, sha256, date;  ///< date in UTC, "2026-01-31T12:00:00Z"
  std::uint64_t size = 0;
  bool verified = false;  ///< against a published checksum; otherwise this record is what later pulls go by
};

struct PulledModel {
  std::string name;
  std::string licence;
  std::vector<PulledFile> files;

  const PulledFile* find(const std::string& file) const;
  void put(PulledFile file);  ///< replaces the one of its name
};

/// Empty when there is no record. Errors: kModel when it is damaged.
PulledModel read_pulled(const std::string& folder);
void write_pulled(const std::string& folder, const PulledModel& pulled);
std::string utc_now();

}  // namespace molbridge::service
