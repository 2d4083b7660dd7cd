#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/eval/paired.hpp"
#include "molbridge/service/graph_input.hpp"
#include "molbridge/service/link_task_table.hpp"
#include "molbridge/service/link_tasks.hpp"

namespace molbridge::service {
namespace {

constexpr std::array<std::size_t, 3> kCutoffs{1, 3, 5};

struct Query {
  std::uint32_t head = 0;
  std::set<std::size_t> right;  ///< candidates
};

/// Recall, precision and nDCG at each cutoff, in percent: [3 * kCutoffs].
using Figures = std::array<double, 3 * kCutoffs.size()>;

/// `is_right` by falling score, the wrong ones first among equal scores.
Figures figures_of(const std::vector<bool>& is_right, std::size_t num_right) {
  Figures out{};
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) {
    double found = 0, gain = 0, ideal = 0;
    for (std::size_t k = 0; k < std::min(kCutoffs[c], is_right.size()); ++k) {
      const double discount = 1 / std::log2(static_cast<double>(k) + 2);
      if (k < num_right) ideal += discount;
      if (!is_right[k]) continue;
      ++found;
      gain += discount;
    }
    out[c] = 100 * found / static_cast<double>(num_right);
    out[kCutoffs.size() + c] = 100 * found / static_cast<double>(kCutoffs[c]);
    out[2 * kCutoffs.size() + c] = 100 * gain / ideal;
  }
  return out;
}

Figures ranked_figures(const std::vector<float>& scores, const std::set<std::size_t>& right) {
  std::vector<std::pair<float, bool>> order;
  for (std::size_t k = 0; k < scores.size(); ++k)
    order.emplace_back(std::isnan(scores[k]) ? -INFINITY : scores[k], right.contains(k));
  std::ranges::sort(
      order, [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<bool> is_right;
  for (const auto& [score, value] : order) is_right.push_back(value);
  return figures_of(is_right, right.size());
}

/// Expected figures when the candidates are in random order.
Figures random_figures(std::size_t num_candidates, std::size_t num_right) {
  const double share = static_cast<double>(num_right) / static_cast<double>(num_candidates);
  Figures out{};
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) {
    const auto k = static_cast<double>(std::min(kCutoffs[c], num_candidates));
    double gain = 0, ideal = 0;
    for (std::size_t at = 0; at < std::min(kCutoffs[c], num_candidates); ++at) {
      const double discount = 1 / std::log2(static_cast<double>(at) + 2);
      gain += share * discount;
      if (at < num_right) ideal += discount;
    }
    out[c] = 100 * k / static_cast<double>(num_candidates);
    out[kCutoffs.size() + c] = 100 * k * share / static_cast<double>(kCutoffs[c]);
    out[2 * kCutoffs.size() + c] = 100 * gain / ideal;
  }
  return out;
}

class SetEvaluation {
 public:
  SetEvaluation(const LinkSetOptions& options, const retrieve::LinkModel& model, std::size_t threads)
      : options_(options), model_(model), threads_(threads) {}

  Analysis run(Progress& progress) {
    const retrieve::LinkRelation relation = require_model_relation(model_, options_.task.relation);
    if (!options_.task.graph.empty()) read_ = graph::read_graph(graph_files(options_.task.graph), {}, progress);
    read_queries();
    progress.start("encoding", heads_.size() + tails_.size(), "entities");
    score(LinkPairScorer(model_, relation, heads_, tails_, threads_));
    progress.finish();
    return report(relation);
  }

 private:
  /// Candidates: what is an answer of some row and is not left out, in the order of the table of tails.
  void read_tails(const std::set<std::string>& answers) {
    const ColumnTable table =
        read_columns(options_.tails, {options_.tail_key_column, options_.tail_text_column, options_.tail_name_column});
    for (const auto& row : table.rows) {
      const bool left_out = std::ranges::find(options_.leave_out, row[2]) != options_.leave_out.end();
      if (!answers.contains(row[0]) || candidate_.contains(row[0])) continue;
      if (left_out) {
        left_out_.insert(row[0]);
        continue;
      }
      candidate_.emplace(row[0], tail_of_.size());
      tail_of_.push_back(tails_.add(row[1]));
    }
    if (tail_of_.empty())
      throw Error(ErrorCode::kInput, "no answer of the table is among the tails").in_file(options_.tails);
  }

  /// The content of a head; the reason why there is none.
  std::pair<std::string, std::string> content(const std::string& cell) const {
    if (options_.task.graph.empty()) return {cell, cell.empty() ? "no head" : ""};
    const auto node = read_.graph.find_node(cell);
    if (!node) return {"", cell.empty() ? "no node stands in for the query" : "the node is not in the graph"};
    if (!read_.graph.nodes()[*node].has_modality) return {"", "the node has no modality"};
    return {std::string(graph::content_of(read_.graph.nodes()[*node]).content), ""};
  }

  void read_queries() {
    const std::string key = options_.head_key_column.empty() ? options_.task.head_column : options_.head_key_column;
    const ColumnTable table =
        read_columns(options_.task.table, {key, options_.task.head_column, options_.task.tail_column});
    bad_rows_ = table.bad_rows;
    std::set<std::string> answers, failed;
    for (const auto& row : table.rows) answers.insert(row[2]);
    read_tails(answers);
    for (std::size_t k = 0; k < table.rows.size(); ++k) {
      const auto& row = table.rows[k];
      if (left_out_.contains(row[2]) || failed.contains(row[0])) continue;
      const auto [text, reason] = content(row[1]);
      const auto candidate = candidate_.find(row[2]);
      if (!reason.empty()) {
        failed.insert(row[0]);
        failures_.add(reason, options_.task.table + ":" + std::to_string(table.lines[k]));
      } else if (candidate == candidate_.end()) {
        failures_.add("an answer is not among the tails", options_.task.table + ":" + std::to_string(table.lines[k]));
      } else {
        Query& query = queries_[row[0]];
        query.head = heads_.add(text, options_.task.graph.empty() ? "" : row[1]);
        query.right.insert(candidate->second);
      }
    }
    if (!queries_.empty()) return;
    const std::vector<ReasonGroup> reasons = failures_.groups();
    const std::string why =
        reasons.empty() ? "no row has an answer" : reasons.front().reason + " (" + reasons.front().where + ")";
    throw Error(ErrorCode::kInput, "no query could be read: " + why).in_file(options_.task.table);
  }

  void score(const LinkPairScorer& scorer) {
    std::vector<float> popularity(tail_of_.size());
    for (const auto& [key, query] : queries_) {
      for (const std::size_t k : query.right) ++popularity[k];
    }
    const std::vector<std::uint64_t> rows(tail_of_.begin(), tail_of_.end());
    for (const auto& [key, query] : queries_) {
      if (const std::string& reason = scorer.reason(query.head, tail_of_[0]); !reason.empty()) {
        failures_.add(reason, key);
        ++failed_;
        continue;
      }
      std::vector<float> others = popularity;  // of the other queries, so that a query does not know itself
      for (const std::size_t k : query.right) others[k] -= 1;
      by_scorer_["model"].push_back(ranked_figures(scorer.score(query.head, rows), query.right));
      by_scorer_["popular"].push_back(ranked_figures(others, query.right));
      by_scorer_["random"].push_back(random_figures(rows.size(), query.right.size()));
    }
  }

  Table figure_table() const {
    Table table{.columns = {"scorer", "measure", "k", "queries", "mean", "low", "high"}, .rows = {}};
    static constexpr std::array<const char*, 3> kMeasures{"recall", "precision", "ndcg"};
    for (const char* scorer : {"model", "popular", "random"}) {
      const auto at = by_scorer_.find(scorer);
      if (at == by_scorer_.end()) continue;
      for (std::size_t f = 0; f < Figures{}.size(); ++f) {
        std::vector<double> values;
        for (const Figures& figures : at->second) values.push_back(figures[f]);
        const auto mean =
            eval::bootstrap_mean(values, {.seed = options_.task.seed, .resamples = options_.task.resamples});
        table.rows.push_back({std::string(scorer), std::string(kMeasures[f / kCutoffs.size()]),
                              std::uint64_t{kCutoffs[f % kCutoffs.size()]}, std::uint64_t{values.size()}, mean.mean,
                              mean.low, mean.high});
      }
    }
    return table;
  }

  Analysis report(const retrieve::LinkRelation& relation) const {
    Analysis analysis{.kind = "link-sets"};
    analysis.facts = {{"model", model_.name()},
                      {"digest", model_.digest()},
                      {"table", options_.task.table},
                      {"relation", options_.task.relation},
                      {"zero_shot", std::uint64_t{model_.is_zero_shot(relation) ? 1U : 0U}},
                      {"candidates", std::uint64_t{tail_of_.size()}},
                      {"left_out", std::uint64_t{left_out_.size()}},
                      {"queries", std::uint64_t{queries_.size()}},
                      {"unreadable_rows", bad_rows_},
                      {"unit", std::string("percent")},
                      {"interval", std::string("95 %, bootstrap over queries")}};
    analysis.tables.emplace_back("figures", figure_table());
    Table failed{.columns = {"reason", "count", "first"}, .rows = {}};
    for (const ReasonGroup& group : failures_.groups()) {
      failed.rows.push_back({group.reason, group.count, group.where});
    }
    analysis.skipped = failed_;
    analysis.tables.emplace_back("failed", std::move(failed));
    return analysis;
  }

  const LinkSetOptions& options_;
  const retrieve::LinkModel& model_;
  std::size_t threads_;
  graph::ReadGraph read_;
  std::map<std::string, std::size_t> candidate_;  // by key
  std::vector<std::uint32_t> tail_of_;            // of the candidates
  std::set<std::string> left_out_;
  EntityIndex heads_, tails_;
  std::map<std::string, Query> queries_;
  std::map<std::string, std::vector<Figures>> by_scorer_;
  ReasonTally failures_;
  std::uint64_t bad_rows_ = 0;
  std::uint64_t failed_ = 0;  // queries that the model could not take; what the tables lack is no failure
};

}  // namespace

Analysis evaluate_link_sets(const LinkSetOptions& options, const LinkModelChoice& model, std::size_t threads,
                            Progress& progress) {
  return SetEvaluation(options, *open_link_model(model), threads).run(progress);
}

}  // namespace molbridge::service
