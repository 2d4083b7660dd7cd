#include "molbridge/service/audit_model.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"
#include "molbridge/eval/leak_statistics.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/service/audit_space.hpp"
#include "molbridge/service/engine.hpp"

namespace molbridge::service {
namespace {

std::shared_ptr<const encoders::MoleculeEncoder> encoder_of(const retrieve::SpectrumModel& model) {
  retrieve::require_target_space(model);
  auto encoder = encoders::make_molecule_encoder(model.target_encoder());
  if (encoder->digest() == model.target_encoder_digest()) return encoder;
  throw Error(ErrorCode::kModel, "the model was trained for the molecule space " +
                                     short_digest(model.target_encoder_digest()) + ", this build's " + encoder->name() +
                                     " is " + short_digest(encoder->digest()))
      .remedy("Train or import the model again with this build.");
}

/// Hit@1 of one list by its scores: ties shared, for the truth, against it. A score that is no number is above the truth.
struct TiedHit {
  double expected = 0, optimistic = 0, pessimistic = 0;
};

TiedHit tied_hit(const eval::FeatureList& list) {
  const double truth = list.values[list.truth];
  double above = 0, same = 0;
  for (const double value : list.values) {
    above += value > truth || (std::isnan(value) && !std::isnan(truth)) ? 1 : 0;
    same += value == truth ? 1 : 0;
  }
  if (above > 0 || std::isnan(truth)) return {};
  return {1 / same, 1, same > 1 ? 0.0 : 1.0};
}

/// Vectors of all queries that have a list.
class QueryVectors {
 public:
  QueryVectors(const AuditSet& audit, const retrieve::SpectrumModel& model, std::size_t threads, Progress& progress)
      : width_(static_cast<std::size_t>(model.width())), row_of_query_(audit.set.queries.size(), AuditSet::kNone) {
    for (std::size_t q = 0; q < audit.set.queries.size(); ++q) {
      if (!audit.skip_reasons[q].empty()) continue;
      row_of_query_[q] = queries_.size();
      queries_.push_back(q);
    }
    constexpr std::size_t kBlock = 64;
    progress.start("embedding spectra", queries_.size(), "spectra");
    for (std::size_t begin = 0; begin < queries_.size(); begin += kBlock) {
      check_interrupt();
      const auto block = std::span(queries_).subspan(begin, std::min(kBlock, queries_.size() - begin));
      const std::vector<float> vectors = embed(audit, model, block, threads);
      vectors_.insert(vectors_.end(), vectors.begin(), vectors.end());
      progress.advance(begin + block.size());
    }
    progress.finish();
  }

  const std::vector<std::size_t>& queries() const { return queries_; }  ///< that have a vector, ascending
  std::span<const float> of(std::size_t query) const {
    return std::span(vectors_).subspan(row_of_query_[query] * width_, width_);
  }

 private:
  static std::vector<float> embed(const AuditSet& audit, const retrieve::SpectrumModel& model,
                                  std::span<const std::size_t> block, std::size_t threads) {
    std::vector<retrieve::SpectrumQuery> spectra;
    for (const std::size_t q : block) {
      const spectra::Spectrum& spectrum = audit.set.queries[q].spectrum;
      const encoders::SpectrumInput input = encoders::spectrum_input(spectrum);
      spectra.push_back({&spectrum, input.precursor_mz, 0, input.adduct, input.ion_mode});
    }
    return model.embed(spectra, threads);
  }

  std::size_t width_;
  std::vector<std::size_t> queries_, row_of_query_;
  std::vector<float> vectors_;
};

/// A list under which a query stands that is not its own; nullopt: left out.
using ForeignQuery = std::vector<std::optional<std::size_t>>;

class Auditor {
 public:
  Auditor(const AuditSet& audit, const eval::LeakSet& set, const AuditOptions& options,
          const retrieve::SpectrumModel& model, Progress& progress)
      : audit_(audit),
        set_(set),
        options_(options),
        leak_options_{options.seed, options.resamples},
        encoder_(encoder_of(model)),
        standard_(AuditSpace::standard(audit.table, *encoder_, model.similarity(), options.threads, progress)),
        vectors_(audit, model, options.threads, progress) {
    if (AuditSpace::reads_strings(*encoder_)) {
      given_.emplace(AuditSpace::as_given(audit.table, *encoder_, model.similarity(), options.threads, progress));
    }
  }

