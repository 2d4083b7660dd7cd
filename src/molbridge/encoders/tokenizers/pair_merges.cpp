#include "molbridge/encoders/tokenizers/pair_merges.hpp"

#include <algorithm>

namespace molbridge::encoders {
namespace {

struct Symbol {
  std::int32_t id;
  std::int32_t previous;
  std::int32_t next;
  bool gone;
};

struct Candidate {
  std::uint32_t rank;
  std::int32_t at;
  std::int32_t id;
  bool operator<(const Candidate& other) const {  // the heap of the standard library has the largest on top
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

std::uint64_t key_of(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

std::vector<Symbol> chain(const std::vector<std::int32_t>& ids) {
  std::vector<Symbol> symbols(ids.size());
  const auto count = static_cast<std::int32_t>(ids.size());
  for (std::int32_t i = 0; i < count; ++i) {
    symbols[static_cast<std::size_t>(i)] = {ids[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1, false};
  }
  return symbols;
}

}  // namespace

void PairMerges::add(std::int32_t left, std::int32_t right, std::uint32_t rank, std::int32_t id, bool replace) {
  const Merge merge{rank, id};
  if (replace) {
    merges_[key_of(left, right)] = merge;
  } else {
    merges_.try_emplace(key_of(left, right), merge);
  }
}

const PairMerges::Merge* PairMerges::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void PairMerges::apply(const std::vector<std::int32_t>& ids, std::vector<std::int32_t>& out) const {
  if (ids.size() < 2 || merges_.empty()) {
    out.insert(out.end(), ids.begin(), ids.end());
    return;
  }
  auto symbols = chain(ids);
  const auto symbol = [&symbols](std::int32_t at) -> Symbol& { return symbols[static_cast<std::size_t>(at)]; };
  std::vector<Candidate> heap;
  const auto offer = [&](std::int32_t at, std::int32_t next) {
    const auto* found = find(symbol(at).id, symbol(next).id);
    if (!found) return;
    heap.push_back({found->rank, at, found->id});
    std::push_heap(heap.begin(), heap.end());
  };
  for (std::int32_t i = 0; i + 1 < static_cast<std::int32_t>(ids.size()); ++i) offer(i, i + 1);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Candidate top = heap.back();
    heap.pop_back();
    auto& left = symbol(top.at);
    if (left.gone || left.next < 0) continue;
    auto& right = symbol(left.next);
    const auto* now = find(left.id, right.id);
    if (!now || now->id != top.id) continue;  // stale: the pair at this place no longer makes that token
    left.id = top.id;
    right.gone = true;
    left.next = right.next;
    if (left.next >= 0) symbol(left.next).previous = top.at;
    if (left.previous >= 0) offer(left.previous, top.at);
    if (left.next >= 0) offer(top.at, left.next);
  }
  for (const auto& left : symbols) {
    if (!left.gone) out.push_back(left.id);
  }
}

}  // namespace molbridge::encoders
