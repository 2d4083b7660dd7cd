#include "molbridge/eval/distribution.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::eval {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double total_weight(std::span<const Weighted> values) {
  double total = 0;
  for (const Weighted& one : values) total += one.weight;
  return total;
}

void sort_by_value(std::span<Weighted> values) {
  std::sort(values.begin(), values.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
}

}  // namespace

Distribution distribution(std::span<const Weighted> values, double low, double high, std::size_t bins) {
  MOLBRIDGE_CHECK(low < high && bins > 0, std::to_string(low) + " " + std::to_string(high));
  Distribution out{{}, std::vector<double>(bins, 0)};
  const auto count = static_cast<double>(bins);
  for (std::size_t i = 0; i <= bins; ++i) out.edges.push_back(low + (high - low) * static_cast<double>(i) / count);
  const double total = total_weight(values);
  if (total <= 0) return out;
  for (const Weighted& one : values) {
    const double position = std::clamp((one.value - low) / (high - low) * count, 0.0, count - 1);
    out.shares[static_cast<std::size_t>(position)] += one.weight / total;
  }
  return out;
}

double overlap_coefficient(const Distribution& a, const Distribution& b) {
  MOLBRIDGE_CHECK(a.edges == b.edges, std::to_string(a.edges.size()));
  double overlap = 0;
  for (std::size_t i = 0; i < a.shares.size(); ++i) overlap += std::min(a.shares[i], b.shares[i]);
  return overlap;
}

double auc(std::span<Weighted> positives, std::span<Weighted> negatives) {
  if (positives.empty() || negatives.empty()) return kNone;
  sort_by_value(positives);
  sort_by_value(negatives);
  double area = 0, below = 0, equal = 0;  // weights of negatives
  std::size_t next = 0, end_of_equal = 0;
  for (const Weighted& positive : positives) {
    for (; next < negatives.size() && negatives[next].value < positive.value; ++next) below += negatives[next].weight;
    if (next >= end_of_equal || negatives[next].value != positive.value) {
      equal = 0;
      end_of_equal = next;
    }
    for (; end_of_equal < negatives.size() && negatives[end_of_equal].value == positive.value; ++end_of_equal) {
      equal += negatives[end_of_equal].weight;
    }
    area += positive.weight * (below + equal / 2);
  }
  return area / (total_weight(positives) * total_weight(negatives));
}

double weighted_mean(std::span<const Weighted> values) {
  double sum = 0;
  for (const Weighted& one : values) sum += static_cast<double>(one.value) * one.weight;
  return values.empty() ? kNone : sum / total_weight(values);
}

double weighted_median(std::span<Weighted> values) {
  if (values.empty()) return kNone;
  sort_by_value(values);
  const double half = total_weight(values) / 2;
  double below = 0;
  for (const Weighted& one : values) {
    below += one.weight;
    if (below >= half) return one.value;
  }
  return values.back().value;
}

}  // namespace molbridge::eval
