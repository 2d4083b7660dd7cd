#include "molbridge/learn/linear_cca.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {
namespace {

constexpr double kSmallest = 1e-12;

torch::Tensor ridged(const torch::Tensor& covariance, double ridge) {
  const double mean = std::max(covariance.diagonal().mean().item<double>(), kSmallest);
  return covariance + torch::eye(covariance.size(0), covariance.options()) * (ridge * mean);
}

/// Lower triangular L of L L^T = covariance. Errors: kUsage where there is none.
torch::Tensor cholesky(const torch::Tensor& covariance, const char* side) {
  const auto [factor, info] = torch::linalg_cholesky_ex(covariance);
  if (info.item<std::int64_t>() == 0) return factor;
  throw Error(ErrorCode::kUsage, std::string("the covariance of the ") + side +
                                     " cannot be inverted: components without variance, or fewer pairs than components")
      .remedy("Raise cca.ridge.");
}

/// L^-1 m
torch::Tensor solve(const torch::Tensor& l, const torch::Tensor& m) {
  return torch::linalg_solve_triangular(l, m, /*upper=*/false, /*left=*/true, /*unitriangular=*/false);
}

/// Singular vectors of greatest values of k [M, T], M <= T, through k k^T: half the cost of a full decomposition.
struct Leading {
  torch::Tensor u, values, v;  // [M, D], [D], [T, D]
};
Leading leading(const torch::Tensor& k, std::int64_t components) {
  if (k.size(0) > k.size(1)) {
    Leading turned = leading(k.t(), components);
    return {turned.v, turned.values, turned.u};
  }
  const auto [squares, vectors] = torch::linalg_eigh(k.matmul(k.t()));  // ascending
  const torch::Tensor u = vectors.narrow(1, k.size(0) - components, components).flip(1);
  const torch::Tensor values = squares.narrow(0, k.size(0) - components, components).flip(0).clamp_min(0).sqrt();
  return {u, values, k.t().matmul(u) / values.clamp_min(kSmallest)};
}

}  // namespace

PairedMoments::PairedMoments(std::int64_t x_width, std::int64_t y_width) {
  sum_x_ = torch::zeros({x_width}, torch::kFloat64);
  sum_y_ = torch::zeros({y_width}, torch::kFloat64);
  xx_ = torch::zeros({x_width, x_width}, torch::kFloat64);
  yy_ = torch::zeros({y_width, y_width}, torch::kFloat64);
  xy_ = torch::zeros({x_width, y_width}, torch::kFloat64);
}

void PairedMoments::add(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& weights) {
  check_shape(x, {-1, xx_.size(0)}, "x");
  check_shape(y, {x.size(0), yy_.size(0)}, "y");
  check_shape(weights, {x.size(0)}, "weights");
  const torch::Tensor xt = (x * weights.unsqueeze(1)).t(), yt = (y * weights.unsqueeze(1)).t();
  total_ += weights.sum().item<double>();
  sum_x_ += xt.sum(1);
  sum_y_ += yt.sum(1);
  xx_ += xt.matmul(x);
  yy_ += yt.matmul(y);
  xy_ += xt.matmul(y);
}

LinearMaps linear_cca(const PairedMoments& moments, const CcaOptions& options) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor lx = cholesky(ridged(moments.covariance_xx(), options.ridge), "molecule vectors");
  const torch::Tensor ly = cholesky(ridged(moments.covariance_yy(), options.ridge), "text vectors");
  const torch::Tensor k = solve(ly, solve(lx, moments.covariance_xy()).t()).t();  // Lx^-1 Cxy Ly^-T
  const std::int64_t components = std::min({options.components, k.size(0), k.size(1)});
  const Leading found = leading(k, components);
  // W = u^T L^-1, that is L^T W^T = u.
  const auto back = [](const torch::Tensor& l, const torch::Tensor& u) {
    return torch::linalg_solve_triangular(l.t(), u, /*upper=*/true, /*left=*/true, /*unitriangular=*/false).t();
  };
  torch::Tensor x_weight = back(lx, found.u), y_weight = back(ly, found.v);
  const torch::Tensor largest = x_weight.gather(1, x_weight.abs().argmax(1, /*keepdim=*/true));
  const torch::Tensor scale = largest.sign() * found.values.pow(options.power).unsqueeze(1);
  return {(x_weight * scale).contiguous(), (y_weight * scale).contiguous(), found.values};
}

torch::Tensor ridge_regression(const PairedMoments& moments, double ridge) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor l = cholesky(ridged(moments.covariance_yy(), ridge), "text vectors");
  return torch::cholesky_solve(moments.covariance_xy().t(), l).t().contiguous();
}

}  // namespace molbridge::learn
