#include "molbridge/service/evaluation_report.hpp"

#include <cmath>

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::service {
namespace {

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json figure_json(const eval::Figure& figure) {
  return {{"by_spectrum", rounded(figure.by_spectrum)},
          {"by_compound", rounded(figure.by_compound)},
          {"ci95_by_compound", {rounded(figure.ci95_low), rounded(figure.ci95_high)}}};
}

void add_summary(Json& json, const eval::Summary& summary) {
  json["queries"] = summary.queries;
  json["compounds"] = summary.compounds;
  json["skipped"] = summary.skipped;
  json["pool_size_mean"] = rounded(summary.pool_size_mean);
  json["pool_size_median"] = rounded(summary.pool_size_median);
  for (const auto& [name, figure] : summary.figures) json[name] = figure_json(figure);
  Json random = Json::object();
  for (const auto& [name, figure] : summary.random) random[name] = figure_json(figure);
  json["random"] = std::move(random);
}

Json options_json(const EvaluateOptions& options) {
  Json json = {{"spectra", options.spectra}};
  if (options.candidates.empty()) {
    json["bank"] = options.bank;
    json["pool"] = options.pool;
    if (options.pool == "ppm") json["ppm"] = options.ppm;
  } else {
    json["candidates"] = options.candidates;
    json["first_is_truth"] = options.first_is_truth;
  }
  json["convention"] = options.convention;
  json["seed"] = options.seed;
  json["resamples"] = options.resamples;
  return json;
}

std::string pool_text(const EvaluateOptions& options) {
  if (!options.candidates.empty()) return "candidate file; distinct by InChIKey first block after standardisation";
  if (options.pool == "formula") return "molecules of the bank with the formula of the truth";
  return "molecules of the bank within " + format_shortest(options.ppm) + " ppm of the monoisotopic mass of the truth";
}

/// What differs by the released convention.
Json released_protocol_json() {
  return {
      {"warning", "for audits only: figures are not comparable with those of the honest convention"},
      {"pool", "candidate file; distinct by spelling; SMILES are embedded as given"},
      {"identity", "spelling of the truth in the spectra file; added verbatim where the list lacks it"},
      {"score", "dot product of raw vectors"},
      {"batches", "answerable spectra in the order of the files, 32 at a time, padded to the longest of the batch"}};
}

Json protocol_json(const EvaluateOptions& options) {
  Json json = {
      {"pool", pool_text(options)},
      {"identity", "InChIKey first block; truth and candidates standardised by one function; a missing truth is added"},
      {"ties", "pessimistic: the rank is the worst among equal scores"},
      {"skipped", "count as misses in every figure"},
      {"unit", "percent"},
      {"ci95_by_compound", "percentile bootstrap over compounds"},
      {"random", "expectation of random ranking in the same pools"},
      {"novelty", "largest Tanimoto, Morgan radius 2, 2048 bits, of the truth to the training molecules of the model"}};
  if (options.convention == retrieve::name(retrieve::Convention::kReleased)) json.update(released_protocol_json());
  return json;
}

}  // namespace

std::string evaluation_json(const EvaluateOptions& options, const Engine& engine, const EvaluateReport& report) {
  Json json = {{"tool", "molbridge"}, {"version", version()}, {"options", options_json(options)}};
  json["model"] = {{"name", engine.model->name()},
                   {"digest", engine.model->digest()},
                   {"target_encoder", engine.model->target_encoder()},
                   {"training_molecules", engine.model->training_molecules().size()}};
  if (engine.bank) json["bank"] = {{"digest", engine.bank->manifest().digest}, {"molecules", engine.bank->size()}};
  json["protocol"] = protocol_json(options);
  add_summary(json, report.all);
  json["unlabelled_spectra"] = report.unlabelled;
  json["truth_added"] = report.truth_added;
  Json reasons = Json::object();
  for (const auto& [reason, count] : report.skip_reasons) reasons[reason] = count;
  json["skip_reasons"] = std::move(reasons);
  Json novelty = Json::object();
  for (const auto& [stratum, summary] : report.by_novelty) add_summary(novelty[stratum], summary);
  json["by_novelty"] = report.by_novelty.empty() ? Json() : std::move(novelty);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string per_query_tsv(const std::vector<QueryResultRow>& rows, bool novelty_known) {
  std::string out = "query_id\tinchikey14\trank\tpool_size\ttruth_added\tnovelty\treason\n";
  for (const auto& row : rows) {
    out += tsv_cell(row.query_id) + "\t" + row.inchikey14 + "\t" +
           (row.outcome.rank ? std::to_string(*row.outcome.rank) : "") + "\t" + std::to_string(row.outcome.pool_size) +
           "\t" + (row.truth_added ? "1" : "0") + "\t" + (novelty_known ? format_fixed(row.outcome.novelty, 4) : "") +
           "\t" + tsv_cell(row.skip_reason) + "\n";
  }
  return out;
}

}  // namespace molbridge::service
