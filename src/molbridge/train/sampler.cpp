#include "molbridge/train/sampler.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::train {
namespace {

std::string stream(const char* what, std::int64_t number) { return what + std::to_string(number); }

}  // namespace

SamplerKind parse_sampler(std::string_view text) {
  for (const auto kind : {SamplerKind::kShuffle, SamplerKind::kBalanced, SamplerKind::kUnique, SamplerKind::kGrouped}) {
    if (text == name(kind)) return kind;
  }
  throw Error(ErrorCode::kUsage, "unknown sampler '" + std::string(text) + "'")
      .remedy("Use shuffle, balanced, unique or grouped.");
}

std::string_view name(SamplerKind kind) {
  switch (kind) {
    case SamplerKind::kShuffle: return "shuffle";
    case SamplerKind::kBalanced: return "balanced";
    case SamplerKind::kUnique: return "unique";
    case SamplerKind::kGrouped: return "grouped";
  }
  return "";
}

Sampler::Sampler(const Task& task, const SamplerOptions& options) : options_(options) {
  MOLBRIDGE_CHECK(task.num_examples() > 0 && options.batch_size > 0 && options.per_group > 0, "sampler options");
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::int64_t i = 0; i < task.num_examples(); ++i) {
    const auto [at, is_new] = place.try_emplace(task.group_of(i), members_.size());
    if (is_new) members_.emplace_back();
    members_[at->second].push_back(i);
  }
}

Batches Sampler::epoch(std::int64_t number) const {
  if (options_.kind == SamplerKind::kShuffle) {
    std::vector<std::int64_t> order;
    for (const auto& members : members_) order.insert(order.end(), members.begin(), members.end());
    std::sort(order.begin(), order.end());
    Rng rng(options_.seed, stream("epoch ", number));
    rng.shuffle(std::span(order));
    return cut(order);
  }
  if (options_.kind == SamplerKind::kGrouped) return grouped(number);
  // Round r holds the r-th pick of every group that has one: no group stands twice in a round, so none stands twice in a batch of it.
  const std::vector<std::vector<std::int64_t>> rounds = draw_rounds(number);
  if (options_.kind == SamplerKind::kUnique) {
    Batches batches;
    for (const auto& round : rounds) {
      for (auto& batch : cut(round)) batches.push_back(std::move(batch));
    }
    return batches;
  }
  std::vector<std::int64_t> order;
  for (const auto& round : rounds) order.insert(order.end(), round.begin(), round.end());
  Rng rng(options_.seed, stream("epoch ", number));
  rng.shuffle(std::span(order));
  return cut(order);
}

Batches Sampler::grouped(std::int64_t number) const {
  Rng rng(options_.seed, stream("epoch ", number));
  const auto size = static_cast<std::ptrdiff_t>(options_.per_group);
  std::vector<std::vector<std::int64_t>> lots;
  for (const auto& members : members_) {
    std::vector<std::int64_t> drawn = members;
    rng.shuffle(std::span(drawn));
    for (auto begin = drawn.begin(); begin != drawn.end();) {
      const auto end = begin + std::min(size, drawn.end() - begin);
      lots.emplace_back(begin, end);
      begin = end;
    }
  }
  rng.shuffle(std::span(lots));
  std::vector<std::int64_t> order;
  for (const auto& lot : lots) order.insert(order.end(), lot.begin(), lot.end());
  return cut(order);
}

std::vector<std::vector<std::int64_t>> Sampler::draw_rounds(std::int64_t number) const {
  Rng rng(options_.seed, stream("picks of epoch ", number));
  std::vector<std::vector<std::int64_t>> rounds(static_cast<std::size_t>(options_.per_group));
  for (const auto& members : members_) {
    std::vector<std::int64_t> drawn = members;
    rng.shuffle(std::span(drawn));
    const std::size_t count = std::min(drawn.size(), rounds.size());
    for (std::size_t r = 0; r < count; ++r) rounds[r].push_back(drawn[r]);
  }
  std::erase_if(rounds, [](const auto& round) { return round.empty(); });
  for (auto& round : rounds) rng.shuffle(std::span(round));
  return rounds;
}

Batches Sampler::cut(const std::vector<std::int64_t>& order) const {
  const auto size = static_cast<std::size_t>(options_.batch_size);
  Batches batches;
  for (std::size_t begin = 0; begin < order.size(); begin += size) {
    const std::size_t end = std::min(order.size(), begin + size);
    if (options_.drop_last && end - begin < size && begin > 0) break;
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

}  // namespace molbridge::train
