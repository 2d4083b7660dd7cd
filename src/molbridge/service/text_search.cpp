#include "molbridge/service/text_search.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/retrieve/ranking.hpp"
#include "molbridge/service/query_items.hpp"
#include "molbridge/service/result_sink.hpp"

namespace molbridge::service {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr std::size_t kBatch = 64;  // queries embedded together
constexpr char kTruncatedNote[] = "text longer than the encoder reads: its beginning counts";
constexpr char kNoDirection[] = "nothing of it is known to the model";  // a vector of zeros has no direction

/// A query with its vector, or the reason why it has none.
struct Query {
  QueryItem item;
  std::string shown;  ///< text, or standardised SMILES
  std::string reason, note;
  std::vector<float> vector;
};

void take_vector(std::span<const float> row, Query& query) {
  query.vector.assign(row.begin(), row.end());
  if (std::all_of(row.begin(), row.end(), [](float value) { return value == 0; })) query.reason = kNoDirection;
}

std::vector<Query> queries_of(std::span<const QueryItem> items, bool are_texts) {
  std::vector<Query> queries;
  for (const QueryItem& item : items) {
    Query query{item, item.content, item.failure, "", {}};
    if (query.reason.empty() && item.content.empty()) query.reason = are_texts ? "empty text" : "empty SMILES";
    queries.push_back(std::move(query));
  }
  return queries;
}

void embed_texts(const retrieve::TextModel& model, std::size_t threads, std::vector<Query>& queries) {
  std::vector<std::string> texts;
  std::vector<Query*> asked;
  for (Query& query : queries) {
    if (!query.reason.empty()) continue;
    texts.push_back(query.item.content);
    asked.push_back(&query);
  }
  if (texts.empty()) return;
  const retrieve::TextVectors vectors = model.embed_texts(texts, threads);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    take_vector(std::span(vectors.rows).subspan(i * model.width(), model.width()), *asked[i]);
    if (!vectors.states[i].ok()) asked[i]->reason = vectors.states[i].reason;
    if (vectors.states[i].truncated) asked[i]->note = kTruncatedNote;
  }
}

void embed_molecules(const retrieve::TextModel& model, std::size_t threads, std::vector<Query>& queries) {
  std::vector<std::optional<Result<chem::Molecule>>> parsed(queries.size());
  parallel_for(queries.size(), threads, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (queries[i].reason.empty()) parsed[i] = chem::standardize(queries[i].item.content);
    }
  });
  std::vector<chem::Molecule> molecules;
  std::vector<Query*> asked;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!parsed[i]) continue;
    if (!*parsed[i]) {
      queries[i].reason = parsed[i]->reason();
      continue;
    }
    molecules.push_back(**parsed[i]);
    queries[i].shown = molecules.back().smiles();
    asked.push_back(&queries[i]);
  }
  if (molecules.empty()) return;
  const std::vector<float> vectors = model.embed_molecules(molecules, threads);
  for (std::size_t i = 0; i < asked.size(); ++i)
    take_vector(std::span(vectors).subspan(i * model.width(), model.width()), *asked[i]);
}

ResultLayout layout_of(const SearchEngine& engine) {
  if (!engine.bank) return {{"query"}, {"text_id", "text"}};
  ResultLayout layout{{"query"}, molecule_columns()};
  layout.hit_columns.insert(layout.hit_columns.end(), {"in_training", "mass_error_ppm"});
  return layout;
}

/// What is ranked, and how a hit is described.
class Ranker {
 public:
  Ranker(const SearchEngine& engine, const SearchOptions& options) : engine_(engine), options_(options) {
    if (!engine_.bank) return;
    for (const auto& molecule : engine_.model->training_molecules()) training_.insert(molecule.inchikey14);
    rows_ = restricted_rows(*engine_.bank, options_.restriction);
    if (options_.exclude_training) leave_out_training();
  }

