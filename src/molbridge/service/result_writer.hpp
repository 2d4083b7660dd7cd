#pragma once
// Ranked lists as TSV or JSON, whatever was asked (spectra, texts, molecules, nodes of a graph) and whatever is ranked. A layout names the
// columns; identify's is given here. Format page: docs/formats/results.md. Not thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/rerank/reranker.hpp"

namespace molbridge::service {

enum class ResultFormat { kTsv, kJson };
/// "tsv", "json". Errors: kUsage.
ResultFormat parse_result_format(std::string_view text);

enum class QueryStatus { kRanked, kNoCandidates, kSkipped };
std::string_view name(QueryStatus status);

/// A value in its column. A number is a number in JSON, with the digits of its text; nothing is an empty cell, and null in JSON.
struct ResultField {
  enum class Kind { kNothing, kText, kNumber, kCount, kFlag };
  Kind kind = Kind::kNothing;
  std::string text;

  static ResultField of(std::string_view text) { return {Kind::kText, std::string(text)}; }
  static ResultField number(std::string text) { return {Kind::kNumber, std::move(text)}; }
  static ResultField count(std::uint64_t value) { return {Kind::kCount, std::to_string(value)}; }
  static ResultField flag(bool value) { return {Kind::kFlag, value ? "yes" : "no"}; }
};

/// Columns that a kind of result has besides those that all have: query_index, query_id, [its own], status, rank, score, [of the hit],
/// num_candidates, reason. A column of both stands in a TSV once: a hit's value takes the place of the query's.
struct ResultLayout {
  std::vector<std::string> query_columns;
  std::vector<std::string> hit_columns;
};

struct AnswerHit {
  std::uint64_t rank = 0;  ///< pessimistic
  double score = 0;
  std::vector<ResultField> fields;  ///< [hit_columns]
  std::string peaks = {};  ///< what explains it, as a JSON array that JSON results hold; "" where nothing was asked
};

/// One query with its ranked list.
struct Answer {
  std::uint64_t query_index = 0;
  std::string query_id;
  std::string source;               ///< file, or "" where the query came as an argument
  std::uint64_t line = 0;           ///< 0 where there are no lines
  std::vector<ResultField> fields;  ///< [query_columns]
  QueryStatus status = QueryStatus::kSkipped;
  std::vector<AnswerHit> hits;
  std::uint64_t num_candidates = 0;
  std::string reason;  ///< why it was skipped or has no candidates, and what was assumed
};

struct CandidateResult {
  std::uint64_t rank = 0;  ///< pessimistic
  double score = 0;        ///< by which it is ranked: of the last stage, and with what a prior adds
  std::string adduct;      ///< under which the molecule is a candidate
  bank::MoleculeRecord molecule;
  std::optional<double>
      mass_error_ppm;       ///< measured precursor against the molecule's ion; none if the precursor is derived
  double bridge_score = 0;  ///< of the first stage
  std::optional<rerank::Verdict> verdict = std::nullopt;  ///< of the second stage, where it looked
  std::optional<double> prior = std::nullopt;             ///< what the user's table says
  std::vector<rerank::AnnotatedPeak> peaks = {};          ///< those that it explains, where it was asked
};

/// An identified spectrum.
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
  std::string reason;                            ///< why it was skipped or has no candidates, and what was assumed
  std::optional<double> q_value = std::nullopt;  ///< of its best hit; known when all spectra of the run are
};

/// Columns of identified spectra.
const ResultLayout& identify_layout(bool with_prior = false);
Answer answer_of(const QueryResult& result, bool with_prior = false);
/// Puts the q-value into the first hit, where it belongs.
void set_q_value(Answer& answer, double q_value);

/// What every list of molecules says of one: smiles, inchikey14, formula, name, source_id.
const std::vector<std::string>& molecule_columns();
void append_molecule(const bank::MoleculeRecord& molecule, std::vector<ResultField>& fields);

/// A part of what answered that is neither model nor bank: "graph", "texts".
struct ProvenancePart {
  std::string name;
  std::vector<std::pair<std::string, ResultField>> values;
};

/// How the results were made; written with them.
struct Provenance {
  std::string model_name, model_digest;
  std::string bank_folder, bank_digest;  ///< "" where no bank was searched
  std::uint64_t bank_count = 0;
  std::vector<std::string> inputs;
  std::vector<std::pair<std::string, std::string>> options;  ///< resolved, as text
  std::vector<ProvenancePart> parts = {};
};

struct ResultTotals {
  std::uint64_t read = 0, ranked = 0, no_candidates = 0, skipped = 0;
  std::optional<std::uint64_t> ms1 = std::nullopt;  ///< of spectra only
};

/// Gives text; the caller owns where it goes. Equal results give equal bytes.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual std::string header() = 0;
  virtual std::string query(const Answer& answer) = 0;
  virtual std::string footer(const ResultTotals& totals) = 0;
};

std::unique_ptr<ResultWriter> make_result_writer(ResultFormat format, const ResultLayout& layout,
                                                 const Provenance& provenance);

/// What stands beside a TSV: provenance and totals as JSON.
std::string run_record(const Provenance& provenance, const ResultTotals& totals);

}  // namespace molbridge::service
