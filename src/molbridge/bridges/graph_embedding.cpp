#include "molbridge/bridges/graph_embedding.hpp"

#include <cmath>
#include <complex>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::bridges {
namespace {

double squared_length(std::span<const double> x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return sum;
}

}  // namespace

const std::vector<std::string>& graph_embedding_kinds() {
  static const std::vector<std::string> kKinds{"transe", "distmult", "complex", "rotate"};
  return kKinds;
}

GraphEmbedding::GraphEmbedding(const std::string& kind, std::size_t width) : width_(width), rotates_(kind == "rotate") {
  if (kind == "transe") {
    combine_ = &translate;
  } else if (kind == "distmult") {
    combine_ = &scale;
  } else if (kind == "complex") {
    combine_ = &multiply;
  } else if (rotates_) {
    combine_ = &rotate;
  } else {
    throw Error(ErrorCode::kUsage, "\"" + kind + "\" is no kind of graph embedding")
        .remedy("Known kinds: " + join(graph_embedding_kinds(), ", ") + ".");
  }
  const bool is_complex = combine_ == &multiply || rotates_;
  if (width == 0 || (is_complex && width % 2 != 0))
    throw Error(ErrorCode::kUsage, "a " + kind + " embedding of width " + std::to_string(width))
        .remedy("Use an even width: half of it are real parts, half imaginary ones.");
}

void GraphEmbedding::translate(std::span<const float> head, std::span<const float> relation, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(head[i]) + relation[i];
}

void GraphEmbedding::scale(std::span<const float> head, std::span<const float> relation, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(head[i]) * relation[i];
}

void GraphEmbedding::multiply(std::span<const float> head, std::span<const float> relation, std::span<double> out) {
  const std::size_t half = out.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const std::complex<double> h(head[i], head[half + i]), r(relation[i], relation[half + i]);
    out[i] = (h * r).real();
    out[half + i] = (h * r).imag();
  }
}

void GraphEmbedding::rotate(std::span<const float> head, std::span<const float> relation, std::span<double> out) {
  const std::size_t half = out.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const std::complex<double> h(head[i], head[half + i]), r = std::polar(1.0, static_cast<double>(relation[i]));
    out[i] = (h * r).real();
    out[half + i] = (h * r).imag();
  }
}

void GraphEmbedding::query(std::span<const float> head, std::span<const float> relation, std::span<float> out) const {
  MOLBRIDGE_CHECK(head.size() == width_ && relation.size() == relation_width() && out.size() == product_width(),
                  std::to_string(head.size()) + " " + std::to_string(relation.size()));
  std::vector<double> q(width_);
  combine_(head, relation, q);
  const double factor = is_distance() ? 2 : 1;
  for (std::size_t i = 0; i < width_; ++i) out[i] = static_cast<float>(factor * q[i]);
  if (!is_distance()) return;
  out[width_] = -1;
  out[width_ + 1] = static_cast<float>(-squared_length(q));
}

void GraphEmbedding::tail(std::span<const float> node, std::span<float> out) const {
  MOLBRIDGE_CHECK(node.size() == width_ && out.size() == product_width(), std::to_string(node.size()));
  double length = 0;
  for (std::size_t i = 0; i < width_; ++i) {
    out[i] = node[i];
    length += static_cast<double>(node[i]) * node[i];
  }
  if (!is_distance()) return;
  out[width_] = static_cast<float>(length);
  out[width_ + 1] = 1;
}

double GraphEmbedding::score(std::span<const float> head, std::span<const float> relation,
                             std::span<const float> tail) const {
  std::vector<double> q(width_);
  combine_(head, relation, q);
  double sum = 0;
  for (std::size_t i = 0; i < width_; ++i)
    sum += is_distance() ? (q[i] - tail[i]) * (q[i] - tail[i]) : q[i] * static_cast<double>(tail[i]);
  return is_distance() ? -std::sqrt(sum) : sum;
}

}  // namespace molbridge::bridges