  void rank(const Query& query, Answer& answer) const {
    if (engine_.bank) {
      rank_molecules(query, answer);
    } else {
      rank_texts(query, answer);
    }
    answer.status = answer.num_candidates > 0 ? QueryStatus::kRanked : QueryStatus::kNoCandidates;
    if (answer.num_candidates > 0) return;
    answer.reason =
        join(std::vector<std::string>{no_candidates_reason(), answer.reason}, answer.reason.empty() ? "" : "; ");
  }

 private:
  void leave_out_training() {
    std::unordered_set<std::uint64_t> known;
    for (const std::string& key : training_) {
      for (const std::uint64_t row : engine_.bank->rows_of_inchikey14(key)) known.insert(row);
    }
    if (!rows_) {
      rows_.emplace(engine_.bank->size());
      std::iota(rows_->begin(), rows_->end(), 0);
    }
    std::erase_if(*rows_, [&](std::uint64_t row) { return known.contains(row); });
  }

  retrieve::RankedList ranked_list(std::span<const float> vector) const {
    const auto& bank = *engine_.bank;
    const auto similarity = engine_.model->similarity();
    if (!rows_) {
      return retrieve::rank_candidates(bank, bank::RowRange{0, bank.size()}, vector, options_.top_k, similarity,
                                       options_.threads);
    }
    const retrieve::Pool pool{*rows_, vector};
    return retrieve::rank_candidates(bank, std::span(&pool, 1), options_.top_k, similarity, options_.threads);
  }

  void rank_molecules(const Query& query, Answer& answer) const {
    const retrieve::RankedList list = ranked_list(query.vector);
    answer.num_candidates = list.num_candidates;
    for (const auto& candidate : list.best) {
      AnswerHit hit{candidate.rank, candidate.score, {}};
      append_molecule(candidate.molecule, hit.fields);
      hit.fields.push_back(training_.empty() ? ResultField()
                                             : ResultField::flag(training_.contains(candidate.molecule.inchikey14)));
      const auto& mass = options_.restriction.mass;
      hit.fields.push_back(mass ? ResultField::number(format_fixed(mass::ppm_error(*mass, candidate.molecule.mass), 2))
                                : ResultField());
      answer.hits.push_back(std::move(hit));
    }
  }

  void rank_texts(const Query& query, Answer& answer) const {
    const TextGallery& gallery = engine_.gallery;
    if (!gallery.vectors) return;
    const auto ranked = retrieve::rank_rows(*gallery.vectors, bank::RowRange{0, gallery.vectors->size()}, query.vector,
                                            options_.top_k, engine_.model->similarity(), options_.threads);
    answer.num_candidates = ranked.num_candidates;
    for (const auto& found : ranked.best) {
      answer.hits.push_back({found.rank,
                             found.score,
                             {ResultField::of(gallery.ids[found.row]), ResultField::of(gallery.texts[found.row])}});
    }
  }

  std::string no_candidates_reason() const {
    if (!engine_.bank) return "no text to rank in " + engine_.gallery.file;
    return "no molecule of the bank fits the mass and formula asked for";
  }

  const SearchEngine& engine_;
  const SearchOptions& options_;
  std::unordered_set<std::string> training_;
  std::optional<std::vector<std::uint64_t>> rows_;  // none: all
};

