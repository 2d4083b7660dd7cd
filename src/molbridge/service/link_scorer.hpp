#pragma once
// What `graph evaluate` asks of whatever ranks the nodes of a graph: a trained model, or a baseline that only counts (degree, neighbours).

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/graph/graph.hpp"
#include "molbridge/retrieve/link_model.hpp"

namespace molbridge::service {

/// Not thread-safe: set_tails() and score() take turns. Both use `threads` and give the same numbers with any of them.
class LinkScorer {
 public:
  virtual ~LinkScorer() = default;
  virtual std::string name() const = 0;
  virtual std::string digest() const = 0;

  /// What the scorer does not know of these relations, in words ("relation carries", "node type exposure"); empty: all is known.
  virtual std::vector<std::string> unknown(std::span<const graph::Relation> relations) const = 0;

  /// The candidates of the scores to come: nodes of one type. Gives per node why it cannot be scored, "" where it can.
  virtual std::vector<std::string> set_tails(const std::string& type, std::span<const std::uint32_t> nodes,
                                             std::size_t threads) = 0;
  /// Higher is better. Shapes: scores [heads * tails], row-major; rows of heads with a reason, and columns of tails with one, mean nothing.
  /// Gives per head why it cannot be scored. The types of `relation` need not be those of the nodes (zero-shot).
  virtual std::vector<std::string> score(std::span<const std::uint32_t> heads, const graph::Relation& relation,
                                         std::size_t threads, std::span<float> scores) = 0;
};

/// A retrieve::LinkModel asked about the nodes of a graph.
class LinkModelScorer final : public LinkScorer {
 public:
  /// The graph must outlive it.
  LinkModelScorer(std::shared_ptr<const retrieve::LinkModel> model, const graph::Graph& graph);
  ~LinkModelScorer() override;

  std::string name() const override { return model_->name(); }
  std::string digest() const override { return model_->digest(); }
  std::vector<std::string> unknown(std::span<const graph::Relation> relations) const override;
  std::vector<std::string> set_tails(const std::string& type, std::span<const std::uint32_t> nodes,
                                     std::size_t threads) override;
  std::vector<std::string> score(std::span<const std::uint32_t> heads, const graph::Relation& relation,
                                 std::size_t threads, std::span<float> scores) override;

 private:
  std::vector<retrieve::LinkEntity> entities(std::span<const std::uint32_t> nodes) const;

  std::shared_ptr<const retrieve::LinkModel> model_;
  const graph::Graph& graph_;
  std::unique_ptr<bank::MemoryTable> tails_;
};

/// A model as a command is given it.
struct LinkModelChoice {
  std::string folder;
  std::map<std::string, std::string> encoders;  ///< as retrieve::LinkModelOptions::encoders
  std::string cache;                            ///< root of the cache; "": as service/model_cache.hpp says
};
/// Errors: as retrieve::LinkModel::load().
std::shared_ptr<const retrieve::LinkModel> open_link_model(const LinkModelChoice& choice);

/// Scores of every query row with every row of the table, row-major. Shapes: queries [B * D], scores [B * N].
void score_all(const bank::VectorTable& table, std::span<const float> queries, bank::Similarity similarity,
               std::size_t threads, std::span<float> scores);

}  // namespace molbridge::service
