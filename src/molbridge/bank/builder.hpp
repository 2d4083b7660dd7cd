#pragma once
// Builds a bank from already standardised, already embedded molecules. Knows nothing of what made the vectors.
//
// Rows may come in any order; they are spilled to sorted runs on disk and merged by (mass, InChIKey first block,
// SMILES), so memory is bounded by `memory_budget`. Everything is written below "<folder>.partial" and renamed at the
// end, so a kill leaves the old bank, or a partial build that the next run with the same job digest continues after its
// last checkpoint.
// Not thread-safe.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/progress.hpp"

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
  /// Rows of the same InChIKey first block and formula as a row that came before them: the first one stays.
  std::uint64_t merged = 0;
  std::uint64_t written = 0;
};

class BankBuilder {
 public:
  /// Opens or continues "<folder>.partial". With `resume` false an existing partial build is removed, as is one of
  /// another job or a damaged one; resume_point() then says 0.
  /// Errors: kUsage for a width that the dtype cannot hold; kOutput when the folder cannot be written, is a file, is no
  /// bank, holds files that are not a bank's (rejected.tsv may stand there), or another process is building it.
  static std::unique_ptr<BankBuilder> create(const std::string& folder, const BuildOptions& options, bool resume);
  virtual ~BankBuilder() = default;

  virtual ResumePoint resume_point() const = 0;
  /// Adds one molecule. `packed_bits` for kBits ([D/8] bytes), otherwise `embedding` [D] float32. Requires a finite
  /// mass and finite components (for kFloat16: below 65520).
  /// Errors: kOutput when a run cannot be spilled; the builder is then of no more use.
  virtual void add(const MoleculeRecord& record, std::span<const float> embedding) = 0;
  virtual void add_bits(const MoleculeRecord& record, std::span<const std::uint8_t> packed_bits) = 0;
  /// Makes everything added so far safe against a kill. `point` is what resume_point() will say.
  /// Call it before finish() too, so that a kill while merging costs no input.
  /// Cost: writes the rows added since the last one once more, and a few fsyncs.
  virtual void checkpoint(const ResumePoint& point) = 0;
  /// Merges, writes, renames; nothing may follow. The counts include rows of the build that was continued.
  /// Errors: kOutput; the old bank stays until the new one is whole. kCancelled on Ctrl-C. The partial build can be
  /// continued after both.
  virtual BuildReport finish(Progress& progress = no_progress()) = 0;
};

}  // namespace molbridge::bank
