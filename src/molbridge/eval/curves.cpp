#include "molbridge/eval/curves.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::eval {
namespace {

struct FinitePoints {
  std::vector<double> x, y;
};

FinitePoints finite_points(std::span<const double> x, std::span<const double> y) {
  MOLBRIDGE_CHECK(x.size() == y.size(), std::to_string(x.size()) + " and " + std::to_string(y.size()));
  FinitePoints out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
    out.x.push_back(x[i]);
    out.y.push_back(y[i]);
  }
  return out;
}

void describe_changes(const FinitePoints& points, double sign, CurveSummary& out) {
  if (points.y.size() < 2) return;
  double total = 0, worse = 0;
  out.largest_drop = 0;
  for (std::size_t i = 1; i < points.y.size(); ++i) {
    const double gain = sign * (points.y[i] - points.y[i - 1]);
    total += std::abs(gain);
    worse += gain < 0 ? 1 : 0;
    if (-gain > out.largest_drop) {
      out.largest_drop = -gain;
      out.largest_drop_at = points.x[i];
    }
  }
  const auto changes = static_cast<double>(points.y.size() - 1);
  out.mean_absolute_change = total / changes;
  out.share_worse = worse / changes;
}

}  // namespace

Better better_of(std::string_view metric) {
  if (metric.find("learning_rate") != std::string_view::npos ||
      metric.find("gradient_norm") != std::string_view::npos || metric.find("temperature") != std::string_view::npos) {
    return Better::kNeither;
  }
  for (const std::string_view lower : {"loss", "mces", "error", "perplexity", "rank"}) {
    if (metric.find(lower) != std::string_view::npos) return Better::kLower;
  }
  return Better::kHigher;
}

CurveSummary summarize_curve(std::span<const double> x, std::span<const double> y, Better better) {
  const FinitePoints points = finite_points(x, y);
  CurveSummary out;
  out.points = points.y.size();
  if (points.y.empty()) return out;
  out.first = points.y.front();
  out.last = points.y.back();
  if (better == Better::kNeither) return out;
  const auto at = better == Better::kHigher ? std::max_element(points.y.begin(), points.y.end())
                                            : std::min_element(points.y.begin(), points.y.end());
  out.best = *at;
  out.best_at = points.x[static_cast<std::size_t>(at - points.y.begin())];
  describe_changes(points, better == Better::kHigher ? 1 : -1, out);
  return out;
}

std::vector<double> running_mean(std::span<const double> values, std::size_t window) {
  std::vector<double> out(values.begin(), values.end());
  for (std::size_t i = 0; window > 1 && i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    const std::size_t radius = std::min({window / 2, i, values.size() - 1 - i});
    double sum = 0, count = 0;
    for (std::size_t k = i - radius; k <= i + radius; ++k) {
      if (!std::isfinite(values[k])) continue;
      sum += values[k];
      count += 1;
    }
    out[i] = sum / count;
  }
  return out;
}

}  // namespace molbridge::eval
