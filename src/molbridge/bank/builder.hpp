#pragma once
// Builds a bank from already standardised, already embedded molecules. Knows nothing of what made the vectors.
//
// Rows may come in any order; they are spilled to sorted runs on disk and merged by (mass, InChIKey first block, SMILES), so memory is
// bounded by `memory_budget`. Everything is written below "<folder>.partial" and renamed at the end, so a kill leaves the old
// bank, or a partial build that the next run with the same job digest continues after its last checkpoint.
// Not thread-safe.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::bank {

struct BuildOptions {
  std::string encoder;
  std::string encoder_digest;
  std::uint64_t width = 0;
  Dtype dtype = Dtype::kFloat32;
  std::vector<std::string> sources;
  std::string toolkit;
  std::string job_digest;  ///< of inputs and options; a partial build of another job is not continued
  std::uint64_t memory_budget = std::uint64_t{1} << 30;  ///< bytes of rows held before a run is spilled
};

/// What a partial build had already taken in when it was cut off.
struct ResumePoint {
  std::uint64_t input_rows = 0;  ///< rows of the input stream that are safe; skip as many
  std::uint64_t parsed = 0;
  std::uint64_t rejected = 0;
};

struct BuildReport {
  std::uint64_t added = 0;
  std::uint64_t merged = 0;  ///< same InChIKey first block and formula as a row that came before it: the first one stays
  std::uint64_t written = 0;
};

class BankBuilder {
 public:
  /// Opens or continues "<folder>.partial". With `resume` false an existing partial build is removed.
  static std::unique_ptr<BankBuilder> create(const std::string& folder, const BuildOptions& options, bool resume);
  virtual ~BankBuilder() = default;

  virtual ResumePoint resume_point() const = 0;
  /// Adds one molecule. `packed_bits` for kBits ([D/8] bytes), otherwise `embedding` [D] float32.
  virtual void add(const MoleculeRecord& record, std::span<const float> embedding) = 0;
  virtual void add_bits(const MoleculeRecord& record, std::span<const std::uint8_t> packed_bits) = 0;
  /// Makes everything added so far safe against a kill. `point` is what resume_point() will say.
  virtual void checkpoint(const ResumePoint& point) = 0;
  /// Merges, writes, renames. Errors: kOutput; the old bank stays until the new one is whole.
  virtual BuildReport finish() = 0;
};

}  // namespace molbridge::bank
