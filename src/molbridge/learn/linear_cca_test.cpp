#include "molbridge/learn/linear_cca.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {
namespace {

/// Two views of three hidden numbers, and noise.
struct Views {
  explicit Views(std::int64_t rows) {
    torch::manual_seed(11);
    const auto wide = torch::kFloat64;
    const torch::Tensor hidden = torch::randn({rows, 3}, wide);
    x = hidden.matmul(torch::randn({3, 7}, wide)) + 0.5 * torch::randn({rows, 7}, wide) + 2;
    y = hidden.matmul(torch::randn({3, 5}, wide)) + 0.5 * torch::randn({rows, 5}, wide) - 1;
  }
  PairedMoments moments() const {
    PairedMoments out(7, 5);
    const std::int64_t half = x.size(0) / 3;  // in two blocks
    for (const auto& [begin, count] : {std::pair{std::int64_t{0}, half}, std::pair{half, x.size(0) - half}})
      out.add(x.narrow(0, begin, count), y.narrow(0, begin, count), torch::ones({count}, torch::kFloat64));
    return out;
  }
  torch::Tensor x, y;
};

/// Canonical correlations by another way: the cosines of the principal angles between the column spaces, by QR and SVD.
torch::Tensor principal_cosines(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor qx = std::get<0>(torch::linalg_qr(x - x.mean(0))),
                      qy = std::get<0>(torch::linalg_qr(y - y.mean(0)));
  return std::get<1>(torch::linalg_svd(qx.t().matmul(qy)));
}

TEST(LinearCca, WithoutRidge_CorrelationsAreThoseOfPrincipalAngles) {
  const Views views(400);
  const LinearMaps maps = linear_cca(views.moments(), {.components = 5, .ridge = 0});
  EXPECT_TRUE(torch::allclose(maps.correlations, principal_cosines(views.x, views.y), 1e-8, 1e-8));
}

TEST(LinearCca, ProjectionsAreWhiteAndCorrelateAsStated) {
  const Views views(400);
  const LinearMaps maps = linear_cca(views.moments(), {.components = 4, .ridge = 0});
  const torch::Tensor a = (views.x - views.x.mean(0)).matmul(maps.x_weight.t());
  const torch::Tensor b = (views.y - views.y.mean(0)).matmul(maps.y_weight.t());
  const torch::Tensor one = torch::eye(4, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(a.t().matmul(a) / 400, one, 1e-8, 1e-8));
  EXPECT_TRUE(torch::allclose(b.t().matmul(b) / 400, one, 1e-8, 1e-8));
  EXPECT_TRUE(torch::allclose(a.t().matmul(b) / 400, maps.correlations.diag(), 1e-8, 1e-8));
}

TEST(LinearCca, Power_ScalesBothSidesByTheCorrelation) {
  const Views views(200);
  const LinearMaps plain = linear_cca(views.moments(), {.components = 3});
  const LinearMaps scaled = linear_cca(views.moments(), {.components = 3, .power = 2});
  const torch::Tensor factor = plain.correlations.pow(2).unsqueeze(1);
  EXPECT_TRUE(torch::allclose(scaled.x_weight, plain.x_weight * factor));
  EXPECT_TRUE(torch::allclose(scaled.y_weight, plain.y_weight * factor));
}

TEST(LinearCca, MoreComponentsThanASideHas_GivesTheFewer) {
  EXPECT_EQ(linear_cca(Views(100).moments(), {.components = 50}).x_weight.size(0), 5);
}

TEST(LinearCca, SingularWithoutRidge_SaysWhatToRaise) {
  PairedMoments moments(3, 2);
  moments.add(torch::ones({4, 3}, torch::kFloat64), torch::randn({4, 2}, torch::kFloat64),
              torch::ones({4}, torch::kFloat64));
  EXPECT_THROW(linear_cca(moments, {.components = 2, .ridge = 0}), Error);
}

TEST(RidgeRegression, WithoutRidge_IsLeastSquares) {
  const Views views(120);
  const torch::Tensor x = views.x - views.x.mean(0), y = views.y - views.y.mean(0);
  const torch::Tensor expected = torch::linalg_pinv(y).matmul(x).t();
  EXPECT_TRUE(torch::allclose(ridge_regression(views.moments(), 0), expected, 1e-8, 1e-8));
}

TEST(PairedMoments, Weights_CountAsRepeats) {
  const Views views(30);
  PairedMoments weighted(7, 5), repeated(7, 5);
  torch::Tensor weights = torch::ones({30}, torch::kFloat64);
  weights[4] = 2;
  weighted.add(views.x, views.y, weights);
  const torch::Tensor one = torch::ones({1}, torch::kFloat64);
  repeated.add(views.x, views.y, torch::ones({30}, torch::kFloat64));
  repeated.add(views.x.narrow(0, 4, 1), views.y.narrow(0, 4, 1), one);
  EXPECT_TRUE(torch::allclose(weighted.covariance_xy(), repeated.covariance_xy()));
  EXPECT_TRUE(torch::allclose(weighted.mean_x(), repeated.mean_x()));
}

}  // namespace
}  // namespace molbridge::learn
