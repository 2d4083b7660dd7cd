#include "molbridge/service/link.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/ranking.hpp"
#include "molbridge/service/link_marks.hpp"
#include "molbridge/service/link_queries.hpp"
#include "molbridge/service/result_sink.hpp"

namespace molbridge::service {
namespace {

/// What follows "Definition:" in a node's text, cut at a word.
std::string definition_of(const std::string& text) {
  constexpr std::string_view kMark = "Definition:";
  constexpr std::size_t kMost = 240;
  const std::size_t at = text.find(kMark);
  if (at == std::string::npos) return "";
  std::string definition(trim(std::string_view(text).substr(at + kMark.size())));
  if (definition.size() <= kMost) return definition;
  const std::size_t space = definition.rfind(' ', kMost);
  definition.resize(space == std::string::npos ? kMost : space);
  return valid_utf8(definition) + " ...";
}

ResultLayout layout_of(const LinkEngine& engine, ResultFormat format) {
  ResultLayout layout{{"query", "query_type", "relation", "to"}, {}};
  if (engine.bank) {
    layout.hit_columns = molecule_columns();
    layout.hit_columns.emplace_back("node_id");
  } else {
    layout.hit_columns = {"node_id", "name", "definition"};
  }
  layout.hit_columns.insert(layout.hit_columns.end(), {"known", "edges"});
  if (format == ResultFormat::kJson) {  // the evidence block: for a reader that sees nothing but this
    layout.query_columns.insert(layout.query_columns.end(), {"query_node_id", "query_text"});
    layout.hit_columns.emplace_back("sentence");
  }
  return layout;
}

/// Queries of the batch: those with the same relation are embedded together.
void embed(const LinkEngine& engine, std::size_t threads, std::vector<LinkQuery>& queries, std::uint64_t& truncated) {
  std::vector<bool> done(queries.size());
  for (std::size_t first = 0; first < queries.size(); ++first) {
    std::vector<retrieve::LinkEntity> entities;
    std::vector<std::size_t> places;
    for (std::size_t i = first; i < queries.size(); ++i) {
      if (done[i] || !queries[i].reason.empty() || queries[i].relation != queries[first].relation) continue;
      done[i] = true;
      entities.push_back(queries[i].entity);
      places.push_back(i);
    }
    if (entities.empty()) continue;
    const auto vectors = engine.model->heads(entities, queries[first].relation, threads);
    truncated += vectors.truncated;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto row = std::span(vectors.rows).subspan(i * engine.model->width(), engine.model->width());
      queries[places[i]].vector.assign(row.begin(), row.end());
      queries[places[i]].reason = vectors.reasons[i];
    }
  }
}

class Linker {
 public:
  Linker(const LinkEngine& engine, const LinkOptions& options, const LinkTargets& targets,
         const std::vector<LinkQuery>& queries)
      : engine_(engine),
        options_(options),
        targets_(targets),
        marks_(*engine.graph, engine.files.edges, nodes_of(queries)) {}

  Answer answer(const LinkQuery& query) const {
    Answer answer = start(query);
    if (!query.reason.empty()) return answer;
    if (engine_.bank) {
      rank_molecules(query, answer);
    } else {
      rank_nodes(query, answer);
    }
    answer.status = answer.num_candidates > 0 ? QueryStatus::kRanked : QueryStatus::kNoCandidates;
    if (answer.num_candidates == 0)
      answer.reason = "nothing of the type " + targets_.type + " can be ranked by this model";
    if (answer.hits.size() > options_.top_k) answer.hits.resize(options_.top_k);
    return answer;
  }

 private:
  static std::vector<std::uint32_t> nodes_of(const std::vector<LinkQuery>& queries) {
    std::vector<std::uint32_t> nodes;
    for (const LinkQuery& query : queries) {
      if (query.node) nodes.push_back(*query.node);
    }
    return nodes;
  }

