#pragma once
// Use cases: pairs of molecules and texts described, imported, and a model measured on them. docs/pairs.md.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/corpus/pairs.hpp"
#include "molbridge/service/pair_evaluation.hpp"
#include "molbridge/service/reason_tally.hpp"

namespace molbridge::service {

/// What a reading left behind, for people.
struct PairReadingReport {
  std::uint64_t rows = 0;
  std::uint64_t pairs = 0;
  std::uint64_t skipped = 0;
  std::uint64_t other_folds = 0;
  std::uint64_t left_out = 0;  ///< by reading.where
  corpus::Occurrences not_utf8, key_mismatch;
  std::vector<ReasonGroup> skip_reasons;
};
PairReadingReport describe_reading(const corpus::PairTable& table);

struct PairsInfoOptions {
  std::string pairs;
  corpus::PairReadOptions reading;
  std::string fold;  ///< column of the folds, or COLUMN=VALUE for the rows of one
  std::size_t threads = 1;
};

struct PairsInfoReport {
  PairReadingReport reading;
  std::string text_column, target_column, fold_column, name_column;
  std::uint64_t molecules = 0, texts = 0, targets = 0, scaffolds = 0;
  std::uint64_t shared_text_rows = 0;                   ///< rows whose very text another molecule has, too
  std::uint64_t largest_text = 0;                       ///< molecules of one text
  std::uint64_t largest_target = 0;                     ///< molecules of one target
  std::uint64_t shortest = 0, median = 0, longest = 0;  ///< bytes of a text
  std::uint64_t named = 0;                              ///< rows with a name at hand
  corpus::Occurrences own_name_left;                    ///< of these, texts that still hold it
  std::vector<std::pair<std::string, std::uint64_t>> folds, licences;  ///< rows of each
  /// Molecules, scaffolds, targets and texts that stand in more than one fold.
  std::uint64_t molecules_in_folds = 0, scaffolds_in_folds = 0, targets_in_folds = 0, texts_in_folds = 0;
};

/// Errors: as corpus::read_pairs().
PairsInfoReport describe_pairs(const PairsInfoOptions& options, Progress& progress);
std::string to_text(const PairsInfoReport& report);
std::string to_json(const PairsInfoReport& report);

struct PairsEvaluateOptions {
  std::string pairs;
  std::string model;  ///< folder; "": baselines alone
  corpus::PairReadOptions reading;
  std::string fold;              ///< of the queries, COLUMN=VALUE; "": all rows
  std::string gallery = "fold";  ///< or "all": what all rows of the file name
  std::string decoys;            ///< bank that molecules are added from
  std::uint64_t num_decoys = 0;
  std::vector<std::string> baselines;  ///< popularity, nearest, shuffled (needs a model)
  std::string train;                   ///< pairs of the baselines; "": `pairs`
  std::string train_fold = "train";    ///< of `train`, "COLUMN=VALUE" or a value of the column of the queries' fold
  std::string text_encoder;  ///< of the model, where it lies elsewhere; and of "nearest", "": tfidf of its texts
  std::string cache;         ///< root of the cache of vectors
  std::string output = "-";  ///< JSON
  std::string per_query;     ///< TSV; "": none
  std::uint64_t seed = 1;    ///< of the bootstrap, the decoys and the shuffling
  int resamples = 10000;
  std::size_t threads = 1;
};

struct PairScorerReport {
  std::string name, digest, description;
  std::uint64_t truncated = 0;
  std::vector<ReasonGroup> skip_reasons;  ///< texts without scores
  std::vector<PairMeasure> measures;
};

struct PairsEvaluateReport {
  PairReadingReport reading;
  std::string text_column, fold_column, fold, target_column;
  std::uint64_t queries = 0, gallery_molecules = 0, gallery_texts = 0, decoys = 0;
  std::uint64_t training_pairs = 0;       ///< of the baselines
  std::uint64_t training_overlap = 0;     ///< queries whose very pair is among them
  std::uint64_t queries_in_training = 0;  ///< queries whose molecule the model was trained on
  std::vector<PairScorerReport> scorers;
};

/// Writes the report and the queries. Errors: kUsage (contradictory options), kInput, kModel, kOutput, kCancelled.
PairsEvaluateReport evaluate_pairs(const PairsEvaluateOptions& options, Progress& progress);

struct PairsImportOptions {
  std::vector<std::string> mechanisms, molecules, targets;  ///< files; several pages each
  std::string output = "-";                                 ///< TSV
  std::size_t threads = 1;
};

struct PairsImportReport {
  std::uint64_t rows = 0;     ///< of mechanisms
  std::uint64_t written = 0;  ///< pairs
  std::uint64_t merged = 0;   ///< rows that went into the pair of another one
  std::uint64_t masked = 0;   ///< pairs whose text held a name of its drug
  std::uint64_t molecules = 0, targets = 0;
  std::vector<ReasonGroup> skipped;
  std::uint64_t num_skipped = 0;
};

/// Errors: kUsage, kInput, kOutput, kCancelled; kInput when nothing is left.
PairsImportReport import_pairs(const PairsImportOptions& options, Progress& progress);

}  // namespace molbridge::service
