#pragma once
// Protein sequences of a FASTA file, plain, .gz or standard input. Format page: docs/formats/embeddings.md.
//
// A record begins at a line that starts with '>'; its id is the header up to the first blank. Memory: one record. Not thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/result.hpp"

namespace molbridge::encoders {

struct ProteinRecord {
  std::string id;
  std::uint64_t line = 0;  ///< of the header, from 1
  std::string sequence;    ///< upper case residues; "" with a reason
  std::string reason;      ///< why it is no sequence; "" when it is one
};

/// Letters in upper case, white space and one '*' at the end (the stop codon) taken off. Failure: empty, a letter that is no residue
/// (its position is told), a '*' within. Residues: the 20 usual ones, B Z X U O J, and '-' and '.' of alignments, which are taken out.
Result<std::string> clean_protein(std::string_view sequence);

class FastaReader {
 public:
  /// Records of more residues are given with a reason: no protein is that long, a genome is.
  static constexpr std::size_t kMaxResidues = 1'000'000;

  /// Errors: kInput when the first line that is not blank does not start with '>' or ';'.
  explicit FastaReader(std::unique_ptr<LineSource> lines);
  /// Errors: kInput for a broken gzip, after all records before the break.
  std::optional<ProteinRecord> next();
  std::uint64_t bytes_read() const { return lines_->bytes_read(); }

 private:
  bool next_line();
  std::unique_ptr<LineSource> lines_;
  std::string line_;
  bool has_line_ = false;  ///< line_ is a header that waits
};

/// True when the text can only be FASTA: its first line that is not blank starts with '>'.
bool looks_like_fasta(std::string_view head);

}  // namespace molbridge::encoders
