#include "molbridge/eval/leak_learner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Mean and inverse deviation of the dense features of one list: a candidate is judged by how it differs from its list.
struct Scale {
  std::vector<double> mean, inverse;
};

Scale scale_of(const std::vector<std::vector<double>>& rows) {
  const std::size_t width = rows.front().size();
  Scale scale{std::vector<double>(width, 0), std::vector<double>(width, 0)};
  for (std::size_t f = 0; f < width; ++f) {
    double sum = 0, squares = 0, count = 0;
    for (const auto& row : rows) {
      if (std::isnan(row[f])) continue;
      sum += row[f];
      squares += row[f] * row[f];
      count += 1;
    }
    if (count == 0) continue;
    scale.mean[f] = sum / count;
    const double variance = squares / count - scale.mean[f] * scale.mean[f];
    // Bounded, so that one odd candidate among thousands cannot outweigh everything else.
    if (variance > 1e-12) scale.inverse[f] = 1 / std::sqrt(variance);
  }
  return scale;
}

constexpr double kMostDeviations = 5;

class Model {
 public:
  Model(std::size_t dense, const LearnerOptions& options)
      : options_(options), dense_(dense), weights_(dense + kSparseWidth, 0), squares_(weights_.size(), 0) {}

  double score(const LearnerFeatures& row) const {
    double sum = 0;
    for (std::size_t f = 0; f < dense_; ++f) sum += weights_[f] * row.dense[f];
    for (const auto& [index, value] : row.sparse) sum += weights_[dense_ + index] * value;
    return sum;
  }

  /// One step on -log softmax of the first row among all.
  void step(std::span<const LearnerFeatures> rows) {
    std::vector<double> share;
    for (const auto& row : rows) share.push_back(score(row));
    const double top = *std::max_element(share.begin(), share.end());
    double sum = 0;
    for (double& value : share) sum += value = std::exp(value - top);
    gradient_.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) collect(rows[i], share[i] / sum - (i == 0 ? 1 : 0));
    apply();
  }

 private:
  void collect(const LearnerFeatures& row, double factor) {
    for (std::size_t f = 0; f < dense_; ++f)
      gradient_.emplace_back(static_cast<std::uint32_t>(f), factor * row.dense[f]);
    for (const auto& [index, value] : row.sparse) {
      gradient_.emplace_back(static_cast<std::uint32_t>(dense_ + index), factor * value);
    }
  }

  void apply() {
    std::stable_sort(gradient_.begin(), gradient_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < gradient_.size();) {
      const std::uint32_t index = gradient_[i].first;
      double slope = options_.decay * weights_[index];
      for (; i < gradient_.size() && gradient_[i].first == index; ++i) slope += gradient_[i].second;
      squares_[index] += slope * slope;
      if (slope != 0) weights_[index] -= options_.rate * slope / std::sqrt(squares_[index] + 1e-8);
    }
  }

  const LearnerOptions& options_;
  std::size_t dense_;
  std::vector<double> weights_, squares_;
  std::vector<std::pair<std::uint32_t, double>> gradient_;
};

class CrossValidation {
 public:
  CrossValidation(const LearnerLists& lists, const LearnerOptions& options) : lists_(lists), options_(options) {
    for (std::size_t list = 0; list < lists.sizes.size(); ++list) {
      scores_.emplace_back(lists.sizes[list], kNan);
      scales_.emplace_back();
      if (lists.sizes[list] >= 2) usable_.push_back(list);
    }
    Rng(options.seed, "folds").shuffle(std::span(usable_));
    for (const std::size_t list : usable_) measure(list);
  }

  std::vector<std::vector<double>> run() {
    const auto folds = static_cast<std::size_t>(options_.folds);
    if (usable_.size() < 2 * folds) return std::move(scores_);
    for (std::size_t fold = 0; fold < folds; ++fold) {
      const Model model = train(fold, folds);
      for (std::size_t i = fold; i < usable_.size(); i += folds) {
        check_interrupt();
        const std::size_t list = usable_[i];
        for (std::size_t c = 0; c < lists_.sizes[list]; ++c) scores_[list][c] = model.score(row(list, c));
      }
    }
    return std::move(scores_);
  }

 private:
  void measure(std::size_t list) {
    std::vector<std::vector<double>> rows;
    for (std::size_t c = 0; c < lists_.sizes[list]; ++c) rows.push_back(lists_.features(list, c).dense);
    dense_ = rows.front().size();
    scales_[list] = scale_of(rows);
  }

  LearnerFeatures row(std::size_t list, std::size_t candidate) const {
    LearnerFeatures out = lists_.features(list, candidate);
    for (std::size_t f = 0; f < dense_; ++f) {
      const double value = (out.dense[f] - scales_[list].mean[f]) * scales_[list].inverse[f];
      out.dense[f] = std::isnan(value) ? 0 : std::clamp(value, -kMostDeviations, kMostDeviations);
    }
    return out;
  }

  Model train(std::size_t fold, std::size_t folds) const {
    std::vector<std::size_t> mine;
    for (std::size_t i = 0; i < usable_.size(); ++i) {
      if (i % folds != fold) mine.push_back(usable_[i]);
    }
    Model model(dense_, options_);
    Rng rng(options_.seed + fold, "learner");
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      check_interrupt();
      rng.shuffle(std::span(mine));
      for (const std::size_t list : mine) model.step(sample(list, rng));
    }
    return model;
  }

  /// The truth, then decoys drawn without replacement.
  std::vector<LearnerFeatures> sample(std::size_t list, Rng& rng) const {
    const std::size_t truth = lists_.truths[list];
    std::vector<std::size_t> decoys(lists_.sizes[list]);
    std::iota(decoys.begin(), decoys.end(), std::size_t{0});
    decoys.erase(decoys.begin() + static_cast<std::ptrdiff_t>(truth));
    const std::size_t count = std::min(options_.negatives, decoys.size());
    std::vector<LearnerFeatures> rows{row(list, truth)};
    for (std::size_t i = 0; i < count; ++i) {
      std::swap(decoys[i], decoys[i + rng.below(decoys.size() - i)]);
      rows.push_back(row(list, decoys[i]));
    }
    return rows;
  }

  const LearnerLists& lists_;
  const LearnerOptions& options_;
  std::size_t dense_ = 0;
  std::vector<std::size_t> usable_;
  std::vector<Scale> scales_;
  std::vector<std::vector<double>> scores_;
};

}  // namespace

std::vector<std::vector<double>> cross_validated_scores(const LearnerLists& lists, const LearnerOptions& options) {
  return CrossValidation(lists, options).run();
}

}  // namespace molbridge::eval