  Answer start(const LinkQuery& query) const {
    Answer answer;
    answer.query_id = query.item.id;
    answer.source = query.item.source;
    answer.line = query.item.line;
    answer.fields = {ResultField::of(query.name), ResultField::of(query.entity.type),
                     ResultField::of(query.relation.name), ResultField::of(query.relation.tail_type)};
    if (options_.format == ResultFormat::kJson) {
      const auto* node = query.node ? &engine_.graph->nodes()[*query.node] : nullptr;
      answer.fields.push_back(node != nullptr ? ResultField::of(node->id) : ResultField());
      answer.fields.push_back(ResultField::of(query.text.empty() ? query.item.content : query.text));
    }
    std::vector<std::string> reasons = query.notes;
    if (query.reason.empty() && engine_.model->is_zero_shot(query.relation))
      reasons.emplace_back("zero-shot: the model was not trained on this relation between these types");
    if (!query.reason.empty()) reasons = {query.reason};
    answer.reason = join(reasons, "; ");
    return answer;
  }

  /// More than is shown where known ones are left out afterwards.
  std::size_t asked_for(const LinkQuery& query) const {
    if (!options_.exclude_known || !query.node) return options_.top_k;
    return options_.top_k + marks_.count(*query.node);
  }

  void rank_nodes(const LinkQuery& query, Answer& answer) const {
    if (!targets_.vectors) return;
    std::vector<std::uint64_t> rows;
    for (std::uint64_t row = 0; row < targets_.nodes.size(); ++row) {
      if (!query.node || targets_.nodes[row] != *query.node) rows.push_back(row);  // no candidate of itself
    }
    const retrieve::Pool pool{rows, query.vector};
    const auto ranked = retrieve::rank_rows(*targets_.vectors, std::span(&pool, 1), asked_for(query),
                                            engine_.model->similarity(), options_.threads);
    answer.num_candidates = ranked.num_candidates;
    for (const auto& found : ranked.best) {
      const std::uint32_t index = targets_.nodes[found.row];
      const graph::Node& node = engine_.graph->nodes()[index];
      AnswerHit hit{found.rank, found.score, {}};
      hit.fields = {ResultField::of(node.id), ResultField::of(node.name), ResultField::of(definition_of(node.text))};
      finish(query, node.name.empty() ? node.id : node.name, &index, std::move(hit), answer);
    }
  }

  void rank_molecules(const LinkQuery& query, Answer& answer) const {
    const auto ranked =
        retrieve::rank_candidates(*targets_.bank, bank::RowRange{0, targets_.bank->size()}, query.vector,
                                  asked_for(query), engine_.model->similarity(), options_.threads);
    answer.num_candidates = ranked.num_candidates;
    for (const auto& found : ranked.best) {
      const auto node = targets_.keys.find(found.molecule.inchikey14);
      const std::uint32_t* index = node == targets_.keys.end() ? nullptr : &node->second;
      AnswerHit hit{found.rank, found.score, {}};
      append_molecule(found.molecule, hit.fields);
      hit.fields.push_back(index != nullptr ? ResultField::of(engine_.graph->nodes()[*index].id) : ResultField());
      const std::string& name = found.molecule.name.empty() ? found.molecule.smiles : found.molecule.name;
      finish(query, name, index, std::move(hit), answer);
    }
  }

  /// What is known of the pair, and the sentence about it.
  void finish(const LinkQuery& query, const std::string& name, const std::uint32_t* node, AnswerHit hit,
              Answer& answer) const {
    LinkMarks::Mark mark;
    if (query.node && node != nullptr) mark = marks_.between(*query.node, *node, query.relation.name);
    if (options_.exclude_known && mark.asked) return;
    hit.fields.push_back(ResultField::flag(mark.asked));
    hit.fields.push_back(ResultField::of(mark.edges));
    if (options_.format == ResultFormat::kJson)
      hit.fields.push_back(ResultField::of(sentence(query, name, mark, hit, answer.num_candidates)));
    answer.hits.push_back(std::move(hit));
  }

  std::string sentence(const LinkQuery& query, const std::string& name, const LinkMarks::Mark& mark,
                       const AnswerHit& hit, std::uint64_t candidates) const {
    const std::string what = query.entity.type + " \"" + query.name + "\" " + query.relation.name + " " +
                             targets_.type + " \"" + name + "\"";
    const std::string place = "rank " + std::to_string(hit.rank) + " of " + format_count(candidates) + ", score " +
                              format_fixed(hit.score, 4);
    if (mark.asked)
      return "Known: " + what + " stands in the graph (" + mark.files + "); the model gives it " + place + ".";
    std::string text = "Predicted, not in the graph: " + what + "; " + place + ".";
    if (!mark.edges.empty()) text += " The graph joins the two otherwise: " + mark.edges + ".";
    return text;
  }

