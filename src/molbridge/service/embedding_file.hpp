#pragma once
// The files that `embed` leaves: vectors as safetensors, .npy or TSV. Private to the service. Format page: docs/formats/embeddings.md.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace molbridge::service {

enum class EmbeddingFormat { kSafetensors, kNpy, kTsv };
/// "safetensors", "npy", "tsv"; empty: by the ending of `output`, else TSV. Errors: kUsage.
EmbeddingFormat embedding_format(const std::string& format, const std::string& output);

struct EmbeddingParts {
  std::string rows_file;  ///< [N, D] float32, little-endian
  std::string ids_file;   ///< TSV with a header line; the id is the second column
  std::uint64_t rows = 0, width = 0;
  std::map<std::string, std::string> metadata;  ///< of a safetensors file
};

/// Atomic; streams. Errors: kOutput.
void write_embeddings(const std::string& output, EmbeddingFormat format, const EmbeddingParts& parts);

/// "id\te0\te1...\n"
std::string embedding_tsv_header(std::uint64_t width);
/// Numbers as the shortest text that reads back as the same float32; NaN as "nan".
std::string embedding_tsv_row(std::string_view id, std::span<const float> row);

}  // namespace molbridge::service
