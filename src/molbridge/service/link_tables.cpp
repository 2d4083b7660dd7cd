#include "molbridge/service/link_tables.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/eval/multi_ranking.hpp"
#include "molbridge/graph/statistics.hpp"

namespace molbridge::service {
namespace {

constexpr std::array<std::uint64_t, 3> kHits{1, 3, 10};
constexpr std::array<std::uint64_t, 7> kHeadCutoffs{1, 2, 3, 4, 5, 10, 20};

const eval::RankFigure& figure(const eval::RankSummary& summary, const std::string& name) {
  for (const auto& [of, value] : summary.figures) {
    if (of == name) return value;
  }
  MOLBRIDGE_CHECK(false, name);
  return summary.figures.front().second;
}

const std::vector<std::string>& figure_columns() {
  static const std::vector<std::string> columns{
      "edges",           "ranked",        "without_modality",   "failed",
      "heads",           "candidates",    "median_rank",        "mrr",
      "hits_at_1",       "hits_at_3",     "hits_at_10",         "mrr_by_head",
      "mrr_low",         "mrr_high",      "hits_at_10_by_head", "hits_at_10_low",
      "hits_at_10_high", "mrr_random",    "hits_at_10_random",  "mrr_raw",
      "hits_at_1_raw",   "hits_at_3_raw", "hits_at_10_raw"};
  return columns;
}

struct Group {
  std::vector<eval::RankOutcome> filtered;
  std::vector<eval::RankOutcome> raw;
  std::uint64_t without_modality = 0;

  void add(const LinkRank& rank, const graph::Edge& edge) {
    if (rank.without_modality) {
      ++without_modality;
      return;
    }
    filtered.push_back(
        {.cluster = edge.head, .rank = rank.filtered, .num_right = 1, .num_candidates = rank.filtered_candidates});
    raw.push_back({.cluster = edge.head, .rank = rank.raw, .num_right = 1, .num_candidates = rank.candidates});
  }

  /// In the order of figure_columns().
  std::vector<Cell> cells(const eval::BootstrapOptions& bootstrap) const {
    eval::BootstrapOptions few = bootstrap;
    few.resamples = 2;  // of the raw ranks no interval is shown
    const eval::RankSummary of = eval::summarize_ranks(filtered, kHits, bootstrap);
    const eval::RankSummary raw_of = eval::summarize_ranks(raw, kHits, few);
    const auto& mrr = figure(of, "mrr");
    const auto& ten = figure(of, "recall_at_10");
    std::vector<Cell> out{std::uint64_t{filtered.size() + without_modality},
                          of.queries - of.skipped,
                          without_modality,
                          of.skipped,
                          of.clusters,
                          raw_of.mean_candidates,
                          of.median_rank,
                          mrr.by_query};
    for (const std::uint64_t k : kHits) out.emplace_back(figure(of, "recall_at_" + std::to_string(k)).by_query);
    for (const auto& shown : {mrr, ten}) {
      for (const double value : {shown.by_cluster, shown.ci95_low, shown.ci95_high}) out.emplace_back(value);
    }
    out.insert(out.end(), {mrr.random, ten.random, figure(raw_of, "mrr").by_query});
    for (const std::uint64_t k : kHits) out.emplace_back(figure(raw_of, "recall_at_" + std::to_string(k)).by_query);
    return out;
  }
};

/// 0, 1-4, 5-19, 20-99, 100 and more; numbered, so that they sort.
std::string degree_stratum(std::uint32_t degree) {
  if (degree == 0) return "0";
  if (degree < 5) return "1-4";
  if (degree < 20) return "5-19";
  return degree < 100 ? "20-99" : ">=100";
}
const std::vector<std::string>& degree_strata() {
  static const std::vector<std::string> strata{"0", "1-4", "5-19", "20-99", ">=100"};
  return strata;
}

std::vector<std::string> with_figures(std::vector<std::string> columns) {
  columns.insert(columns.end(), figure_columns().begin(), figure_columns().end());
  return columns;
}

class LinkTables {
 public:
  LinkTables(const graph::Graph& graph, const std::vector<LinkRank>& ranks, const LinkTableOptions& options)
      : graph_(graph), ranks_(ranks), options_(options) {}

  std::vector<std::pair<std::string, Table>> make() {
    Table relations = relation_table();
    std::vector<std::pair<std::string, Table>> out;
    out.emplace_back("summary", summary_table(relations));
    out.emplace_back("relations", std::move(relations));
    out.emplace_back("head_types", by_head_type());
    out.emplace_back("tail_degrees", by_degree("tail_degree_in_train", train_degrees(), &graph::Edge::tail));
    out.emplace_back("head_degrees", by_degree("head_degree", graph::degrees(graph_), &graph::Edge::head));
    out.emplace_back("heads", head_table());
    return out;
  }

 private:
  const graph::Edge& edge(const LinkRank& rank) const { return graph_.edges()[rank.edge]; }

  std::map<std::string, Group> groups(const std::function<std::string(const graph::Edge&)>& key) const {
    std::map<std::string, Group> out;
    for (const LinkRank& rank : ranks_) out[key(edge(rank))].add(rank, edge(rank));
    return out;
  }

  Table relation_table() const {
    std::map<std::uint32_t, Group> by_relation;
    for (const LinkRank& rank : ranks_) by_relation[edge(rank).relation].add(rank, edge(rank));
    Table table{.columns = with_figures({"head_type", "relation", "tail_type"}), .rows = {}};
    for (const auto& [relation, group] : by_relation) {
      const graph::Relation& of = graph_.relations()[relation];
      table.rows.push_back({of.head_type, of.name, of.tail_type});
      const auto cells = group.cells(options_.bootstrap);
      table.rows.back().insert(table.rows.back().end(), cells.begin(), cells.end());
    }
    return table;
  }

