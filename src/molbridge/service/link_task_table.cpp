#include "molbridge/service/link_task_table.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/core/delimited.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/graph/lookup.hpp"

namespace molbridge::service {
namespace {

std::size_t column_index(const std::vector<std::string>& header, const std::string& column, const std::string& path) {
  const auto at = std::ranges::find(header, column);
  if (at != header.end()) return static_cast<std::size_t>(at - header.begin());
  const auto near = nearest(column, header);
  throw Error(ErrorCode::kInput, "no column \"" + column + "\"; found: " + join(header, ", "))
      .at_line(path, 1)
      .remedy(near ? "is \"" + *near + "\" meant?" : "name the column");
}

retrieve::EntityVectors vectors_of_heads(const retrieve::LinkModel& model, const retrieve::LinkRelation& relation,
                                         EntityIndex& heads, std::size_t threads) {
  return model.heads(heads.entities(relation.head_type), relation, threads);
}

}  // namespace

ColumnTable read_columns(const std::string& path, const std::vector<std::string>& columns) {
  const auto lines = LineSource::open(path);
  const std::string_view head = lines->peek(std::size_t{1} << 16);
  RecordSource records(*lines, sniff_delimiter(head.substr(0, head.find('\n'))));
  const auto header = records.next();
  if (!header) throw Error(ErrorCode::kInput, "the table is empty").in_file(path);
  std::vector<std::size_t> at;
  for (const std::string& column : columns) at.push_back(column_index(header->fields, column, path));
  ColumnTable table;
  while (auto record = records.next()) {
    check_interrupt();
    if (record->fields.size() != header->fields.size()) {
      ++table.bad_rows;
      continue;
    }
    std::vector<std::string> row;
    for (const std::size_t column : at) row.push_back(record->fields[column]);  // one column may be asked for twice
    table.rows.push_back(std::move(row));
    table.lines.push_back(record->line);
  }
  return table;
}

std::uint32_t EntityIndex::add(const std::string& content, const std::string& node_id) {
  const auto [at, is_new] = number_.try_emplace(node_id + "\t" + content, static_cast<std::uint32_t>(entities_.size()));
  if (is_new) entities_.push_back({.type = {}, .content = content, .node_id = node_id});
  return at->second;
}

const std::vector<retrieve::LinkEntity>& EntityIndex::entities(const std::string& type) {
  for (auto& entity : entities_) entity.type = type;
  return entities_;
}

LinkPairScorer::LinkPairScorer(const retrieve::LinkModel& model, const retrieve::LinkRelation& relation,
                               EntityIndex& heads, EntityIndex& tails, std::size_t threads)
    : model_(model), heads_(vectors_of_heads(model, relation, heads, threads)), tails_({}, model.width()) {
  retrieve::EntityVectors vectors = model.tails(tails.entities(relation.tail_type), relation.tail_type, threads);
  tail_reasons_ = std::move(vectors.reasons);
  tails_ = bank::MemoryTable(std::move(vectors.rows), model.width());
}

const std::string& LinkPairScorer::reason(std::uint32_t head, std::uint32_t tail) const {
  return heads_.reasons[head].empty() ? tail_reasons_[tail] : heads_.reasons[head];
}

std::vector<float> LinkPairScorer::score(std::uint32_t head, const std::vector<std::uint64_t>& tails) const {
  std::vector<float> scores(tails.size());
  const auto query = std::span(heads_.rows).subspan(head * model_.width(), model_.width());
  tails_.score(model_.similarity(), query, tails, scores);
  return scores;
}

retrieve::LinkRelation require_model_relation(const retrieve::LinkModel& model, const std::string& text) {
  const graph::Relation given = graph::parse_relation(text);
  if (given.head_type.empty()) {
    throw Error(ErrorCode::kUsage, "\"" + text + "\" does not say its types").remedy("give NAME:HEAD_TYPE:TAIL_TYPE");
  }
  (void)model.node_type(given.head_type);
  (void)model.node_type(given.tail_type);
  return {.name = given.name, .head_type = given.head_type, .tail_type = given.tail_type};
}

}  // namespace molbridge::service
