#pragma once
// bank.toml: what a bank folder says of itself. Private to the bank; users see Manifest. Format: docs/formats/bank.md.

#include <cstdint>
#include <string>
#include <string_view>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/safetensors_file.hpp"

namespace molbridge::bank {

inline constexpr std::int64_t kFormatVersion = 1;
inline constexpr std::string_view kManifestFile = "bank.toml";
inline constexpr std::string_view kEmbeddingsFile = "embeddings.safetensors";
inline constexpr std::string_view kMassesFile = "masses.safetensors";
inline constexpr std::string_view kRecordsFile = "records.sqlite";
inline constexpr std::string_view kRejectedFile = "rejected.tsv";

inline constexpr std::uint64_t kLargestWidth = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kLargestCount = std::uint64_t{1} << 40;

struct FileDigest {
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct StoredManifest {
  Manifest manifest;
  FileDigest embeddings;
  FileDigest masses;
  FileDigest records;
};

/// Path of a file of the bank.
std::string bank_file(const std::string& folder, std::string_view file);

/// The tensors that a bank of this manifest must hold.
TensorInfo embeddings_tensor(const Manifest& manifest);
TensorInfo masses_tensor(const Manifest& manifest);

/// Identity of the bank: everything in the manifest but itself.
std::string manifest_digest(const StoredManifest& stored);

/// TOML; texts that are not UTF-8 are made so. The digest is filled in.
std::string write_manifest(StoredManifest& stored);
/// Errors: kModel with file and line: syntax, missing or unknown keys, ranges, newer version, digest that does not
/// match.
StoredManifest parse_manifest(std::string_view text, const std::string& file);
StoredManifest read_manifest(const std::string& folder);

/// Errors: kUsage when the width cannot be stored with this dtype.
void check_shape(Dtype dtype, std::uint64_t width);

}  // namespace molbridge::bank