  AuditModelOutcome run() {
    measure();
    add(own_queries());
    add(ties());
    add(constant_spectrum());
    add(shuffled_spectra());
    add(true_embedding(standard_, set_.distinct, "model.true_embedding", "the truth's own vector as the query"));
    add_as_given();
    return std::move(out_);
  }

 private:
  void add(eval::LeakCheck check) { out_.checks.push_back(std::move(check)); }

  std::size_t list_of(std::size_t query) const { return audit_.list_of_compound[audit_.set.queries[query].compound]; }

  /// Means over the queries of each list.
  void measure() {
    const std::size_t count = set_.lists.size();
    std::vector<double> queries(count, 0);
    sums_.assign(count, {});
    std::vector<double> given(count, 0);
    for (const std::size_t query : vectors_.queries()) {
      check_interrupt();
      const std::size_t list = list_of(query);
      const TiedHit hit = tied_hit(standard_.scores(set_.distinct[list], vectors_.of(query)));
      sums_[list].expected += hit.expected;
      sums_[list].optimistic += hit.optimistic;
      sums_[list].pessimistic += hit.pessimistic;
      if (given_) given[list] += tied_hit(given_->scores(set_.lists[list], vectors_.of(query))).expected;
      queries[list] += 1;
    }
    for (std::size_t list = 0; list < count; ++list) {
      sums_[list].expected /= queries[list];
      sums_[list].optimistic /= queries[list];
      sums_[list].pessimistic /= queries[list];
      out_.hits.push_back(sums_[list].expected);
      if (given_) out_.given_hits.push_back(given[list] / queries[list]);
    }
    real_gain_ = mean(of_choices(out_.hits)) - mean(of_choices(chances(set_.distinct)));
  }

