#pragma once
// Use case: texts in, ranked molecules of a bank out; or molecules in, ranked texts out. Format page: docs/formats/results.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/retrieve/text_model.hpp"
#include "molbridge/service/bank_rows.hpp"
#include "molbridge/service/reason_tally.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

/// Texts that molecules are asked for. Equal texts stand once, under the id of the first.
struct TextGallery {
  std::string file, digest;  ///< SHA-256 of the texts
  std::vector<std::string> ids, texts;
  std::shared_ptr<const bank::MemoryTable> vectors;  ///< null where there is no text
  std::uint64_t read = 0;                            ///< equal ones, and those left out, included
  std::uint64_t left_out = 0;                        ///< empty, or without a vector
  std::uint64_t truncated = 0;
};

/// A model and what it ranks: molecules of a bank or texts. Threads: const use is safe.
struct SearchEngine {
  std::shared_ptr<const retrieve::TextModel> model;
  std::shared_ptr<const bank::Bank> bank;  ///< as the model sees it; null where texts are ranked
  TextGallery gallery;
};

struct SearchEngineOptions {
  std::string model;
  std::string bank;          ///< "": the default bank; not opened where texts are ranked
  std::string texts;         ///< file of texts to rank; "": molecules are ranked
  std::string text_column;   ///< of `texts`
  std::string text_encoder;  ///< where the frozen text encoder lies, if not where the model says
  std::string cache;         ///< root of the cache; "": as service/model_cache.hpp says
  std::size_t threads = 1;
};

/// Errors: kModel when model, bank or text encoder is missing, damaged, or they do not fit (both digests are named); kInput for `texts`.
SearchEngine open_search_engine(const SearchEngineOptions& options, Progress& progress);

/// Queries: texts where molecules are ranked, molecules (SMILES) where texts are.
struct SearchOptions {
  std::vector<std::string> queries;  ///< as arguments
  std::string input;                 ///< further ones from a file, see query_items.hpp; "": none
  std::string text_column;           ///< of `input`
  BankRestriction restriction;       ///< of the molecules ranked
  bool exclude_training = false;     ///< molecules that the model was trained on are no candidates
  std::uint64_t top_k = 10;
  ResultFormat format = ResultFormat::kTsv;
  std::string output = "-";  ///< file, "-" for standard output, "" for nowhere
  std::size_t threads = 1;   ///< results do not depend on it
};

struct SearchReport {
  ResultTotals totals;
  std::uint64_t truncated = 0;  ///< queries longer than the text encoder reads
  std::vector<ReasonGroup> skip_reasons;
  ResultLayout layout;
  std::vector<Answer> first;  ///< the first queries with their hits, for people
  double seconds = 0;
  double encode_seconds = 0;  ///< of these, for vectors of queries
  double rank_seconds = 0;    ///< of these, for ranking
  bool complete() const { return totals.skipped == 0; }

  static constexpr std::size_t kMaxFirst = 20;
};

/// A row for every query, in their order. With an output file in TSV, "<output>.run.json" says how it was made.
/// Errors: kUsage (options), kInput, kModel (text encoder), kOutput, kCancelled.
SearchReport search(const SearchEngine& engine, const SearchOptions& options, Progress& progress);

}  // namespace molbridge::service
