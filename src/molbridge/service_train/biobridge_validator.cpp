#include "molbridge/service_train/biobridge_validator.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::size_t kBlock = 256;  // queries scored together

}  // namespace

BiobridgeValidator::BiobridgeValidator(const BiobridgeData& data, train::BiobridgeTask& task)
    : data_(data), task_(task), column_(data.set.type_of.size(), -1) {
  for (std::uint32_t type = 0; type < data.set.tables.size(); ++type) {
    const auto& pool = task.negatives().pool(type);
    for (std::size_t i = 0; i < pool.size(); ++i) column_[pool[i]] = static_cast<std::int64_t>(i);
  }
  for (std::size_t i = 0; i < data.validation.size(); ++i) {
    const train::LinkEdge& edge = data.validation[i];
    groups_[{edge.relation, data.set.type_of[edge.tail]}].push_back(i);
    known_[{edge.head, edge.relation}];
  }
  for (const train::LinkEdge& edge : data.known) {
    const auto found = known_.find({edge.head, edge.relation});
    if (found != known_.end()) found->second.push_back(edge.tail);
  }
}

void BiobridgeValidator::rank(const Key& key, std::span<const std::size_t> places, const torch::Tensor& tails,
                              std::vector<double>& reciprocal) {
  std::vector<std::uint32_t> heads;
  for (const std::size_t place : places) heads.push_back(data_.validation[place].head);
  const torch::Tensor queries = train::normalized(task_.query(heads, key.first, key.second));
  const torch::Tensor scores = queries.matmul(tails.t()).contiguous();
  const auto count = static_cast<std::size_t>(scores.size(1));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const train::LinkEdge& edge = data_.validation[places[i]];
    float* row = scores.data_ptr<float>() + i * count;
    const std::int64_t own = column_[edge.tail];
    if (own < 0) continue;
    const float score = row[own];
    for (const std::uint32_t other : known_.at({edge.head, edge.relation})) {
      if (data_.set.type_of[other] == key.second && column_[other] >= 0)
        row[column_[other]] = -std::numeric_limits<float>::infinity();
    }
    const auto better = std::count_if(row, row + count, [&](float value) { return !(value < score); });
    reciprocal[places[i]] = 1.0 / static_cast<double>(better + 1);
  }
}

std::vector<std::pair<std::string, double>> BiobridgeValidator::measure() {
  std::vector<double> reciprocal(data_.validation.size(), 0);
  std::map<std::uint32_t, torch::Tensor> tails;
  for (const auto& [key, places] : groups_) {
    check_interrupt();
    torch::Tensor& of_type = tails[key.second];
    if (!of_type.defined() && !task_.negatives().pool(key.second).empty())
      of_type = train::normalized(task_.project(task_.negatives().pool(key.second)));
    if (!of_type.defined()) continue;
    for (std::size_t begin = 0; begin < places.size(); begin += kBlock)
      rank(key, std::span(places).subspan(begin, std::min(kBlock, places.size() - begin)), of_type, reciprocal);
  }
  double sum = 0, first = 0, ten = 0;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::pair<double, double>> by_triple;
  for (std::size_t i = 0; i < reciprocal.size(); ++i) {
    const train::LinkEdge& edge = data_.validation[i];
    sum += reciprocal[i];
    first += reciprocal[i] > 0.999;
    ten += reciprocal[i] > 0.0999;
    auto& [total, edges] = by_triple[{data_.set.type_of[edge.head], edge.relation, data_.set.type_of[edge.tail]}];
    total += reciprocal[i];
    edges += 1;
  }
  double relations = 0;
  for (const auto& [triple, total] : by_triple) relations += total.first / total.second;
  const auto count = static_cast<double>(reciprocal.size());
  return {{"mrr", sum / count},
          {"hits_at_1", first / count},
          {"hits_at_10", ten / count},
          {"mrr_relations", relations / static_cast<double>(by_triple.size())}};
}

}  // namespace molbridge::service_train
