#pragma once
// Linear bridges in closed form: canonical correlation analysis of two frozen spaces, and ridge regression from one to the other. What a trained
// bridge has to beat. float64.

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

/// Sums over pairs of rows, block by block. Not thread-safe.
class PairedMoments {
 public:
  PairedMoments(std::int64_t x_width, std::int64_t y_width);
  /// Shapes: x [n, M], y [n, T], weights [n], all float64.
  void add(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& weights);
  /// Weighted means and covariances. Shapes: [M], [T]; [M, M], [T, T], [M, T]. Requires at least one row.
  torch::Tensor mean_x() const { return sum_x_ / total_; }
  torch::Tensor mean_y() const { return sum_y_ / total_; }
  torch::Tensor covariance_xx() const { return xx_ / total_ - torch::outer(mean_x(), mean_x()); }
  torch::Tensor covariance_yy() const { return yy_ / total_ - torch::outer(mean_y(), mean_y()); }
  torch::Tensor covariance_xy() const { return xy_ / total_ - torch::outer(mean_x(), mean_y()); }

 private:
  double total_ = 0;
  torch::Tensor sum_x_, sum_y_, xx_, yy_, xy_;
};

struct CcaOptions {
  std::int64_t components = 256;  ///< D; fewer where a side is narrower
  double ridge = 1e-2;            ///< added to the diagonals of both covariances, as a share of their mean
  double power = 0;  ///< each component is scaled by its correlation to this power on either side; 0: plain CCA
};

/// Two maps into one space: a pair (x, y) meets at x_weight (x - mean_x) and y_weight (y - mean_y).
struct LinearMaps {
  torch::Tensor x_weight, y_weight;  ///< [D, M], [D, T]
  torch::Tensor correlations;        ///< [D], descending
};

/// Components of greatest correlation; with power 0 both sides have unit covariance under the ridged covariances. The sign of a component is such
/// that its entry of greatest size in x_weight is positive. Cost: M^3 + T^3. Source: Hotelling 1936; Vinod 1976 for the ridge; the power: Gong et al.
/// 2014, "A multi-view embedding space".
LinearMaps linear_cca(const PairedMoments& moments, const CcaOptions& options);

/// B of least |y B - x|^2 + ridge |B|^2 on centred rows. `ridge` is a share of the mean variance of y. Shapes: returns B^T [M, T].
torch::Tensor ridge_regression(const PairedMoments& moments, double ridge);

}  // namespace molbridge::learn
