#include "molbridge/service/link_ranks.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/eval/multi_ranking.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kBlock = 64;  // heads scored at once
constexpr std::uint32_t kNoColumn = std::numeric_limits<std::uint32_t>::max();

class LinkRanker {
 public:
  LinkRanker(const graph::Graph& graph, const KnownLinks& known, LinkScorer& scorer, const LinkRankOptions& options,
             Progress& progress)
      : graph_(graph), known_(known), scorer_(scorer), options_(options), progress_(progress) {}

  LinkRanks run(std::vector<std::uint32_t> edges) {
    prepare(edges);
    progress_.start("ranking", edges.size(), "edges");
    for (auto& [tail_type, by_relation] : queries_) {
      set_tails(tail_type);
      for (auto& [relation, by_head] : by_relation) rank_relation(relation, by_head);
    }
    progress_.finish();
    ranks_.failures = tally_.groups();
    return std::move(ranks_);
  }

 private:
  using ByHead = std::map<std::uint32_t, std::vector<std::size_t>>;  // positions in ranks_.edges

  bool is_candidate(std::uint32_t node) const { return options_.all_nodes || graph_.nodes()[node].has_modality; }

  void prepare(const std::vector<std::uint32_t>& edges) {
    for (const std::uint32_t index : edges) {
      const graph::Edge& edge = graph_.edges()[index];
      LinkRank rank{.edge = index};
      rank.without_modality = !is_candidate(edge.head) || !is_candidate(edge.tail);
      if (!rank.without_modality)
        queries_[graph_.nodes()[edge.tail].type][edge.relation][edge.head].push_back(ranks_.edges.size());
      ranks_.edges.push_back(rank);
    }
  }

  void set_tails(const std::string& type) {
    candidates_.clear();
    for (const std::uint32_t node : graph_.nodes_of(type)) {
      if (is_candidate(node)) candidates_.push_back(node);
    }
    column_.assign(graph_.nodes().size(), kNoColumn);
    tail_reasons_ = scorer_.set_tails(type, candidates_, options_.threads);
    valid_ = 0;
    for (std::uint32_t k = 0; k < candidates_.size(); ++k) {
      if (!tail_reasons_[k].empty()) {
        tally_.add(tail_reasons_[k], graph_.nodes()[candidates_[k]].id);
        continue;
      }
      column_[candidates_[k]] = k;
      ++valid_;
    }
  }

  graph::Relation asked(std::uint32_t relation) const {
    graph::Relation of = graph_.relations()[relation];
    if (!options_.as_relation) return of;
    const graph::Relation& as = *options_.as_relation;
    of.name = as.name;
    if (!as.head_type.empty()) of.head_type = as.head_type;
    if (!as.tail_type.empty()) of.tail_type = as.tail_type;
    return of;
  }

  void rank_relation(std::uint32_t relation, const ByHead& by_head) {
    std::vector<std::uint32_t> heads;
    for (const auto& [head, positions] : by_head) heads.push_back(head);
    std::vector<float> scores(std::min(kBlock, heads.size()) * candidates_.size());
    for (std::size_t begin = 0; begin < heads.size(); begin += kBlock) {
      check_interrupt();
      const auto block = std::span(heads).subspan(begin, std::min(kBlock, heads.size() - begin));
      const auto filled = std::span(scores).first(block.size() * candidates_.size());
      const auto reasons = scorer_.score(block, asked(relation), options_.threads, filled);
      rank_block(relation, block, reasons, filled, by_head);
      for (std::size_t k = 0; k < block.size(); ++k) {
        if (!reasons[k].empty()) tally_.add(reasons[k], graph_.nodes()[block[k]].id);
        done_ += by_head.at(block[k]).size();
      }
      progress_.advance(done_);
    }
  }

  void rank_block(std::uint32_t relation, std::span<const std::uint32_t> heads, const std::vector<std::string>& reasons,
                  std::span<float> scores, const ByHead& by_head) {
    parallel_for(heads.size(), options_.threads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        if (reasons[k].empty())
          rank_head(relation, heads[k], scores.subspan(k * candidates_.size(), candidates_.size()),
                    by_head.at(heads[k]));
      }
    });
  }

  /// Writes to the ranks of this head's edges alone, so heads may be taken by several threads.
  void rank_head(std::uint32_t relation, std::uint32_t head, std::span<float> scores,
                 const std::vector<std::size_t>& positions) {
    for (std::size_t k = 0; k < scores.size(); ++k) {
      if (!tail_reasons_[k].empty()) scores[k] = -std::numeric_limits<float>::infinity();
    }
    std::set<std::size_t> known;
    for (const std::uint32_t node : options_.filter_pair ? known_.neighbours(head) : known_.tails(head, relation)) {
      if (column_[node] != kNoColumn) known.insert(column_[node]);
    }
    if (column_[head] != kNoColumn) known.insert(column_[head]);  // as `link` does: a node is no candidate of itself
    const std::vector<std::size_t> others(known.begin(), known.end());
    for (const std::size_t position : positions) {
      LinkRank& rank = ranks_.edges[position];
      const std::uint32_t column = column_[graph_.edges()[rank.edge].tail];
      rank.candidates = valid_;
      rank.filtered_candidates = valid_ - others.size() + 1;  // the tail itself is among the known
      if (column == kNoColumn) continue;
      rank.raw = eval::filtered_rank(scores, column, {});
      rank.filtered = eval::filtered_rank(scores, column, others);
    }
  }

  const graph::Graph& graph_;
  const KnownLinks& known_;
  LinkScorer& scorer_;
  const LinkRankOptions& options_;
  Progress& progress_;
  LinkRanks ranks_;
  ReasonTally tally_;
  std::map<std::string, std::map<std::uint32_t, ByHead>> queries_;  // by tail type, relation
  std::vector<std::uint32_t> candidates_;
  std::vector<std::uint32_t> column_;  // of a node among the candidates
  std::vector<std::string> tail_reasons_;
  std::uint64_t valid_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace

LinkRanks rank_links(const graph::Graph& graph, const KnownLinks& known, std::vector<std::uint32_t> edges,
                     LinkScorer& scorer, const LinkRankOptions& options, Progress& progress) {
  return LinkRanker(graph, known, scorer, options, progress).run(std::move(edges));
}

}  // namespace molbridge::service
