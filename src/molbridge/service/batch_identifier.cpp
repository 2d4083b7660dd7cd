#include "molbridge/service/batch_identifier.hpp"

#include <algorithm>
#include <optional>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/retrieve/candidates.hpp"
#include "molbridge/retrieve/ranking.hpp"

namespace molbridge::service {

/// A record on its way. Hypotheses without candidates are never embedded.
struct BatchIdentifier::Item {
  const spectra::Spectrum* spectrum = nullptr;
  std::optional<retrieve::Query> query;
  std::vector<std::vector<float>> embeddings;  // one per hypothesis; empty where there are no candidates
  std::vector<std::size_t> hypothesis_of_hit;
  IdentifiedRecord record;
};

namespace {

std::string adduct_names(const retrieve::Query& query) {
  std::vector<std::string> names;
  for (const auto& hypothesis : query.hypotheses) names.push_back(hypothesis.adduct.str());
  return join(names, ", ");
}

std::string no_candidates_reason(const retrieve::Query& query, const retrieve::QueryOptions& options) {
  if (options.formula) return "no molecule of formula " + options.formula->hill() + " in the bank";
  return "no molecule of the bank within " + options.tolerance.str() + " as " + adduct_names(query);
}

/// The query as the models read it, one for each hypothesis.
std::vector<retrieve::SpectrumQuery> spectrum_queries(const spectra::Spectrum& spectrum, const retrieve::Query& query) {
  std::vector<retrieve::SpectrumQuery> out;
  for (const auto& [adduct, neutral_mass] : query.hypotheses) {
    out.push_back({&spectrum, query.precursor_mz, neutral_mass, adduct.str(), adduct.ion_mode()});
  }
  return out;
}

CandidateResult candidate_result(const JudgedCandidate& judged, const retrieve::Query& query) {
  const retrieve::RankedCandidate& ranked = judged.ranked;
  const mass::Adduct& adduct = query.hypotheses[ranked.hypothesis].adduct;
  CandidateResult result;
  result.rank = ranked.rank;
  result.score = judged.score;
  result.bridge_score = ranked.score;
  result.verdict = judged.verdict;
  result.prior = judged.prior;
  result.adduct = adduct.str();
  result.molecule = ranked.molecule;
  if (query.precursor_measured) {
    result.mass_error_ppm = mass::ppm_error(query.precursor_mz, adduct.mz(retrieve::atom_mass(ranked.molecule)));
  }
  return result;
}

void set_skipped(IdentifiedRecord& record, const std::string& reason) {
  record.result.status = QueryStatus::kSkipped;
  record.result.reason = reason;
}

void add_reason(std::string& reasons, const std::string& one) { reasons += (reasons.empty() ? "" : "; ") + one; }

}  // namespace

void BatchIdentifier::resolve(Item& item) const {
  const spectra::Spectrum& spectrum = *item.spectrum;
  QueryResult& result = item.record.result;
  result.precursor_mz = spectrum.precursor_mz;
  auto query = retrieve::resolve_query(spectrum, options_.query);
  if (!query) return set_skipped(item.record, query.reason());
  item.query = std::move(*query);
  result.precursor_mz = item.query->precursor_mz;
  if (item.query->hypotheses.size() == 1) result.adduct = item.query->hypotheses[0].adduct.str();
  item.record.notes = item.query->notes;
  for (const std::string& note : item.query->notes) add_reason(result.reason, note);
}

void BatchIdentifier::embed(std::vector<Item>& items) const {
  std::vector<retrieve::SpectrumQuery> queries;
  std::vector<std::vector<float>*> targets;
  for (Item& item : items) {
    if (!item.query) continue;
    item.embeddings.resize(item.query->hypotheses.size());
    const auto of_item = spectrum_queries(*item.spectrum, *item.query);
    for (std::size_t i = 0; i < item.embeddings.size(); ++i) {
      const mass::Adduct& adduct = item.query->hypotheses[i].adduct;
      if (!options_.query.formula &&
          !retrieve::may_have_rows(*engine_.bank, adduct, item.query->precursor_mz, options_.query.tolerance))
        continue;
      queries.push_back(of_item[i]);
      targets.push_back(&item.embeddings[i]);
    }
  }
  if (queries.empty()) return;
  const std::vector<float> all = engine_.model->embed(queries, options_.threads);
  const std::size_t width = engine_.model->width();
  MOLBRIDGE_CHECK(all.size() == queries.size() * width,
                  std::to_string(all.size()) + " for " + std::to_string(queries.size()));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * width);
    targets[i]->assign(begin, begin + static_cast<std::ptrdiff_t>(width));
  }
}

