#include "molbridge/service/result_writer.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/peak_table.hpp"

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

const std::vector<std::string>& molecule_columns() {
  static const std::vector<std::string> columns = {"smiles", "inchikey14", "formula", "name", "source_id"};
  return columns;
}

void append_molecule(const bank::MoleculeRecord& molecule, std::vector<ResultField>& fields) {
  for (const auto* text :
       {&molecule.smiles, &molecule.inchikey14, &molecule.formula, &molecule.name, &molecule.source_id}) {
    fields.push_back(ResultField::of(*text));
  }
}

namespace {

constexpr int kScoreDigits = 6, kShareDigits = 4, kErrorDigits = 2;
constexpr const char* kQValue = "q_value";

ResultLayout make_identify_layout(bool with_prior) {
  ResultLayout layout{{"precursor_mz", "adduct"}, {"adduct"}};
  auto& columns = layout.hit_columns;
  columns.insert(columns.end(), molecule_columns().begin(), molecule_columns().end());
  for (const char* column : {"mass_error_ppm", "bridge_score", "probability", "probability_close", kQValue,
                             "fragments_explained", "intensity_explained"}) {
    columns.emplace_back(column);
  }
  if (with_prior) columns.emplace_back("prior");
  return layout;
}

ResultField fixed(double value, int digits) { return ResultField::number(format_fixed(value, digits)); }

/// Probabilities, an empty q-value, and what is explained; all empty where the second stage did not look.
void append_verdict(const std::optional<rerank::Verdict>& verdict, std::vector<ResultField>& fields) {
  if (!verdict) return fields.resize(fields.size() + 5);
  fields.push_back(fixed(verdict->probability, kScoreDigits));
  fields.push_back(fixed(verdict->probability_close, kScoreDigits));
  fields.emplace_back();
  for (const double share : {verdict->fragments_explained, verdict->intensity_explained}) {
    fields.push_back(share < 0 ? ResultField() : fixed(share, kShareDigits));
  }
}

AnswerHit hit_of(const CandidateResult& candidate, bool with_prior) {
  AnswerHit hit{candidate.rank, candidate.score, {ResultField::of(candidate.adduct)}};
  append_molecule(candidate.molecule, hit.fields);
  const auto& error = candidate.mass_error_ppm;
  hit.fields.push_back(error ? fixed(*error, kErrorDigits) : ResultField());
  hit.fields.push_back(fixed(candidate.bridge_score, kScoreDigits));
  append_verdict(candidate.verdict, hit.fields);
  if (with_prior) {
    hit.fields.push_back(candidate.prior ? ResultField::number(format_shortest(*candidate.prior)) : ResultField());
  }
  if (!candidate.peaks.empty()) hit.peaks = peaks_json(candidate.peaks);
  return hit;
}

}  // namespace

const ResultLayout& identify_layout(bool with_prior) {
  static const ResultLayout plain = make_identify_layout(false);
  static const ResultLayout prior = make_identify_layout(true);
  return with_prior ? prior : plain;
}

Answer answer_of(const QueryResult& result, bool with_prior) {
  Answer answer{result.query_index,    result.query_id, result.source, result.line, {}, result.status, {},
                result.num_candidates, result.reason};
  answer.fields = {result.precursor_mz ? ResultField::number(format_shortest(*result.precursor_mz)) : ResultField(),
                   ResultField::of(result.adduct)};
  for (const CandidateResult& candidate : result.candidates) answer.hits.push_back(hit_of(candidate, with_prior));
  if (result.q_value) set_q_value(answer, *result.q_value);
  return answer;
}

void set_q_value(Answer& answer, double q_value) {
  if (answer.hits.empty()) return;
  const auto& columns = identify_layout().hit_columns;
  const auto place = std::find(columns.begin(), columns.end(), kQValue) - columns.begin();
  answer.hits.front().fields.at(static_cast<std::size_t>(place)) = fixed(q_value, kScoreDigits);
}

namespace {

std::string score_text(double score) { return format_fixed(score, kScoreDigits); }

class TsvWriter : public ResultWriter {
 public:
  explicit TsvWriter(const ResultLayout& layout) : layout_(layout) {
    for (const std::string& column : layout_.query_columns) replaced_by_.push_back(place(layout_.hit_columns, column));
    for (std::size_t i = 0; i < layout_.hit_columns.size(); ++i) {
      if (place(layout_.query_columns, layout_.hit_columns[i]) == kNowhere) own_columns_.push_back(i);
    }
  }

  std::string header() override {
    std::string line = "query_index\tquery_id";
    for (const std::string& column : layout_.query_columns) line += "\t" + column;
    line += "\tstatus\trank\tscore";
    for (const std::size_t i : own_columns_) line += "\t" + layout_.hit_columns[i];
    return line + "\tnum_candidates\treason\n";
  }

  std::string query(const Answer& answer) override {
    if (answer.hits.empty()) return row(answer, nullptr);
    std::string rows;
    for (const AnswerHit& hit : answer.hits) rows += row(answer, &hit);
    return rows;
  }

  std::string footer(const ResultTotals&) override { return {}; }

 private:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  static std::size_t place(const std::vector<std::string>& columns, const std::string& column) {
    const auto found = std::find(columns.begin(), columns.end(), column);
    return found == columns.end() ? kNowhere : static_cast<std::size_t>(found - columns.begin());
  }