  static double mean(const std::vector<double>& values) {
    return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  static std::vector<double> chances(const std::vector<eval::LeakList>& lists) {
    std::vector<double> out;
    for (const eval::LeakList& list : lists) out.push_back(1 / static_cast<double>(list.candidates.size()));
    return out;
  }

  /// Without lists of one molecule, which every query answers: as rank_by_score() leaves them out.
  std::vector<double> of_choices(const std::vector<double>& by_list) const {
    std::vector<double> out;
    for (std::size_t i = 0; i < by_list.size(); ++i) {
      if (set_.distinct[i].candidates.size() > 1) out.push_back(by_list[i]);
    }
    return out;
  }

  eval::LeakCheck figures(std::string id, std::string title, const std::vector<double>& hits,
                          const std::vector<eval::LeakList>& lists) const {
    eval::LeakCheck check;
    check.id = std::move(id);
    check.title = std::move(title);
    const auto [low, high] = eval::bootstrap_interval(hits, leak_options_);
    check.figure = 100 * mean(hits);
    check.ci_low = 100 * low;
    check.ci_high = 100 * high;
    check.chance = 100 * mean(chances(lists));
    check.compounds = hits.size();
    return check;
  }

  eval::LeakCheck own_queries() const {
    eval::LeakCheck check = figures("model.hit_at_1", "the model, by its own spectra", out_.hits, set_.distinct);
    check.threshold = "none: what the checks below are compared with";
    check.advice = "The figure of this set in one spelling, ties shared, by compound.";
    return check;
  }

  eval::LeakCheck ties() const {
    std::vector<double> worst, best;
    for (const TiedHit& hit : sums_) worst.push_back(hit.pessimistic), best.push_back(hit.optimistic);
    eval::LeakCheck check = figures("model.ties", "the model, ties against the truth", worst, set_.distinct);
    check.more = {{"expected", 100 * mean(out_.hits)},
                  {"optimistic", 100 * mean(best)},
                  {"constant_score_pessimistic", 0},
                  {"constant_score_expected", *check.chance},
                  {"constant_score_optimistic", 100}};
    const double gap = 100 * (mean(best) - mean(worst));
    check.verdict = gap >= 1 ? eval::Verdict::kSuspicious : eval::Verdict::kOk;
    check.threshold = "suspicious: 1 point between ties against and ties for the truth";
    check.advice =
        "Figures that break ties by the order of the list can lie anywhere up to the optimistic one: count ties "
        "against the truth.";
    return check;
  }

  /// Scores of every list by the query that stands under it.
  std::vector<eval::FeatureList> foreign_scores(const AuditSpace& space, const std::vector<eval::LeakList>& lists,
                                                const ForeignQuery& queries) const {
    std::vector<eval::FeatureList> out;
    for (std::size_t list = 0; list < lists.size(); ++list) {
      check_interrupt();
      out.push_back(queries[list] ? space.scores(lists[list], vectors_.of(*queries[list])) : eval::FeatureList{});
    }
    return out;
  }

  eval::RankerOutcome foreign(const AuditSpace& space, const std::vector<eval::LeakList>& lists,
                              const ForeignQuery& queries) const {
    return eval::rank_by_score(foreign_scores(space, lists, queries), true, leak_options_);
  }

  /// One spectrum, drawn by seed, under every list but that of its own compound.
  ForeignQuery one_for_all() const {
    const std::size_t query =
        vectors_.queries()[Rng(options_.seed, "constant spectrum").below(vectors_.queries().size())];
    ForeignQuery out(set_.lists.size(), query);
    out[list_of(query)] = std::nullopt;
    return out;
  }

  /// The first spectrum of another compound under every list: a random cycle through all of them.
  ForeignQuery shuffled(int permutation) const {
    ForeignQuery first(set_.lists.size());
    for (const std::size_t query : vectors_.queries()) {
      if (!first[list_of(query)]) first[list_of(query)] = query;
    }
    std::vector<std::size_t> order(set_.lists.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(options_.seed + static_cast<std::uint64_t>(permutation), "shuffled spectra").shuffle(std::span(order));
    ForeignQuery out(set_.lists.size());
    for (std::size_t i = 0; i < order.size() && order.size() > 1; ++i) {
      out[order[i]] = first[order[(i + 1) % order.size()]];
    }
    return out;
  }

  eval::LeakCheck without_spectrum(std::string id, std::string title, const eval::RankerOutcome& outcome) const {
    eval::LeakCheck check =
        eval::ranker_check(std::move(id), std::move(title), outcome, eval::Judge::kPrior,
                           "Report this figure beside the model's: it is what the model knows without the spectrum.");
    check.leak_from = 0.5 * real_gain_;
    return check;
  }

  eval::LeakCheck constant_spectrum() const {
    return without_spectrum("model.constant_spectrum", "one spectrum for all",
                            foreign(standard_, set_.distinct, one_for_all()));
  }

  /// Several permutations; their probabilities combine as twice the median, which holds however they depend on each other.
  eval::LeakCheck shuffled_spectra() const {
    std::vector<eval::RankerOutcome> outcomes;
    for (int i = 0; i < options_.permutations; ++i) outcomes.push_back(foreign(standard_, set_.distinct, shuffled(i)));
    eval::RankerOutcome combined = outcomes.front();
    std::vector<double> p_hit, p_place, hits(set_.lists.size(), 0);
    combined.place = 0;
    for (const eval::RankerOutcome& outcome : outcomes) {
      const double share = 1 / static_cast<double>(outcomes.size());
      combined.place += share * outcome.place;
      for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += share * outcome.hits[i];
      p_hit.push_back(outcome.p_hit);
      p_place.push_back(outcome.p_place);
    }
    hits = of_choices(hits);
    combined.hit = mean(hits);
    std::tie(combined.ci_low, combined.ci_high) = eval::bootstrap_interval(hits, leak_options_);
    const auto twice_median = [](std::vector<double> values) {
      std::sort(values.begin(), values.end());
      return std::min(1.0, 2 * values[values.size() / 2]);
    };
    combined.p_hit = twice_median(p_hit);
    combined.p_place = twice_median(p_place);
    return without_spectrum("model.shuffled_spectra", "spectra of other compounds", combined);
  }

  eval::LeakCheck true_embedding(const AuditSpace& space, const std::vector<eval::LeakList>& lists, std::string id,
                                 std::string title) const {
    std::vector<double> hits;
    for (const eval::LeakList& list : lists) {
      check_interrupt();
      hits.push_back(tied_hit(space.scores(list, space.vector(list.candidates[list.truth]))).pessimistic);
    }
    eval::LeakCheck check = figures(std::move(id), std::move(title), hits, lists);
    check.verdict = *check.figure < 95 ? eval::Verdict::kSuspicious : eval::Verdict::kOk;
    check.threshold = "suspicious: below 95 %, ties against the truth";
    check.advice =
        "Candidates with the truth's vector cap what any model of this space can reach; near 0 the scoring is broken.";
    return check;
  }

  void add_as_given() {
    if (!given_) {
      const char* why = "the model's molecule side sees structures, not strings";
      add(eval::not_run("model.as_given", "strings as given against one spelling", why));
      add(eval::not_run("model.constant_spectrum_as_given", "one spectrum for all, strings as given", why));
      return;
    }
    add(true_embedding(*given_, set_.lists, "model.true_embedding_as_given",
                       "the truth's own vector, strings as given"));
    add(as_given());
    add(constant_as_given());
  }

  /// Gain that comes with the spelling and goes with it.
  eval::LeakCheck as_given() const {
    eval::LeakCheck check = figures("model.as_given", "the model, strings as given", out_.given_hits, set_.lists);
    std::vector<double> differences;
    for (std::size_t i = 0; i < out_.hits.size(); ++i) differences.push_back(out_.given_hits[i] - out_.hits[i]);
    check.control = 100 * mean(out_.hits);
    check.judge = eval::Judge::kExchangeable;
    check.p_hit = eval::sign_flip_bound(differences);
    check.gain = mean(differences);
    check.advice =
        "A figure that needs the strings as given is a figure of their spelling: report the one of one spelling.";
    return check;
  }

  eval::LeakCheck constant_as_given() const {
    const ForeignQuery one = one_for_all();
    const eval::RankerOutcome given = foreign(*given_, set_.lists, one);
    const eval::RankerOutcome control = foreign(standard_, set_.distinct, one);
    eval::LeakCheck check = eval::ranker_check(
        "model.constant_spectrum_as_given", "one spectrum for all, strings as given", given, eval::Judge::kExchangeable,
        "No spectrum is needed to find these truths: spell all strings by one function.");
    std::vector<double> differences;
    for (std::size_t i = 0; i < given.hits.size(); ++i) differences.push_back(given.hits[i] - control.hits[i]);
    check.control = 100 * control.hit;
    check.p_hit = std::max(check.p_hit, eval::sign_flip_bound(differences));
    check.p_place = 1;
    check.gain = std::min(check.gain, given.hit - control.hit);
    return check;
  }

  const AuditSet& audit_;
  const eval::LeakSet& set_;
  const AuditOptions& options_;
  eval::LeakOptions leak_options_;
  std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
  AuditSpace standard_;
  std::optional<AuditSpace> given_;
  QueryVectors vectors_;
  std::vector<TiedHit> sums_;
  double real_gain_ = 0;
  AuditModelOutcome out_;
};

}  // namespace

AuditModelOutcome model_checks(const AuditSet& audit, const eval::LeakSet& set, const AuditOptions& options,
                               Progress& progress) {
  AuditModelOutcome out;
  if (options.model.empty()) {
    out.checks.push_back(eval::not_run("model.hit_at_1", "queries without a spectrum, ties, spellings", "no --model"));
    return out;
  }
  const auto model = open_model(options.model);
  return Auditor(audit, set, options, *model, progress).run();
}

}  // namespace molbridge::service
