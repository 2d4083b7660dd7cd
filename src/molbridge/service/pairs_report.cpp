#include "molbridge/service/pairs_report.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::service {
namespace {

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json occurrences_json(const corpus::Occurrences& occurrences) {
  if (occurrences.count == 0) return {{"count", 0}};
  return {{"count", occurrences.count}, {"first_line", occurrences.first_line}, {"first", occurrences.first}};
}

Json reasons_json(const std::vector<ReasonGroup>& groups) {
  Json json = Json::array();
  for (const auto& group : groups)
    json.push_back({{"count", group.count}, {"reason", group.reason}, {"first", group.where}});
  return json;
}

Json reading_json(const PairReadingReport& reading) {
  return {{"rows", reading.rows},
          {"pairs", reading.pairs},
          {"left_out", reading.left_out},
          {"skipped", reading.skipped},
          {"skip_reasons", reasons_json(reading.skip_reasons)},
          {"not_utf8", occurrences_json(reading.not_utf8)},
          {"inchikey_differs", occurrences_json(reading.key_mismatch)}};
}

Json measure_json(const PairMeasure& measure) {
  const eval::RankSummary& summary = measure.summary;
  Json json = {{"queries", summary.queries},
               {"molecules", summary.clusters},
               {"skipped", summary.skipped},
               {"not_applicable", measure.not_applicable},
               {"mean_candidates", rounded(summary.mean_candidates)},
               {"mean_right", rounded(summary.mean_right)},
               {"median_rank", summary.median_rank}};
  for (const auto& [name, figure] : summary.figures) {
    json[name] = {{"by_query", rounded(figure.by_query)},
                  {"by_molecule", rounded(figure.by_cluster)},
                  {"ci95_by_molecule", {rounded(figure.ci95_low), rounded(figure.ci95_high)}},
                  {"random", rounded(figure.random)}};
  }
  for (const auto& [name, ceiling] : measure.ceilings) json[name]["ceiling"] = rounded(ceiling);
  return json;
}

Json scorer_json(const PairScorerReport& report) {
  Json json = {{"name", report.name},
               {"digest", report.digest.empty() ? Json() : Json(report.digest)},
               {"description", report.description},
               {"texts_truncated", report.truncated},
               {"texts_skipped", reasons_json(report.skip_reasons)}};
  for (const PairMeasure& measure : report.measures)
    json[std::string(direction(measure.kind))][std::string(judgement(measure.kind))] = measure_json(measure);
  return json;
}

Json protocol_json() {
  return {{"identity", "InChIKey first block; structures standardised by one function"},
          {"query", "a row of the fold, by its text and by its molecule; every row counts once"},
          {"any_of_text", "every molecule of the gallery with this very text is right, by all rows of the file"},
          {"any_of_molecule", "every text of the molecule is right"},
          {"own", "only the row's own molecule or text is right; rows that look the same share a ranking: see ceiling"},
          {"grouped", "every molecule, or text, of the row's target is right"},
          {"within_target", "only molecules of the row's target are ranked; targets with one molecule do not count"},
          {"recall_at_k", "share of queries with a right answer among the first k"},
          {"ties", "pessimistic: equal scores of wrong answers stand above"},
          {"skipped", "count as misses in every figure"},
          {"unit", "percent"},
          {"ci95_by_molecule", "percentile bootstrap over molecules"},
          {"random", "expectation by molecule when the same candidates are in random order"},
          {"ceiling", "by molecule, what no scorer exceeds"}};
}

Json options_json(const PairsEvaluateOptions& options) {
  Json json = {{"pairs", options.pairs},     {"model", options.model.empty() ? Json() : Json(options.model)},
               {"gallery", options.gallery}, {"baselines", options.baselines},
               {"seed", options.seed},       {"resamples", options.resamples}};
  if (!options.decoys.empty()) json["decoys"] = {{"bank", options.decoys}, {"count", options.num_decoys}};
  return json;
}

std::string rank_cell(const PairScorerReport& report, PairMeasureKind kind, std::size_t query) {
  for (const PairMeasure& measure : report.measures) {
    if (measure.kind == kind) return measure.ranks[query] ? std::to_string(*measure.ranks[query]) : "";
  }
  return "";
}

}  // namespace

