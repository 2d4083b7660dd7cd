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
      : options_(options),
        dense_(dense),
        weights_(dense + kSparseWidth, 0),
        squares_(weights_.size(), 0),
        slopes_(weights_.size(), 0) {}

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
    for (std::size_t i = 0; i < rows.size(); ++i) collect(rows[i], share[i] / sum - (i == 0 ? 1 : 0));
    apply();
  }

 private:
  void add(std::size_t index, double slope) {
    if (slopes_[index] == 0) touched_.push_back(static_cast<std::uint32_t>(index));
    slopes_[index] += slope;
  }

  void collect(const LearnerFeatures& row, double factor) {
    for (std::size_t f = 0; f < dense_; ++f) add(f, factor * row.dense[f]);
    for (const auto& [index, value] : row.sparse) add(dense_ + index, factor * value);
  }

  void apply() {
    for (const std::uint32_t index : touched_) {
      if (slopes_[index] == 0) continue;  // named twice, or cancelled
      const double slope = slopes_[index] + options_.decay * weights_[index];
      squares_[index] += slope * slope;
      weights_[index] -= options_.rate * slope / std::sqrt(squares_[index] + 1e-8);
      slopes_[index] = 0;
    }
    touched_.clear();
  }

  const LearnerOptions& options_;
  std::size_t dense_;
  std::vector<double> weights_, squares_;
  std::vector<double> slopes_;          // of this step; 0 where it has not been
  std::vector<std::uint32_t> touched_;  // where they are not
};

class CrossValidation {
 public:
  CrossValidation(const LearnerLists& lists, const LearnerOptions& options) : lists_(lists), options_(options) {
    for (std::size_t list = 0; list < lists.sizes.size(); ++list) {
      scores_.emplace_back(lists.sizes[list], kNan);
      scales_.emplace_back();
      rows_.emplace_back();
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
    std::vector<LearnerFeatures> rows;
    std::vector<std::vector<double>> dense;
    for (std::size_t c = 0; c < lists_.sizes[list]; ++c) {
      rows.push_back(lists_.features(list, c));
      dense.push_back(rows.back().dense);
    }
    dense_ = dense.front().size();
    scales_[list] = scale_of(dense);
    for (LearnerFeatures& row : rows) row = scaled(std::move(row), list);
    if (kept_ + rows.size() > kMostKept) return;
    kept_ += rows.size();
    rows_[list] = std::move(rows);
  }

  LearnerFeatures scaled(LearnerFeatures row, std::size_t list) const {
    for (std::size_t f = 0; f < dense_; ++f) {
      const double value = (row.dense[f] - scales_[list].mean[f]) * scales_[list].inverse[f];
      row.dense[f] = std::isnan(value) ? 0 : std::clamp(value, -kMostDeviations, kMostDeviations);
    }
    return row;
  }

  LearnerFeatures row(std::size_t list, std::size_t candidate) const {
    if (!rows_[list].empty()) return rows_[list][candidate];
    return scaled(lists_.features(list, candidate), list);
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
  static constexpr std::size_t kMostKept = 300'000;  // candidates; about 1 KB each
  std::size_t kept_ = 0;
  std::vector<Scale> scales_;
  std::vector<std::vector<LearnerFeatures>> rows_;  // empty where they are made anew each time
  std::vector<std::vector<double>> scores_;
};

}  // namespace

std::vector<std::vector<double>> cross_validated_scores(const LearnerLists& lists, const LearnerOptions& options) {
  return CrossValidation(lists, options).run();
}

}  // namespace molbridge::eval