  std::string row(const Answer& answer, const AnswerHit* hit) const {
    std::string line = std::to_string(answer.query_index);
    const auto cell = [&line](std::string_view text) { line += "\t" + tsv_cell(text); };
    cell(answer.query_id);
    for (std::size_t i = 0; i < replaced_by_.size(); ++i) {
      const bool replaced = hit != nullptr && replaced_by_[i] != kNowhere;
      cell(replaced ? hit->fields.at(replaced_by_[i]).text : answer.fields.at(i).text);
    }
    cell(name(answer.status));
    cell(hit != nullptr ? std::to_string(hit->rank) : "");
    cell(hit != nullptr ? score_text(hit->score) : "");
    for (const std::size_t i : own_columns_) cell(hit != nullptr ? hit->fields.at(i).text : "");
    cell(answer.status != QueryStatus::kSkipped ? std::to_string(answer.num_candidates) : "");
    cell(answer.reason);
    return line + "\n";
  }

  ResultLayout layout_;
  std::vector<std::size_t> replaced_by_;  // of each query column, the hit column of its name
  std::vector<std::size_t> own_columns_;  // hit columns that are no query columns
};

Json number_of(const std::string& text) {
  return *parse_double(text);
}  // the digits that TSV shows, no noise behind them

Json field_json(const ResultField& field) {
  switch (field.kind) {
    case ResultField::Kind::kNothing: break;
    case ResultField::Kind::kText: return field.text;
    case ResultField::Kind::kNumber: return number_of(field.text);
    case ResultField::Kind::kCount: return *parse_int(field.text);
    case ResultField::Kind::kFlag: return field.text == "yes";
  }
  return nullptr;
}

Json provenance_json(const Provenance& provenance) {
  Json json;
  json["tool"] = "molbridge";
  json["version"] = version();
  json["model"] = {{"name", provenance.model_name}, {"digest", provenance.model_digest}};
  if (!provenance.bank_folder.empty()) {
    json["bank"] = {
        {"folder", provenance.bank_folder}, {"digest", provenance.bank_digest}, {"count", provenance.bank_count}};
  }
  for (const ProvenancePart& part : provenance.parts) {
    for (const auto& [key, value] : part.values) json[part.name][key] = field_json(value);
  }
  json["options"] = Json::object();
  json["options"]["inputs"] = provenance.inputs;
  for (const auto& [key, value] : provenance.options) json["options"][key] = value;
  return json;
}

Json totals_json(const ResultTotals& totals) {
  Json json = {{"read", totals.read},
               {"ranked", totals.ranked},
               {"no_candidates", totals.no_candidates},
               {"skipped", totals.skipped}};
  if (totals.ms1) json["ms1_passed_over"] = *totals.ms1;
  return json;
}

/// Names in a bank need not be UTF-8; a replaced character is better than a lost run.
std::string dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

/// One object, one query a line, so that a large file can be read line by line.
class JsonWriter : public ResultWriter {
 public:
  JsonWriter(const ResultLayout& layout, const Provenance& provenance)
      : layout_(layout), provenance_(provenance_json(provenance)) {}

  std::string header() override {
    std::string text = "{\n";
    for (const auto& [key, value] : provenance_.items()) text += "\"" + key + "\": " + dump(value, -1) + ",\n";
    return text + "\"queries\": [";
  }

  std::string query(const Answer& answer) override {
    Json json;
    json["query_index"] = answer.query_index;
    json["query_id"] = answer.query_id;
    json["source"] = answer.source;
    if (answer.line > 0) json["line"] = answer.line;
    add_fields(layout_.query_columns, answer.fields, json);
    json["status"] = name(answer.status);
    json["num_candidates"] = answer.status == QueryStatus::kSkipped ? Json() : Json(answer.num_candidates);
    json["reason"] = answer.reason;
    json["candidates"] = Json::array();
    for (const AnswerHit& hit : answer.hits) json["candidates"].push_back(hit_json(hit));
    const std::string separator = first_ ? "\n" : ",\n";
    first_ = false;
    return separator + dump(json, -1);
  }

  std::string footer(const ResultTotals& totals) override {
    return "\n],\n\"totals\": " + dump(totals_json(totals), -1) + "\n}\n";
  }

 private:
  static void add_fields(const std::vector<std::string>& columns, const std::vector<ResultField>& fields, Json& json) {
    MOLBRIDGE_CHECK(columns.size() == fields.size(), std::to_string(fields.size()));
    for (std::size_t i = 0; i < columns.size(); ++i) json[columns[i]] = field_json(fields[i]);
  }

  Json hit_json(const AnswerHit& hit) const {
    Json json;
    json["rank"] = hit.rank;
    json["score"] = number_of(score_text(hit.score));
    add_fields(layout_.hit_columns, hit.fields, json);
    if (!hit.peaks.empty()) json["peaks"] = Json::parse(hit.peaks);
    return json;
  }

  ResultLayout layout_;
  Json provenance_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<ResultWriter> make_result_writer(ResultFormat format, const ResultLayout& layout,
                                                 const Provenance& provenance) {
  if (format == ResultFormat::kTsv) return std::make_unique<TsvWriter>(layout);
  return std::make_unique<JsonWriter>(layout, provenance);
}

std::string run_record(const Provenance& provenance, const ResultTotals& totals) {
  Json json = provenance_json(provenance);
  json["totals"] = totals_json(totals);
  return dump(json, 2) + "\n";
}

}  // namespace molbridge::service
