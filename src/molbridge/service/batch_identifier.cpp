#include "molbridge/service/batch_identifier.hpp"

#include <optional>

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

CandidateResult candidate_result(const retrieve::RankedCandidate& ranked, const retrieve::Query& query) {
  const mass::Adduct& adduct = query.hypotheses[ranked.hypothesis].adduct;
  CandidateResult result;
  result.rank = ranked.rank;
  result.score = ranked.score;
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
  auto query = retrieve::resolve_query(spectrum, options_);
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
    for (std::size_t i = 0; i < item.embeddings.size(); ++i) {
      const auto& [adduct, neutral_mass] = item.query->hypotheses[i];
      const double precursor_mz = item.query->precursor_mz;
      if (!options_.formula && !retrieve::may_have_rows(*engine_.bank, adduct, precursor_mz, options_.tolerance))
        continue;
      queries.push_back({item.spectrum, precursor_mz, neutral_mass, adduct.str(), adduct.ion_mode()});
      targets.push_back(&item.embeddings[i]);
    }
  }
  if (queries.empty()) return;
  const std::vector<float> all = engine_.model->embed(queries, threads_);
  const std::size_t width = engine_.model->width();
  MOLBRIDGE_CHECK(all.size() == queries.size() * width,
                  std::to_string(all.size()) + " for " + std::to_string(queries.size()));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * width);
    targets[i]->assign(begin, begin + static_cast<std::ptrdiff_t>(width));
  }
}

void BatchIdentifier::rank(Item& item) const {
  if (!item.query) return;
  QueryResult& result = item.record.result;
  auto rows = retrieve::candidate_rows(*engine_.bank, *item.query, options_);
  std::vector<retrieve::Pool> pools;
  for (std::size_t i = 0; i < rows.size(); ++i) pools.push_back({rows[i], item.embeddings[i]});
  const retrieve::RankedList list =
      retrieve::rank_candidates(*engine_.bank, pools, top_k_, engine_.model->similarity());
  result.num_candidates = list.num_candidates;
  result.status = list.num_candidates > 0 ? QueryStatus::kRanked : QueryStatus::kNoCandidates;
  if (list.num_candidates == 0) add_reason(result.reason, no_candidates_reason(*item.query, options_));
  for (const auto& candidate : list.best) result.candidates.push_back(candidate_result(candidate, *item.query));
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
  parallel_for(items.size(), threads_, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) rank(items[i]);
  });
  std::vector<IdentifiedRecord> out;
  out.reserve(items.size());
  for (Item& item : items) out.push_back(std::move(item.record));
  return out;
}

}  // namespace molbridge::service
