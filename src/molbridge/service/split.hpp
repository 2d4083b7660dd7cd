#pragma once
// Use cases: molecules with their spectra parted into folds that share nothing of a kind, and the check of folds that exist.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/split.hpp"
#include "molbridge/service/reason_tally.hpp"

namespace molbridge::service {

struct SplitOptions {
  std::vector<std::string> inputs;  ///< spectra or structure files
  std::string kind = "auto";        ///< "spectra", "molecules", "auto"
  std::string smiles_column;
  std::string by;                      ///< a name of eval::SplitBy
  std::string shares = "0.8,0.1,0.1";  ///< of the molecules: train, val, test; two: train, test
  std::uint64_t seed = 1;
  double mces_cut = 10;
  std::string output = "-";  ///< TSV: id, inchikey14, fold, group, smiles, file, line, reason
  std::string write_prefix;  ///< "data/split": data/split.train.mgf, ... (.tsv for structures); empty: none
  std::size_t threads = 1;
};

struct FoldCount {
  std::string fold;
  std::uint64_t records = 0;
  std::uint64_t molecules = 0;
  std::uint64_t groups = 0;
};

struct SplitReport {
  std::uint64_t records = 0;
  std::uint64_t without_fold = 0;  ///< no usable structure; their row says why
  std::vector<FoldCount> folds;
  std::uint64_t groups = 0;
  std::uint64_t largest_group = 0;  ///< molecules
  std::uint64_t undecided = 0;      ///< pairs that the MCES search could not decide and that stay together
  std::vector<ReasonGroup> reasons;
  std::vector<std::string> files;  ///< written by fold
};

/// Every record gets a row, in the order of the inputs; one without usable structure has no fold. What the split promises is checked on the
/// result by comparing all molecules anew; a breach is kInternal. Same inputs, options and seed: same bytes, whatever the threads.
/// Errors: kUsage, kInput, kOutput, kCancelled; kInput when no record has a usable structure.
SplitReport split(const SplitOptions& options, Progress& progress);

struct SplitCheckOptions {
  std::vector<std::string> inputs;  ///< each file a fold; a single one: folds by its field or column `fold_column`
  std::string kind = "auto";
  std::string smiles_column;
  std::string fold_column = "fold";
  std::string by;  ///< empty: all kinds
  double mces_cut = 10;
  std::string output = "-";  ///< TSV: kind, disjoint, shared, of what, first offender
  std::size_t threads = 1;
};

struct SplitCheckRow {
  eval::SplitBy by = eval::SplitBy::kInchikey;
  std::uint64_t shared =
      0;  ///< keys in more than one fold; for MCES, molecules of smaller folds below the cut from a larger fold
  std::string offender;  ///< the first, in words
};

struct SplitCheckReport {
  std::vector<FoldCount> folds;  ///< groups stay 0
  std::uint64_t without_structure = 0;
  std::uint64_t without_fold = 0;
  std::vector<SplitCheckRow> rows;
  bool disjoint() const;
};

/// Errors: kUsage (fewer than two folds), kInput, kOutput, kCancelled.
SplitCheckReport check_split(const SplitCheckOptions& options, Progress& progress);

}  // namespace molbridge::service
