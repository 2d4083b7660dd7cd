#include "molbridge/learn/graph_embedding.hpp"

#include <cmath>
#include <numbers>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {
namespace {

constexpr double kLengthEpsilon = 1e-12;  // under the root, whose slope at 0 is infinite

/// (a + bi)(c + di), or (a + bi)(c - di) if `conjugate`; halves of the last dimension are real and imaginary parts.
torch::Tensor complex_product(const torch::Tensor& x, const torch::Tensor& y, bool conjugate) {
  const auto a = x.chunk(2, -1), c = y.chunk(2, -1);
  const torch::Tensor imaginary = conjugate ? -c[1] : c[1];
  return torch::cat({a[0] * c[0] - a[1] * imaginary, a[0] * imaginary + a[1] * c[0]}, -1);
}

torch::Tensor unit_numbers(const torch::Tensor& angles) { return torch::cat({angles.cos(), angles.sin()}, -1); }

}  // namespace

GraphEmbeddingImpl::GraphEmbeddingImpl(const GraphEmbeddingOptions& options) : options_(options) {
  const std::string& kind = options.kind;
  MOLBRIDGE_CHECK(kind == "transe" || kind == "distmult" || kind == "complex" || kind == "rotate", kind);
  MOLBRIDGE_CHECK(options.width > 0 && options.width % 2 == 0, std::to_string(options.width));
  const std::int64_t relation_width = kind == "rotate" ? options.width / 2 : options.width;
  entities = register_parameter("entities", torch::empty({options.entities, options.width}));
  relations = register_parameter("relations", torch::empty({options.relations, relation_width}));
  start();
}

bool GraphEmbeddingImpl::is_distance() const { return options_.kind == "transe" || options_.kind == "rotate"; }

void GraphEmbeddingImpl::start() {
  const torch::NoGradGuard no_grad;
  const auto width = static_cast<double>(options_.width);
  if (!is_distance()) {
    entities.normal_(0, 1 / std::sqrt(width));
    relations.normal_(0, 1 / std::sqrt(width));
    return;
  }
  const double range = (options_.margin + 2) / width;
  entities.uniform_(-range, range);
  const double relation_range = options_.kind == "rotate" ? std::numbers::pi : range;
  relations.uniform_(-relation_range, relation_range);
}

torch::Tensor GraphEmbeddingImpl::tail_queries(const torch::Tensor& heads, const torch::Tensor& relation) const {
  if (options_.kind == "transe") return heads + relation;
  if (options_.kind == "distmult") return heads * relation;
  return complex_product(heads, options_.kind == "complex" ? relation : unit_numbers(relation), false);
}

torch::Tensor GraphEmbeddingImpl::head_queries(const torch::Tensor& tails, const torch::Tensor& relation) const {
  if (options_.kind == "transe") return tails - relation;
  if (options_.kind == "distmult") return tails * relation;
  return complex_product(tails, options_.kind == "complex" ? relation : unit_numbers(relation), true);
}

torch::Tensor GraphEmbeddingImpl::pair_scores(const torch::Tensor& queries, const torch::Tensor& nodes) const {
  if (!is_distance()) return (queries * nodes).sum(-1);
  return -((queries - nodes).pow(2).sum(-1) + kLengthEpsilon).sqrt();
}

torch::Tensor GraphEmbeddingImpl::scores(const torch::Tensor& queries, const torch::Tensor& nodes) const {
  if (!is_distance()) return queries.matmul(nodes.t());
  const torch::Tensor squared =
      queries.pow(2).sum(-1, true) + nodes.pow(2).sum(-1).unsqueeze(0) - 2 * queries.matmul(nodes.t());
  return -(squared.clamp_min(0) + kLengthEpsilon).sqrt();
}

}  // namespace molbridge::learn