  const LinkEngine& engine_;
  const LinkOptions& options_;
  const LinkTargets& targets_;
  LinkMarks marks_;
};

std::string what_scores_are(retrieve::LinkModel const& model) {
  const std::string kind = model.similarity() == bank::Similarity::kCosine
                               ? "the cosine, from -1 to 1, between what the model expects and the candidate"
                               : "the model's product of query and candidate, of any size";
  return "A score is " + kind +
         ". It orders the candidates of one query. It is no probability, no measure of effect, and not comparable "
         "between "
         "queries, relations or models.";
}

constexpr char kWhatKnownIs[] =
    "known: an edge of this relation stands in the graph given; the model may have been trained on it, so that its "
    "rank "
    "is no evidence. Predicted: no such edge is there, which is neither evidence for it nor against it.";

Provenance provenance_of(const LinkEngine& engine, const LinkOptions& options, const LinkTargets& targets) {
  Provenance provenance;
  provenance.model_name = engine.model->name();
  provenance.model_digest = engine.model->digest();
  if (targets.bank) {
    provenance.bank_folder = targets.bank->folder();
    provenance.bank_digest = targets.bank->manifest().digest;
    provenance.bank_count = targets.bank->size();
  }
  provenance.parts.push_back({"graph",
                              {{"nodes_file", ResultField::of(engine.files.nodes)},
                               {"edge_files", ResultField::of(join(engine.files.edges, ", "))},
                               {"digest", ResultField::of(engine.graph_digest)},
                               {"nodes", ResultField::count(engine.graph->nodes().size())},
                               {"edges", ResultField::count(engine.graph->edges().size())}}});
  provenance.parts.push_back({"candidates_ranked",
                              {{"type", ResultField::of(targets.type)},
                               {"count", ResultField::count(targets.vectors ? targets.vectors->size() : 0)},
                               {"without_content", ResultField::count(targets.without_content)},
                               {"not_encoded", ResultField::count(targets.not_encoded)},
                               {"texts_truncated", ResultField::count(targets.truncated)}}});
  provenance.parts.push_back(
      {"how_to_read",
       {{"scores", ResultField::of(what_scores_are(*engine.model))}, {"known", ResultField::of(kWhatKnownIs)}}});
  if (!options.nodes_file.empty()) provenance.inputs.push_back(options.nodes_file);
  provenance.options = {{"relation", options.relation},
                        {"to", targets.type},
                        {"type", options.type},
                        {"zero_shot", options.zero_shot ? "true" : "false"},
                        {"exclude_known", options.exclude_known ? "true" : "false"},
                        {"top_k", std::to_string(options.top_k)}};
  return provenance;
}

LinkReport report_of(const LinkTargets& targets) {
  LinkReport report;
  report.type = targets.type;
  report.candidates = targets.vectors ? targets.vectors->size() : 0;
  report.without_content = targets.without_content;
  report.not_encoded = targets.not_encoded;
  report.truncated = targets.truncated;
  return report;
}

}  // namespace

LinkReport link(const LinkEngine& engine, const LinkOptions& options, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  if (options.top_k == 0) throw Error(ErrorCode::kUsage, "--top-k must be at least 1");
  std::string to;
  std::vector<LinkQuery> queries = resolve_link_queries(engine, options, to);
  LinkTargets targets;
  if (!to.empty()) targets = load_link_targets(engine, to, options.threads, progress);
  LinkReport report = report_of(targets);
  embed(engine, options.threads, queries, report.truncated);
  report.layout = layout_of(engine, options.format);
  ResultSink sink(options.output, options.format, report.layout, provenance_of(engine, options, targets));
  const Linker linker(engine, options, targets, queries);
  progress.start("ranking", queries.size(), "queries");
  for (const LinkQuery& query : queries) {
    check_interrupt();
    Answer answer = linker.answer(query);
    sink.add(answer);
    if (report.first.size() < LinkReport::kMaxFirst) report.first.push_back(answer);
    progress.advance(sink.totals().read);
  }
  progress.finish();
  sink.finish();
  report.totals = sink.totals();
  report.skip_reasons = sink.skip_reasons();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace molbridge::service
