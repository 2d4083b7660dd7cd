#include "molbridge/service/evaluation_report.hpp"

#include <cmath>

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/evaluation_control.hpp"

namespace molbridge::service {
namespace {

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json figure_json(const eval::Figure& figure) {
  return {{"by_spectrum", rounded(figure.by_spectrum)},
          {"by_compound", rounded(figure.by_compound)},
          {"ci95_by_compound", {rounded(figure.ci95_low), rounded(figure.ci95_high)}},
          {"ci95_by_spectrum", {rounded(figure.spectrum_ci95_low), rounded(figure.spectrum_ci95_high)}}};
}

Json pool_sizes_json(const eval::PoolSizes& sizes) {
  return {{"mean", rounded(sizes.mean)},           {"min", sizes.min},
          {"quartile1", rounded(sizes.quartile1)}, {"median", rounded(sizes.median)},
          {"quartile3", rounded(sizes.quartile3)}, {"max", sizes.max}};
}

void add_summary(Json& json, const eval::Summary& summary) {
  json["queries"] = summary.queries;
  json["compounds"] = summary.compounds;
  json["skipped"] = summary.skipped;
  json["pool_sizes"] = pool_sizes_json(summary.pool_sizes);
  for (const auto& [name, figure] : summary.figures) json[name] = figure_json(figure);
  if (summary.mces_at_1) json["mces_at_1"] = figure_json(*summary.mces_at_1);
  Json random = Json::object();
  for (const auto& [name, figure] : summary.random) random[name] = figure_json(figure);
  if (summary.random_mces_at_1) random["mces_at_1"] = figure_json(*summary.random_mces_at_1);
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
  json["cap"] = options.cap == 0 ? Json() : Json(options.cap);
  json["merge"] = options.merge;
  json["mces"] = options.mces;
  if (options.mces) {
    json["mces_threshold"] = options.mces_threshold;
    json["mces_random"] = options.mces_random;
  }
  json["convention"] = options.convention;
  json["stages"] = options.stages;
  json["control"] = options.control;
  json["seed"] = options.seed;
  json["resamples"] = options.resamples;
  return json;
}

std::string pool_source_text(const EvaluateOptions& options) {
  if (!options.candidates.empty()) return "candidate file; distinct by InChIKey first block after standardisation";
  if (options.pool == "formula") return "molecules of the bank with the formula of the truth";
  return "molecules of the bank within " + format_shortest(options.ppm) + " ppm of the monoisotopic mass of the truth";
}

std::string pool_text(const EvaluateOptions& options) {
  std::string text = pool_source_text(options);
  if (options.cap > 0) {
    text += "; cut to " + std::to_string(options.cap) + " molecules, the truth included, drawn by the seed";
  }
  return text;
}

std::string merge_text(const EvaluateOptions& options) {
  const std::string spectra = "consensus spectrum of the spectra of one compound, adduct and ion mode";
  if (options.merge == "compound") return spectra;
  if (options.merge == "compound-energy") return spectra + ", and collision energy as written";
  if (options.merge == "scores") return "the spectra of one compound; the mean of their vectors, each of length one";
  return "one spectrum";
}

/// Conventions of MCES@1.
Json mces_protocol_json(const EvaluateOptions& options) {
  return {{"distance", "myopic MCES between the truth and the candidate on top; above the threshold a lower bound"},
          {"top", "0 where the truth alone is on top; of tied candidates the farthest, of the first " +
                      std::to_string(kMostTied) + " by InChIKey"},
          {"skipped", "count as the threshold"},
          {"unit", "bonds, by order"},
          {"random", "expectation for a candidate drawn at random, from " + std::to_string(options.mces_random) +
                         " others of each pool drawn by the seed; the truth counts as 0 by its share of the pool"}};
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

std::string stages_text(const EvaluateOptions& options, const Engine& engine) {
  if (!engine.reranker) return "one: the score is that of the first stage";
  return "two: the first " + std::to_string(shortlist_of(engine, options.shortlist)) +
         " of the first stage are looked at by the second and ranked by its score; the others follow in the first "
         "stage's order";
}

Json protocol_json(const EvaluateOptions& options, const Engine& engine) {
  Json json = {
      {"pool", pool_text(options)},
      {"identity", "InChIKey first block; truth and candidates standardised by one function; a missing truth is added"},
      {"ties", "pessimistic: the rank is the worst among equal scores"},
      {"skipped", "count as misses in every figure"},
      {"unit", "percent"},
      {"query", merge_text(options)},
      {"stages", stages_text(options, engine)},
      {"control", control_text(parse_control(options.control))},
      {"ci95_by_compound", "percentile bootstrap over compounds"},
      {"ci95_by_spectrum", "percentile bootstrap over compounds, each with all its queries"},
      {"random", "expectation of random ranking in the same pools"},
      {"novelty", "largest Tanimoto, Morgan radius 2, 2048 bits, of the truth to the training molecules of the model"}};
  if (options.mces) json["mces_at_1"] = mces_protocol_json(options);
  if (options.convention == retrieve::name(retrieve::Convention::kReleased)) json.update(released_protocol_json());
  return json;
}

void add_counts(Json& json, const EvaluateOptions& options, const EvaluateReport& report) {
  if (!options.candidates.empty()) {
    json["candidate_spellings"] = report.distinct_candidates;
    json["candidate_spellings_rejected"] = report.rejected_candidates;
  }
  if (options.merge != "none") json["merged_spectra"] = report.merged_spectra;
  if (options.mces) {
    json["mces_pairs"] = report.mces_pairs;
    json["mces_ties_cut"] = report.mces_ties_cut;
    json["mces_timed_out"] = report.mces_timed_out;
  }
}

/// Score and molecule on top, truth's score, distance; empty cells for a skipped query.
std::string top_cells(const QueryResultRow& row) {
  if (!row.outcome.rank) return "\t\t\t\t\t";
  return tsv_cell(row.top.smiles) + "\t" + row.top.inchikey14 + "\t" + format_fixed(row.top_score, 6) + "\t" +
         std::to_string(row.tied_on_top) + "\t" + format_fixed(row.truth_score, 6) + "\t" +
         (row.outcome.mces ? format_shortest(*row.outcome.mces) : "");
}

/// What a second stage said of the candidate on top and of the truth, and what came of it; empty cells without one.
std::string probability_cells(const QueryResultRow& row) {
  if (!row.outcome.rank || !row.probability) return "\t\t\t\t";
  constexpr int kDigits = 6;
  return format_fixed(*row.probability, kDigits) + "\t" + format_fixed(row.probability_close.value_or(0), kDigits) +
         "\t" + format_fixed(row.truth_probability.value_or(0), kDigits) + "\t" + (row.top_correct() ? "1" : "0") +
         "\t" + (row.top_close ? "1" : "0");
}

}  // namespace

std::string evaluation_json(const EvaluateOptions& options, const Engine& engine, const EvaluateReport& report) {
  Json json = {{"tool", "molbridge"}, {"version", version()}, {"options", options_json(options)}};
  json["model"] = {{"name", engine.model_name()},
                   {"digest", engine.model_digest()},
                   {"stages", engine.stages()},
                   {"target_encoder", engine.model->target_encoder()},
                   {"training_molecules", engine.model->training_molecules().size()}};
  if (engine.reranker) {
    json["model"]["first_stage"] = engine.model->digest();
    json["model"]["second_stage"] = engine.reranker->digest();
    json["model"]["shortlist"] = shortlist_of(engine, options.shortlist);
  }
  if (engine.bank) json["bank"] = {{"digest", engine.bank->manifest().digest}, {"molecules", engine.bank->size()}};
  json["protocol"] = protocol_json(options, engine);
  add_summary(json, report.all);
  json["unlabelled_spectra"] = report.unlabelled;
  json["truth_added"] = report.truth_added;
  json["undecided_queries"] = report.undecided;
  add_counts(json, options, report);
  Json reasons = Json::object();
  for (const auto& [reason, count] : report.skip_reasons) reasons[reason] = count;
  json["skip_reasons"] = std::move(reasons);
  if (report.calibration) json["calibration"] = Json::parse(calibration_json(*report.calibration));
  Json novelty = Json::object();
  for (const auto& [stratum, summary] : report.by_novelty) add_summary(novelty[stratum], summary);
  json["by_novelty"] = report.by_novelty.empty() ? Json() : std::move(novelty);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string per_query_tsv(const std::vector<QueryResultRow>& rows, bool novelty_known) {
  std::string out =
      "query_id\tinchikey14\trank\tpool_size\ttruth_added\tnovelty\tmerged_from\ttop_smiles\ttop_inchikey14\ttop_"
      "score\ttied_on_top\t"
      "truth_score\tmces\tprobability\tprobability_close\ttruth_probability\ttop_correct\ttop_close\treason\n";
  for (const auto& row : rows) {
    out += tsv_cell(row.query_id) + "\t" + row.inchikey14 + "\t" +
           (row.outcome.rank ? std::to_string(*row.outcome.rank) : "") + "\t" + std::to_string(row.outcome.pool_size) +
           "\t" + (row.truth_added ? "1" : "0") + "\t" + (novelty_known ? format_fixed(row.outcome.novelty, 4) : "") +
           "\t" + std::to_string(row.merged_from) + "\t" + top_cells(row) + "\t" + probability_cells(row) + "\t" +
           tsv_cell(row.skip_reason) + "\n";
  }
  return out;
}

}  // namespace molbridge::service
