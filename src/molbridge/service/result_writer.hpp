#pragma once
// Results of an identification as TSV or JSON. Format page: docs/formats/results.md. Not thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::service {

enum class ResultFormat { kTsv, kJson };
/// "tsv", "json". Errors: kUsage.
ResultFormat parse_result_format(std::string_view text);

enum class QueryStatus { kRanked, kNoCandidates, kSkipped };
std::string_view name(QueryStatus status);

struct CandidateResult {
  std::uint64_t rank = 0;  ///< pessimistic
  double score = 0;        ///< cosine
  std::string adduct;      ///< under which the molecule is a candidate
  bank::MoleculeRecord molecule;
  std::optional<double>
      mass_error_ppm;  ///< measured precursor against the molecule's ion; none if the precursor is derived
};

struct QueryResult {
  std::uint64_t query_index = 0;  ///< position among all records of all inputs, from 0
  std::string query_id;
  std::string source;
  std::uint64_t line = 0;  ///< 0 where the format has no lines
  std::optional<double> precursor_mz;
  std::string adduct;  ///< "" where none is named and several were tried
  QueryStatus status = QueryStatus::kSkipped;
  std::vector<CandidateResult> candidates;
  std::uint64_t num_candidates = 0;
  std::string reason;  ///< why it was skipped or has no candidates, and what was assumed
};

/// How the results were made; written with them.
struct Provenance {
  std::string model_name, model_digest;
  std::string bank_folder, bank_digest;
  std::uint64_t bank_count = 0;
  std::vector<std::string> inputs;
  std::vector<std::pair<std::string, std::string>> options;  ///< resolved, as text
};

struct ResultTotals {
  std::uint64_t read = 0, ranked = 0, no_candidates = 0, skipped = 0, ms1 = 0;
};

/// Gives text; the caller owns where it goes. Equal results give equal bytes.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual std::string header() = 0;
  virtual std::string query(const QueryResult& result) = 0;
  virtual std::string footer(const ResultTotals& totals) = 0;
};

std::unique_ptr<ResultWriter> make_result_writer(ResultFormat format, const Provenance& provenance);

/// What stands beside a TSV: provenance and totals as JSON.
std::string run_record(const Provenance& provenance, const ResultTotals& totals);

}  // namespace molbridge::service
