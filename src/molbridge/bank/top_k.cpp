// Exact top-k in one pass: a heap of the best k, and a count of the rows that tie with the worst of them but did not
// get in.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "molbridge/bank/bank.hpp"

namespace molbridge::bank {
namespace {

/// Total order: score descending, row ascending.
bool better(const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; }

class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) { best_.reserve(k); }

  void offer(std::uint64_t row, float score) {
    // A damaged row may score NaN, which no order can hold: it is the worst.
    const Hit hit{row, std::isnan(score) ? -std::numeric_limits<float>::infinity() : score, 0};
    if (best_.size() < k_) {
      best_.push_back(hit);
      std::push_heap(best_.begin(), best_.end(), better);
      return;
    }
    const Hit loser = better(hit, best_.front()) ? replace_worst(hit) : hit;
    if (loser.score == best_.front().score) ++ties_left_out_;
  }

  std::vector<Hit> finish() && {
    std::sort_heap(best_.begin(), best_.end(), better);
    std::uint64_t rank = best_.size() + ties_left_out_;
    for (std::size_t i = best_.size(); i-- > 0;) {
      if (i + 1 < best_.size() && best_[i].score != best_[i + 1].score) rank = i + 1;
      best_[i].rank = rank;
    }
    return std::move(best_);
  }

 private:
  Hit replace_worst(const Hit& hit) {
    std::pop_heap(best_.begin(), best_.end(), better);
    const Hit evicted = std::exchange(best_.back(), hit);
    std::push_heap(best_.begin(), best_.end(), better);
    if (best_.front().score != evicted.score) ties_left_out_ = 0;
    return evicted;
  }

  std::size_t k_;
  std::vector<Hit> best_;  // heap, the worst in front
  std::uint64_t ties_left_out_ = 0;
};

constexpr std::size_t kBlock = 4096;  // rows scored at once: bounds the memory of a search over everything

}  // namespace

std::vector<Hit> top_k(const Bank& bank, std::span<const float> query, std::span<const std::uint64_t> rows,
                       std::size_t k) {
  if (rows.empty() || k == 0) return {};
  TopK best(std::min(k, rows.size()));
  std::vector<float> scores(std::min(kBlock, rows.size()));
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlock) {
    const auto block = rows.subspan(begin, std::min(kBlock, rows.size() - begin));
    const auto out = std::span(scores).first(block.size());
    bank.score(query, block, out);
    for (std::size_t i = 0; i < block.size(); ++i) best.offer(block[i], out[i]);
  }
  return std::move(best).finish();
}

std::vector<Hit> top_k(const Bank& bank, std::span<const float> query, RowRange rows, std::size_t k) {
  if (rows.end <= rows.begin || k == 0) return {};
  TopK best(std::min<std::uint64_t>(k, rows.size()));
  std::array<std::uint64_t, kBlock> ids;
  std::array<float, kBlock> scores;
  for (std::uint64_t begin = rows.begin; begin < rows.end; begin += kBlock) {
    const std::size_t count = std::min<std::uint64_t>(kBlock, rows.end - begin);
    std::iota(ids.begin(), ids.begin() + count, begin);
    bank.score(query, std::span(ids).first(count), std::span(scores).first(count));
    for (std::size_t i = 0; i < count; ++i) best.offer(ids[i], scores[i]);
  }
  return std::move(best).finish();
}

}  // namespace molbridge::bank
