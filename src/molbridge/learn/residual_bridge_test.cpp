#include "molbridge/learn/residual_bridge.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {
namespace {

torch::Tensor gram(const torch::Tensor& w) { return w.size(0) <= w.size(1) ? w.matmul(w.t()) : w.t().matmul(w); }

TEST(ProjectionHead, PublishedSizes_HaveThePublishedNumberOfParameters) {
  EXPECT_EQ(num_parameters(*ProjectionHead(ProjectionHeadSizes{})), 6'299'648);
}

TEST(ResidualMapper, PublishedSizes_HaveThePublishedNumberOfParameters) {
  EXPECT_EQ(num_parameters(*ResidualMapper(ResidualMapperSizes{}, MapperInit::kOrthogonal)), 26'774'272);
}

TEST(ProjectionHead, Vectors_AreOfLengthOne) {
  torch::manual_seed(1);
  for (const std::int64_t hidden : {0, 12}) {
    ProjectionHead head(ProjectionHeadSizes{.inputs = 6, .hidden = hidden, .outputs = 9});
    const torch::Tensor lengths = head->forward(torch::randn({5, 6})).norm(2, 1);
    EXPECT_TRUE(torch::allclose(lengths, torch::ones(5), 1e-4, 1e-5)) << lengths;
  }
}

TEST(ResidualMapper, AtFirst_IsWAlone) {
  torch::manual_seed(1);
  ResidualMapper mapper(ResidualMapperSizes{.inputs = 7, .outputs = 5, .blocks = 3, .hidden = 11}, MapperInit::kXavier);
  const torch::Tensor x = torch::randn({4, 7});
  EXPECT_TRUE(torch::allclose(mapper->forward(x), x.matmul(mapper->weight().t()), 1e-5, 1e-6));
}

TEST(ResidualMapper, OrthogonalInit_HasOrthonormalRowsOrColumns) {
  torch::manual_seed(1);
  for (const auto& [inputs, outputs] : {std::pair<std::int64_t, std::int64_t>{20, 8}, {8, 20}, {9, 9}}) {
    ResidualMapper mapper(ResidualMapperSizes{.inputs = inputs, .outputs = outputs, .blocks = 0},
                          MapperInit::kOrthogonal);
    const torch::Tensor product = gram(mapper->weight());
    EXPECT_TRUE(torch::allclose(product, torch::eye(product.size(0)), 1e-4, 1e-5));
  }
}

TEST(ResidualMapper, Procrustes_FindsARotationThatIsThere) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({200, 6}) + 3;
  for (const std::int64_t outputs : {4, 6, 9}) {
    ResidualMapper truth(ResidualMapperSizes{.inputs = 6, .outputs = outputs, .blocks = 0}, MapperInit::kOrthogonal);
    const torch::Tensor shift = torch::randn({outputs});
    const torch::Tensor y = x.matmul(truth->weight().t()) + shift;
    ResidualMapper mapper(ResidualMapperSizes{.inputs = 6, .outputs = outputs, .blocks = 0}, MapperInit::kProcrustes);
    mapper->set_procrustes(x, y.detach());
    EXPECT_TRUE(torch::allclose(mapper->forward(x), y, 1e-3, 1e-4)) << outputs;
  }
}

TEST(ResidualMapper, Procrustes_IsNearerThanAnyOtherOrthonormalMap) {
  torch::manual_seed(3);
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({300, 8}), y = torch::randn({300, 5}) + x.slice(1, 0, 5) * 0.5;
  const auto error = [&](const ResidualMapper& mapper) {
    const torch::Tensor rest = y - x.matmul(mapper->weight().t());
    return (rest - rest.mean(0)).pow(2).sum().item<double>();  // the best b for this W
  };
  const ResidualMapperSizes sizes{.inputs = 8, .outputs = 5, .blocks = 0};
  ResidualMapper best(sizes, MapperInit::kProcrustes);
  best->set_procrustes(x, y);
  const torch::Tensor product = gram(best->weight());
  EXPECT_TRUE(torch::allclose(product, torch::eye(5), 1e-4, 1e-5));
  for (int i = 0; i < 200; ++i) EXPECT_LT(error(best), error(ResidualMapper(sizes, MapperInit::kOrthogonal)));
}

TEST(MapperInit, UnknownName_IsRefused) {
  EXPECT_EQ(parse_mapper_init("procrustes"), MapperInit::kProcrustes);
  EXPECT_THROW(parse_mapper_init("procrustean"), Error);
}

}  // namespace
}  // namespace molbridge::learn
