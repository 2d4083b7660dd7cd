#include "molbridge/service/final_ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "molbridge/core/error.hpp"

namespace molbridge::service {
namespace {

struct Key {
  bool looked_at = false;
  double score = 0;
  float bridge = 0;
  auto tied() const { return std::tie(looked_at, score, bridge); }
};

constexpr double kWorst = -std::numeric_limits<double>::infinity();

Key key_of(const rerank::Verdict& verdict, double score, float bridge) {
  if (verdict.looked_at) return {true, score, 0};
  return {false, std::isnan(score) ? kWorst : score, std::isnan(bridge) ? static_cast<float>(kWorst) : bridge};
}

}  // namespace

std::vector<float> final_order(std::span<const rerank::Verdict> verdicts, std::span<const double> final_scores,
                               std::span<const float> bridge_scores) {
  constexpr std::size_t kMost = std::size_t{1} << 24;  // whole numbers up to it are floats
  MOLBRIDGE_CHECK(
      verdicts.size() == final_scores.size() && verdicts.size() == bridge_scores.size() && verdicts.size() <= kMost,
      std::to_string(verdicts.size()));
  std::vector<float> order(verdicts.size(), std::numeric_limits<float>::quiet_NaN());
  std::vector<Key> keys;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    keys.push_back(key_of(verdicts[i], final_scores[i], bridge_scores[i]));
    if (!std::isnan(keys[i].score)) places.push_back(i);
  }
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return keys[a].tied() < keys[b].tied(); });
  std::size_t level = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i > 0 && keys[places[i - 1]].tied() < keys[places[i]].tied()) ++level;
    order[places[i]] = static_cast<float>(level);
  }
  return order;
}

}  // namespace molbridge::service
