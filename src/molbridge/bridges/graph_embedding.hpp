#pragma once
// Trained vectors of the nodes and relations of a graph (TransE, DistMult, ComplEx, RotatE) as one product of a query and a tail vector, so that
// links are ranked by what ranks everything else. The same scores with gradients: learn/graph_embedding.hpp.
//
//   kind       relation   score of (h, r, t)          query [Q]               tail [Q]
//   transe     [D]        -|h + r - t|                q = h + r: 2q, -1, -|q|^2   t, |t|^2, 1
//   distmult   [D]        sum h r t                   h r                     t
//   complex    [D]        Re(sum h r conj(t))         h r                     t
//   rotate     [D/2]      -|h e^(i r) - t|            as transe, q = h e^(i r)
//
// Complex numbers: the real parts of a vector stand in its first half, the imaginary ones in its second. Norms are Euclidean. The product of a
// distance model is -|q - t|^2, which orders as the distance does.
// Sources: Bordes et al. 2013 (TransE), Yang et al. 2015 (DistMult), Trouillon et al. 2016 (ComplEx), Sun et al. 2019 (RotatE).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace molbridge::bridges {

/// "transe", "distmult", "complex", "rotate".
const std::vector<std::string>& graph_embedding_kinds();

/// Threads: const use is safe. A value: holds no vectors.
class GraphEmbedding {
 public:
  /// Errors: kUsage for an unknown kind, or an odd width where numbers are complex.
  GraphEmbedding(const std::string& kind, std::size_t width);

  std::size_t width() const { return width_; }  ///< D, of a node
  std::size_t relation_width() const { return rotates_ ? width_ / 2 : width_; }
  std::size_t product_width() const { return is_distance() ? width_ + 2 : width_; }  ///< Q
  bool is_distance() const { return combine_ == &translate || rotates_; }

  /// Shapes: head [D], relation [relation_width()], out [Q].
  void query(std::span<const float> head, std::span<const float> relation, std::span<float> out) const;
  /// Shapes: node [D], out [Q].
  void tail(std::span<const float> node, std::span<float> out) const;
  /// The published score, computed directly and in double precision: the measure of the product.
  double score(std::span<const float> head, std::span<const float> relation, std::span<const float> tail) const;

 private:
  using Combine = void (*)(std::span<const float> head, std::span<const float> relation, std::span<double> out);
  static void translate(std::span<const float> head, std::span<const float> relation, std::span<double> out);
  static void scale(std::span<const float> head, std::span<const float> relation, std::span<double> out);
  static void multiply(std::span<const float> head, std::span<const float> relation, std::span<double> out);
  static void rotate(std::span<const float> head, std::span<const float> relation, std::span<double> out);

  std::size_t width_;
  Combine combine_;
  bool rotates_;
};

}  // namespace molbridge::bridges
