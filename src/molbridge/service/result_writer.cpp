#include "molbridge/service/result_writer.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::service {

ResultFormat parse_result_format(std::string_view text) {
  if (text == "tsv") return ResultFormat::kTsv;
  if (text == "json") return ResultFormat::kJson;
  throw Error(ErrorCode::kUsage, "unknown result format '" + std::string(text) + "'")
      .remedy("Formats are tsv and json.");
}

std::string_view name(QueryStatus status) {
  switch (status) {
    case QueryStatus::kRanked: return "ranked";
    case QueryStatus::kNoCandidates: return "no_candidates";
    case QueryStatus::kSkipped: break;
  }
  return "skipped";
}

namespace {

std::string score_text(double score) { return format_fixed(score, 6); }
std::string ppm_text(double ppm) { return format_fixed(ppm, 2); }

class TsvWriter : public ResultWriter {
 public:
  std::string header() override {
    return "query_index\tquery_id\tprecursor_"
           "mz\tadduct\tstatus\trank\tscore\tsmiles\tinchikey14\tformula\tname\tsource_id\t"
           "mass_error_ppm\tnum_candidates\treason\n";
  }

  std::string query(const QueryResult& result) override {
    if (result.candidates.empty()) return row(result, nullptr);
    std::string rows;
    for (const CandidateResult& candidate : result.candidates) rows += row(result, &candidate);
    return rows;
  }

  std::string footer(const ResultTotals&) override { return {}; }

 private:
  static std::string row(const QueryResult& result, const CandidateResult* candidate) {
    const bool looked_up = result.status != QueryStatus::kSkipped;
    std::string line = std::to_string(result.query_index);
    const auto cell = [&line](std::string_view text) { line += "\t" + tsv_cell(text); };
    cell(result.query_id);
    cell(result.precursor_mz ? format_shortest(*result.precursor_mz) : "");
    cell(candidate != nullptr ? candidate->adduct : result.adduct);
    cell(name(result.status));
    cell(candidate != nullptr ? std::to_string(candidate->rank) : "");
    cell(candidate != nullptr ? score_text(candidate->score) : "");
    cell(candidate != nullptr ? candidate->molecule.smiles : "");
    cell(candidate != nullptr ? candidate->molecule.inchikey14 : "");
    cell(candidate != nullptr ? candidate->molecule.formula : "");
    cell(candidate != nullptr ? candidate->molecule.name : "");
    cell(candidate != nullptr ? candidate->molecule.source_id : "");
    cell(candidate != nullptr && candidate->mass_error_ppm ? ppm_text(*candidate->mass_error_ppm) : "");
    cell(looked_up ? std::to_string(result.num_candidates) : "");
    cell(result.reason);
    return line + "\n";
  }
};

Json provenance_json(const Provenance& provenance) {
  Json json;
  json["tool"] = "molbridge";
  json["version"] = version();
  json["model"] = {{"name", provenance.model_name}, {"digest", provenance.model_digest}};
  json["bank"] = {
      {"folder", provenance.bank_folder}, {"digest", provenance.bank_digest}, {"count", provenance.bank_count}};
  json["options"] = Json::object();
  json["options"]["inputs"] = provenance.inputs;
  for (const auto& [key, value] : provenance.options) json["options"][key] = value;
  return json;
}

Json totals_json(const ResultTotals& totals) {
  return {{"read", totals.read},
          {"ranked", totals.ranked},
          {"no_candidates", totals.no_candidates},
          {"skipped", totals.skipped},
          {"ms1_passed_over", totals.ms1}};
}

/// Names in a bank need not be UTF-8; a replaced character is better than a lost run.
std::string dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

Json number_of(const std::string& text) {
  return *parse_double(text);
}  // the digits that TSV shows, no noise behind them

Json candidate_json(const CandidateResult& candidate) {
  Json json;
  json["rank"] = candidate.rank;
  json["score"] = number_of(score_text(candidate.score));
  json["adduct"] = candidate.adduct;
  json["smiles"] = candidate.molecule.smiles;
  json["inchikey14"] = candidate.molecule.inchikey14;
  json["formula"] = candidate.molecule.formula;
  json["name"] = candidate.molecule.name;
  json["source_id"] = candidate.molecule.source_id;
  json["mass_error_ppm"] = candidate.mass_error_ppm ? number_of(ppm_text(*candidate.mass_error_ppm)) : Json();
  return json;
}

/// One object, one query a line, so that a large file can be read line by line.
class JsonWriter : public ResultWriter {
 public:
  explicit JsonWriter(const Provenance& provenance) : provenance_(provenance_json(provenance)) {}

  std::string header() override {
    std::string text = "{\n";
    for (const auto& [key, value] : provenance_.items()) text += "\"" + key + "\": " + dump(value, -1) + ",\n";
    return text + "\"queries\": [";
  }

  std::string query(const QueryResult& result) override {
    Json json;
    json["query_index"] = result.query_index;
    json["query_id"] = result.query_id;
    json["source"] = result.source;
    if (result.line > 0) json["line"] = result.line;
    json["precursor_mz"] = result.precursor_mz ? Json(*result.precursor_mz) : Json();
    json["adduct"] = result.adduct;
    json["status"] = name(result.status);
    json["num_candidates"] = result.status == QueryStatus::kSkipped ? Json() : Json(result.num_candidates);
    json["reason"] = result.reason;
    json["candidates"] = Json::array();
    for (const CandidateResult& candidate : result.candidates) json["candidates"].push_back(candidate_json(candidate));
    const std::string separator = first_ ? "\n" : ",\n";
    first_ = false;
    return separator + dump(json, -1);
  }

  std::string footer(const ResultTotals& totals) override {
    return "\n],\n\"totals\": " + dump(totals_json(totals), -1) + "\n}\n";
  }

 private:
  Json provenance_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<ResultWriter> make_result_writer(ResultFormat format, const Provenance& provenance) {
  if (format == ResultFormat::kTsv) return std::make_unique<TsvWriter>();
  return std::make_unique<JsonWriter>(provenance);
}

std::string run_record(const Provenance& provenance, const ResultTotals& totals) {
  Json json = provenance_json(provenance);
  json["totals"] = totals_json(totals);
  return dump(json, 2) + "\n";
}

}  // namespace molbridge::service