  /// All edges together, and the mean over relations that have a ranked edge.
  Table summary_table(const Table& relations) const {
    Table table{.columns = with_figures({"over"}), .rows = {}};
    Group all;
    for (const LinkRank& rank : ranks_) all.add(rank, edge(rank));
    table.rows.push_back({std::string("edges")});
    const auto cells = all.cells(options_.bootstrap);
    table.rows.back().insert(table.rows.back().end(), cells.begin(), cells.end());
    std::vector<Cell> macro{std::string("relations")};
    for (std::size_t column = 0; column < figure_columns().size(); ++column)
      macro.push_back(macro_cell(relations, column));
    table.rows.push_back(std::move(macro));
    return table;
  }

  static Cell macro_cell(const Table& relations, std::size_t column) {
    const std::string& name = figure_columns()[column];
    if (name.find("_low") != std::string::npos || name.find("_high") != std::string::npos) return {};
    double sum = 0;
    std::uint64_t count = 0, relations_counted = 0;
    for (const auto& row : relations.rows) {
      const Cell& cell = row[column + 3];
      if (const auto* whole = std::get_if<std::uint64_t>(&cell)) count += *whole;
      if (std::get<std::uint64_t>(row[3 + 1]) + std::get<std::uint64_t>(row[3 + 3]) == 0) continue;  // ranked, failed
      ++relations_counted;
      if (const auto* value = std::get_if<double>(&cell)) sum += *value;
    }
    const bool is_count =
        !relations.rows.empty() && std::holds_alternative<std::uint64_t>(relations.rows[0][column + 3]);
    if (is_count) return count;
    return relations_counted == 0 ? 0.0 : sum / static_cast<double>(relations_counted);
  }

  Table by_head_type() const {
    Table table{.columns = with_figures({"head_type"}), .rows = {}};
    const auto by_type = groups([&](const graph::Edge& edge) { return graph_.nodes()[edge.head].type; });
    for (const auto& [type, group] : by_type) add_row(table, type, group);
    return table;
  }

  void add_row(Table& table, const std::string& label, const Group& group) const {
    table.rows.push_back({label});
    const auto cells = group.cells(options_.bootstrap);
    table.rows.back().insert(table.rows.back().end(), cells.begin(), cells.end());
  }

  std::vector<std::uint32_t> train_degrees() const {
    std::vector<bool> counts;
    for (const bool evaluated : options_.evaluated) counts.push_back(!evaluated);
    return graph::degrees(graph_, counts);
  }

  Table by_degree(const std::string& label, const std::vector<std::uint32_t>& degrees,
                  std::uint32_t graph::Edge::*end) const {
    Table table{.columns = with_figures({label}), .rows = {}};
    const auto strata = groups([&](const graph::Edge& edge) { return degree_stratum(degrees[edge.*end]); });
    for (const std::string& stratum : degree_strata()) {
      if (const auto at = strata.find(stratum); at != strata.end()) add_row(table, stratum, at->second);
    }
    return table;
  }

  /// BioBridge's own protocol: recall and precision at k of every head and relation over raw ranks, mean over heads.
  Table head_table() const {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> frequency;  // of (relation, tail)
    for (const graph::Edge& edge : graph_.edges()) ++frequency[{edge.relation, edge.tail}];
    std::map<std::uint32_t, std::map<std::uint32_t, std::vector<std::uint64_t>>> ranks;  // relation, head
    constexpr std::uint64_t kMiss = ~std::uint64_t{0};
    for (const LinkRank& rank : ranks_) {
      if (rank.without_modality || frequency[{edge(rank).relation, edge(rank).tail}] < options_.min_tail_frequency)
        continue;
      ranks[edge(rank).relation][edge(rank).head].push_back(rank.raw.value_or(kMiss));
    }
    Table table{.columns = {"head_type", "relation", "tail_type", "heads", "labels"}, .rows = {}};
    for (const std::uint64_t k : kHeadCutoffs) table.columns.push_back("recall_at_" + std::to_string(k));
    for (const std::uint64_t k : kHeadCutoffs) table.columns.push_back("precision_at_" + std::to_string(k));
    for (const auto& [relation, by_head] : ranks) {
      const graph::Relation& of = graph_.relations()[relation];
      std::uint64_t labels = 0;
      for (const auto& [head, of_head] : by_head) labels += of_head.size();
      table.rows.push_back({of.head_type, of.name, of.tail_type, std::uint64_t{by_head.size()}, labels});
      for (const bool precision : {false, true}) {
        for (const std::uint64_t k : kHeadCutoffs)
          table.rows.back().emplace_back(mean_over_heads(by_head, k, precision));
      }
    }
    return table;
  }

  static double mean_over_heads(const std::map<std::uint32_t, std::vector<std::uint64_t>>& by_head, std::uint64_t k,
                                bool precision) {
    double sum = 0;
    for (const auto& [head, ranks] : by_head) {
      const auto found = static_cast<double>(std::ranges::count_if(ranks, [&](std::uint64_t r) { return r <= k; }));
      sum += found / (precision ? static_cast<double>(k) : static_cast<double>(ranks.size()));
    }
    return 100 * sum / static_cast<double>(by_head.size());
  }

  const graph::Graph& graph_;
  const std::vector<LinkRank>& ranks_;
  const LinkTableOptions& options_;
};

}  // namespace

std::vector<std::pair<std::string, Table>> link_tables(const graph::Graph& graph, const std::vector<LinkRank>& ranks,
                                                       const LinkTableOptions& options) {
  return LinkTables(graph, ranks, options).make();
}

}  // namespace molbridge::service