Provenance provenance_of(const SearchEngine& engine, const SearchOptions& options) {
  Provenance provenance;
  provenance.model_name = engine.model->name();
  provenance.model_digest = engine.model->digest();
  if (engine.bank) {
    provenance.bank_folder = engine.bank->folder();
    provenance.bank_digest = engine.bank->manifest().digest;
    provenance.bank_count = engine.bank->size();
  } else {
    provenance.parts.push_back({"texts",
                                {{"file", ResultField::of(engine.gallery.file)},
                                 {"digest", ResultField::of(engine.gallery.digest)},
                                 {"count", ResultField::count(engine.gallery.texts.size())}}});
  }
  provenance.parts.push_back({"encoders",
                              {{"text", ResultField::of(engine.model->text_encoder())},
                               {"text_digest", ResultField::of(engine.model->text_encoder_digest())},
                               {"molecule", ResultField::of(engine.model->target_encoder())},
                               {"molecule_digest", ResultField::of(engine.model->target_encoder_digest())}}});
  if (!options.input.empty()) provenance.inputs.push_back(options.input);
  const auto& [mass, ppm, formula] = options.restriction;
  provenance.options = {{"direction", engine.bank ? "text to molecules" : "molecule to texts"},
                        {"mass", mass ? format_shortest(*mass) : ""},
                        {"ppm", mass ? format_shortest(ppm) : ""},
                        {"formula", formula.value_or("")},
                        {"exclude_training", options.exclude_training ? "true" : "false"},
                        {"top_k", std::to_string(options.top_k)}};
  return provenance;
}

std::vector<QueryItem> read_items(const SearchEngine& engine, const SearchOptions& options) {
  std::vector<QueryItem> items = items_of_arguments(options.queries);
  if (!options.input.empty()) {
    const auto read =
        engine.bank ? read_text_items(options.input, options.text_column) : read_molecule_items(options.input);
    items.insert(items.end(), read.begin(), read.end());
  }
  if (items.empty()) throw Error(ErrorCode::kUsage, "nothing to search for: give a text, a molecule or a file of them");
  return items;
}

void check_options(const SearchEngine& engine, const SearchOptions& options) {
  if (options.top_k == 0) throw Error(ErrorCode::kUsage, "--top-k must be at least 1");
  check_restriction(options.restriction);
  const bool restricted = options.restriction.mass || options.restriction.formula || options.exclude_training;
  if (!engine.bank && restricted)
    throw Error(ErrorCode::kUsage, "a mass, a formula and --exclude-training restrict molecules, and texts are ranked");
}

Answer answer_of(const Query& query) {
  Answer answer;
  answer.query_id = query.item.id;
  answer.source = query.item.source;
  answer.line = query.item.line;
  answer.fields = {ResultField::of(query.shown)};
  answer.reason = query.reason.empty() ? query.note : query.reason;
  return answer;
}

}  // namespace

SearchReport search(const SearchEngine& engine, const SearchOptions& options, Progress& progress) {
  const auto start = Clock::now();
  check_options(engine, options);
  const std::vector<QueryItem> items = read_items(engine, options);
  const Ranker ranker(engine, options);
  SearchReport report;
  report.layout = layout_of(engine);
  ResultSink sink(options.output, options.format, report.layout, provenance_of(engine, options));
  progress.start("searching", items.size(), "queries");
  for (std::size_t begin = 0; begin < items.size(); begin += kBatch) {
    check_interrupt();
    auto started = Clock::now();
    auto queries =
        queries_of(std::span(items).subspan(begin, std::min(kBatch, items.size() - begin)), engine.bank != nullptr);
    if (engine.bank) {
      embed_texts(*engine.model, options.threads, queries);
    } else {
      embed_molecules(*engine.model, options.threads, queries);
    }
    report.encode_seconds += seconds_since(started);
    for (const Query& query : queries) {
      started = Clock::now();
      Answer answer = answer_of(query);
      if (query.reason.empty()) ranker.rank(query, answer);
      report.truncated += query.note.empty() ? 0 : 1;
      report.rank_seconds += seconds_since(started);
      sink.add(answer);
      if (report.first.size() < SearchReport::kMaxFirst) report.first.push_back(answer);
      progress.advance(sink.totals().read);
    }
  }
  progress.finish();
  sink.finish();
  report.totals = sink.totals();
  report.skip_reasons = sink.skip_reasons();
  report.seconds = seconds_since(start);
  return report;
}

}  // namespace molbridge::service