std::string pairs_evaluation_json(const PairsEvaluateOptions& options, const PairsEvaluateReport& report) {
  Json json = {{"tool", "molbridge"}, {"version", version()}, {"options", options_json(options)}};
  json["columns"] = {{"text", report.text_column}, {"target", report.target_column}, {"fold", report.fold_column}};
  json["fold"] = report.fold.empty() ? Json() : Json(report.fold);
  json["reading"] = reading_json(report.reading);
  json["protocol"] = protocol_json();
  json["queries"] = report.queries;
  json["gallery"] = {
      {"molecules", report.gallery_molecules}, {"texts", report.gallery_texts}, {"decoys", report.decoys}};
  json["training_pairs"] = report.training_pairs;
  json["queries_among_training_pairs"] = report.training_overlap;
  json["queries_of_molecules_the_model_was_trained_on"] = report.queries_in_training;
  json["scorers"] = Json::array();
  for (const PairScorerReport& scorer : report.scorers) json["scorers"].push_back(scorer_json(scorer));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string pairs_query_header() {
  std::string out = "scorer\tpair_id\tline\tinchikey14\ttarget\tsame_text_molecules\ttarget_molecules";
  for (const PairMeasureKind kind : all_pair_measures())
    out += "\t" + std::string(direction(kind)) + "_" + std::string(judgement(kind));
  return out + "\ttop_smiles\ttop_inchikey14\ttop_score\town_score\treason\n";
}

std::string pairs_query_rows(const corpus::PairTable& table, const PairTask& task, const PairScores& scores,
                             const PairScorerReport& report) {
  std::string out;
  for (std::size_t q = 0; q < task.queries.size(); ++q) {
    const PairQuery& query = task.queries[q];
    const auto& pair = table.pairs[query.row];
    out += tsv_cell(report.name) + "\t" + tsv_cell(pair.id) + "\t" + std::to_string(pair.line) + "\t" +
           pair.inchikey14 + "\t" + tsv_cell(pair.target) + "\t" +
           std::to_string(task.molecules_of_text[query.text].size()) + "\t" +
           (query.target == PairTask::kNoTarget ? "" : std::to_string(task.molecules_of_target[query.target].size()));
    for (const PairMeasureKind kind : all_pair_measures()) out += "\t" + rank_cell(report, kind, q);
    const auto row = std::span(scores.scores).subspan(query.text * task.molecules.size(), task.molecules.size());
    const auto top = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    const PairMolecule& best = task.molecules[top];
    const std::string& reason = scores.reasons[query.text];
    out += reason.empty() ? "\t" + best.molecule.smiles() + "\t" + best.inchikey14 + "\t" + format_fixed(row[top], 6) +
                                "\t" + format_fixed(row[query.molecule], 6) + "\t\n"
                          : "\t\t\t\t\t" + tsv_cell(reason) + "\n";
  }
  return out;
}

std::string to_json(const PairsInfoReport& report) {
  Json json = {{"reading", reading_json(report.reading)},
               {"columns",
                {{"text", report.text_column},
                 {"target", report.target_column},
                 {"fold", report.fold_column},
                 {"name", report.name_column}}},
               {"molecules", report.molecules},
               {"texts", report.texts},
               {"targets", report.targets},
               {"scaffolds", report.scaffolds},
               {"rows_with_shared_text", report.shared_text_rows},
               {"largest_text_molecules", report.largest_text},
               {"largest_target_molecules", report.largest_target},
               {"text_bytes", {{"min", report.shortest}, {"median", report.median}, {"max", report.longest}}},
               {"rows_with_name", report.named},
               {"own_name_left", occurrences_json(report.own_name_left)}};
  json["folds"] = Json::object();
  for (const auto& [fold, rows] : report.folds) json["folds"][fold] = rows;
  json["licences"] = Json::object();
  for (const auto& [licence, rows] : report.licences) json["licences"][licence] = rows;
  json["in_several_folds"] = {{"molecules", report.molecules_in_folds},
                              {"scaffolds", report.scaffolds_in_folds},
                              {"targets", report.targets_in_folds},
                              {"texts", report.texts_in_folds}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace molbridge::service
