#include "molbridge/train/link_losses.hpp"

#include <limits>

#include "molbridge/train/losses.hpp"

namespace molbridge::train {
namespace {

torch::Tensor masked(const torch::Tensor& logits, const torch::Tensor& out) {
  return logits.masked_fill(out, -std::numeric_limits<double>::infinity());
}

}  // namespace

torch::Tensor paired_info_nce(const torch::Tensor& q, const torch::Tensor& t, const torch::Tensor& positive,
                              const torch::Tensor& negatives, double temperature) {
  learn::check_shape(t, {-1, q.size(1)}, "t");
  learn::check_shape(positive, {q.size(0)}, "positive");
  learn::check_shape(negatives, {q.size(0), -1}, "negatives");
  const torch::Tensor places = torch::cat({positive.unsqueeze(1), negatives}, 1);  // [B, 1 + K]
  const torch::Tensor candidates =
      normalized(t).index_select(0, places.clamp_min(0).flatten()).view({places.size(0), places.size(1), t.size(1)});
  const torch::Tensor cosines = (candidates * normalized(q).unsqueeze(1)).sum(2);
  return -masked(cosines / temperature, places.lt(0)).log_softmax(1).select(1, 0).mean();
}

torch::Tensor batch_info_nce(const torch::Tensor& q, const torch::Tensor& t, const torch::Tensor& positive,
                             const torch::Tensor& out, double temperature) {
  learn::check_shape(t, {-1, q.size(1)}, "t");
  learn::check_shape(positive, {q.size(0)}, "positive");
  learn::check_shape(out, {q.size(0), t.size(0)}, "out");
  const torch::Tensor cosines = normalized(q).matmul(normalized(t).t());
  const torch::Tensor shares = masked(cosines.to(q.scalar_type()) / temperature, out).log_softmax(1);
  return -shares.gather(1, positive.unsqueeze(1)).mean();
}

}  // namespace molbridge::train
