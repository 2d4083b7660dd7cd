#include "molbridge/learn/bit_scores.hpp"

#include <algorithm>
#include <cmath>

namespace molbridge::learn {
namespace {

/// Views of the tensors that both passes need.
struct Lists {
  Lists(const torch::Tensor& bits, const torch::Tensor& offsets, std::int64_t queries)
      : bit(bits.data_ptr<std::int32_t>()),
        offset(offsets.data_ptr<std::int64_t>()),
        count(offsets.size(0) - 1),
        per_query(count / queries) {}
  const std::int32_t* bit;
  const std::int64_t* offset;
  std::int64_t count, per_query;

  double scale(std::int64_t list) const {
    const auto size = static_cast<double>(offset[list + 1] - offset[list]);
    return size > 0 ? 1 / std::sqrt(size) : 0;
  }
};

template <typename T>
void score(const torch::Tensor& z, const Lists& lists, torch::Tensor& out) {
  const T* rows = z.data_ptr<T>();
  T* scores = out.data_ptr<T>();
  for (std::int64_t i = 0; i < lists.count; ++i) {
    const T* row = rows + i / lists.per_query * z.size(1);
    T sum = 0;
    for (std::int64_t e = lists.offset[i]; e < lists.offset[i + 1]; ++e) sum += row[lists.bit[e]];
    scores[i] = static_cast<T>(lists.scale(i)) * sum;
  }
}

template <typename T>
void spread(const torch::Tensor& gradient, const Lists& lists, torch::Tensor& out) {
  const T* scores = gradient.data_ptr<T>();
  T* rows = out.data_ptr<T>();
  for (std::int64_t i = 0; i < lists.count; ++i) {
    const T share = static_cast<T>(lists.scale(i)) * scores[i];
    if (share == 0) continue;
    T* row = rows + i / lists.per_query * out.size(1);
    for (std::int64_t e = lists.offset[i]; e < lists.offset[i + 1]; ++e) row[lists.bit[e]] += share;
  }
}

class BitScores : public torch::autograd::Function<BitScores> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& z,
                               const torch::Tensor& bits, const torch::Tensor& offsets) {
    context->save_for_backward({bits, offsets});
    context->saved_data["width"] = z.size(1);
    const Lists lists(bits, offsets, z.size(0));
    torch::Tensor out = torch::empty({z.size(0), lists.per_query}, z.options());
    z.scalar_type() == torch::kFloat64 ? score<double>(z, lists, out) : score<float>(z, lists, out);
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor gradient = gradients[0].contiguous();
    torch::Tensor out = torch::zeros({gradient.size(0), context->saved_data["width"].toInt()}, gradient.options());
    const Lists lists(saved[0], saved[1], gradient.size(0));
    gradient.scalar_type() == torch::kFloat64 ? spread<double>(gradient, lists, out)
                                              : spread<float>(gradient, lists, out);
    return {out, {}, {}};
  }
};

}  // namespace

torch::Tensor bit_scores(const torch::Tensor& z, const BitLists& lists) {
  check_shape(z, {-1, -1}, "z");
  MOLBRIDGE_CHECK(z.size(0) > 0 && lists.size() > 0 && lists.size() % z.size(0) == 0, "lists per query");
  const bool inside =
      std::all_of(lists.bits.begin(), lists.bits.end(), [&](std::int32_t bit) { return bit >= 0 && bit < z.size(1); });
  MOLBRIDGE_CHECK(inside, "a bit outside the row");
  const torch::Tensor wide = z.scalar_type() == torch::kFloat64 ? z : z.to(torch::kFloat32);
  return BitScores::apply(wide.contiguous(), torch::tensor(lists.bits, torch::kInt32),
                          torch::tensor(lists.offsets, torch::kInt64));
}

}  // namespace molbridge::learn