JudgedList BatchIdentifier::ranked_list(const Item& item) const {
  const auto rows = retrieve::candidate_rows(*engine_.bank, *item.query, options_.query);
  std::vector<retrieve::Pool> pools;
  for (std::size_t i = 0; i < rows.size(); ++i) pools.push_back({rows[i], item.embeddings[i]});
  if (engine_.reranker || options_.judge.prior) {
    check_interrupt();  // a second stage takes its time
    return judge_pools(engine_, spectrum_queries(*item.spectrum, *item.query), pools, options_.judge);
  }
  retrieve::RankedList list =
      retrieve::rank_candidates(*engine_.bank, pools, options_.judge.top_k, engine_.model->similarity());
  JudgedList out{{}, list.num_candidates};
  for (auto& ranked : list.best) {
    const double score = ranked.score;
    out.best.push_back({std::move(ranked), score, std::nullopt, std::nullopt});
  }
  return out;
}

void BatchIdentifier::rank(Item& item) const {
  if (!item.query) return;
  QueryResult& result = item.record.result;
  const JudgedList list = ranked_list(item);
  result.num_candidates = list.num_candidates;
  result.status = list.num_candidates > 0 ? QueryStatus::kRanked : QueryStatus::kNoCandidates;
  if (list.num_candidates == 0) add_reason(result.reason, no_candidates_reason(*item.query, options_.query));
  for (const auto& candidate : list.best) {
    result.candidates.push_back(candidate_result(candidate, *item.query));
    item.hypothesis_of_hit.push_back(candidate.ranked.hypothesis);
  }
  explain(item);
}

void BatchIdentifier::explain(Item& item) const {
  if (options_.explain_top == 0) return;
  const auto queries = spectrum_queries(*item.spectrum, *item.query);
  auto& hits = item.record.result.candidates;
  for (std::size_t i = 0; i < std::min<std::size_t>(hits.size(), options_.explain_top); ++i) {
    hits[i].peaks = engine_.reranker->explain(queries[item.hypothesis_of_hit[i]], hits[i].molecule.smiles);
    std::erase_if(hits[i].peaks, [](const rerank::AnnotatedPeak& peak) { return peak.formula.empty(); });
  }
}

std::vector<IdentifiedRecord> BatchIdentifier::identify(const std::vector<spectra::Record>& records) const {
  std::vector<Item> items(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    QueryResult& result = items[i].record.result;
    std::visit(
        [&](const auto& read) {
          result.query_id = read.id;
          result.source = read.source;
          result.line = read.line;
        },
        records[i]);
    if (const auto* skipped = std::get_if<spectra::SkippedSpectrum>(&records[i])) {
      set_skipped(items[i].record, skipped->reason);
      items[i].record.damaged_input = skipped->damaged_input;
    } else {
      items[i].spectrum = &std::get<spectra::Spectrum>(records[i]);
      resolve(items[i]);
    }
  }
  embed(items);
  parallel_for(items.size(), options_.threads, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) rank(items[i]);
  });
  std::vector<IdentifiedRecord> out;
  out.reserve(items.size());
  for (Item& item : items) out.push_back(std::move(item.record));
  return out;
}

}  // namespace molbridge::service
