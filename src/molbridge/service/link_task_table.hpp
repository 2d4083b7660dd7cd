#pragma once
// The tables behind link_tasks.hpp, and the vectors of what stands in them. Private to the service.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/graph/graph.hpp"
#include "molbridge/retrieve/link_model.hpp"
#include "molbridge/service/reason_tally.hpp"

namespace molbridge::service {

/// Named columns of a table, in the order asked for. Rows of another number of fields are counted and left out.
struct ColumnTable {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::uint64_t> lines;
  std::uint64_t bad_rows = 0;
};
/// Errors: kInput for a column that is not there, with those found.
ColumnTable read_columns(const std::string& path, const std::vector<std::string>& columns);

/// Contents that occur often, encoded once.
class EntityIndex {
 public:
  /// Number of the entity of this content.
  std::uint32_t add(const std::string& content, const std::string& node_id = "");
  const std::vector<retrieve::LinkEntity>& entities(const std::string& type);
  std::size_t size() const { return entities_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> number_;
  std::vector<retrieve::LinkEntity> entities_;
};

/// Queries and tails as vectors; scores of pairs of them.
class LinkPairScorer {
 public:
  LinkPairScorer(const retrieve::LinkModel& model, const retrieve::LinkRelation& relation, EntityIndex& heads,
                 EntityIndex& tails, std::size_t threads);
  /// Why there is no score; "" where there is one.
  const std::string& reason(std::uint32_t head, std::uint32_t tail) const;
  /// Score of the head with each of the tails.
  std::vector<float> score(std::uint32_t head, const std::vector<std::uint64_t>& tails) const;

 private:
  const retrieve::LinkModel& model_;
  retrieve::EntityVectors heads_;
  std::vector<std::string> tail_reasons_;
  bank::MemoryTable tails_;
};

/// Errors: kUsage where a type is missing; kInput for types or names that the model does not know.
retrieve::LinkRelation require_model_relation(const retrieve::LinkModel& model, const std::string& text);

}  // namespace molbridge::service
