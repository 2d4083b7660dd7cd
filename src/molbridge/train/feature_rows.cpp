#include "molbridge/train/feature_rows.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/encoders/concat_encoder.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kItemsAtOnce = 4096;
constexpr std::size_t kSparseShare = 8;  // one component in so many

}  // namespace

FeatureRows FeatureRows::encode(const encoders::ItemEncoder& encoder, encoders::EmbeddingCache& cache,
                                std::span<const std::string> items, std::size_t threads, Progress& progress) {
  if (!encoder.parts().empty()) return encode_parts(encoder, cache, items, threads, progress);
  FeatureRows out(static_cast<std::int64_t>(encoder.width()));
  if (!encoder.precision().empty()) {
    encoders::CachedRows cached = cache.rows(encoder, items, threads, progress);
    out.append(cached.rows);
    out.states_ = std::move(cached.states);
    return out;
  }
  progress.start("encoding " + std::string(name(encoder.modality())) + "s", items.size(), "items");
  std::vector<float> rows;
  for (std::size_t begin = 0; begin < items.size(); begin += kItemsAtOnce) {
    check_interrupt();
    const auto block = items.subspan(begin, std::min(kItemsAtOnce, items.size() - begin));
    rows.resize(block.size() * encoder.width());
    for (auto& state : encoder.encode(block, threads, rows)) out.states_.push_back(std::move(state));
    out.append(rows);
    progress.advance(begin + block.size());
  }
  progress.finish();
  return out;
}

FeatureRows FeatureRows::encode_parts(const encoders::ItemEncoder& encoder, encoders::EmbeddingCache& cache,
                                      std::span<const std::string> items, std::size_t threads, Progress& progress) {
  std::vector<FeatureRows> parts;
  for (const encoders::ItemPart& part : encoder.parts())
    parts.push_back(encode(*part.encoder, cache, items, threads, progress));
  FeatureRows out(static_cast<std::int64_t>(encoder.width()));
  std::vector<float> joined;
  std::vector<std::vector<float>> rows(parts.size());
  for (std::size_t begin = 0; begin < items.size(); begin += kItemsAtOnce) {
    check_interrupt();
    const std::size_t end = std::min(begin + kItemsAtOnce, items.size());
    joined.resize((end - begin) * encoder.width());
    for (std::size_t item = begin; item < end; ++item) {
      std::vector<encoders::PartRow> sides;
      for (std::size_t p = 0; p < parts.size(); ++p) {
        rows[p].resize(static_cast<std::size_t>(parts[p].width()));
        parts[p].copy_row(item, rows[p].data());
        sides.push_back({parts[p].states_[item], rows[p], encoder.parts()[p].weight});
      }
      out.states_.push_back(
          join_rows(sides, std::span(joined).subspan((item - begin) * encoder.width(), encoder.width())));
    }
    out.append(joined);
  }
  return out;
}

void FeatureRows::copy_row(std::size_t row, float* to) const {
  const auto width = static_cast<std::size_t>(width_);
  if (!is_sparse()) {
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(row * width), width, to);
    return;
  }
  std::fill_n(to, width, 0.0F);
  for (auto at = offsets_[row]; at < offsets_[row + 1]; ++at) to[indices_[at]] = values_[at];
}

void FeatureRows::append(std::span<const float> rows) {
  MOLBRIDGE_CHECK(width_ > 0 && rows.size() % static_cast<std::size_t>(width_) == 0, std::to_string(rows.size()));
  if (size_ == 0 && !rows.empty()) {
    const auto zeros = static_cast<std::size_t>(std::count(rows.begin(), rows.end(), 0.0F));
    if ((rows.size() - zeros) * kSparseShare <= rows.size()) offsets_ = {0};
  }
  size_ += static_cast<std::int64_t>(rows.size()) / width_;
  if (is_sparse()) return append_sparse(rows);
  values_.insert(values_.end(), rows.begin(), rows.end());
}

void FeatureRows::append_sparse(std::span<const float> rows) {
  const auto width = static_cast<std::size_t>(width_);
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    for (std::size_t i = 0; i < width; ++i) {
      if (rows[begin + i] == 0) continue;
      indices_.push_back(static_cast<std::uint32_t>(i));
      values_.push_back(rows[begin + i]);
    }
    offsets_.push_back(values_.size());
  }
}

learn::FeatureBatch FeatureRows::batch(std::span<const std::int64_t> rows) const {
  const auto count = static_cast<std::int64_t>(rows.size());
  if (!is_sparse()) {
    learn::FeatureBatch out;
    out.dense = torch::empty({count, width_});
    float* to = out.dense.data_ptr<float>();
    for (std::size_t i = 0; i < rows.size(); ++i)
      copy_row(static_cast<std::size_t>(rows[i]), to + static_cast<std::int64_t>(i) * width_);
    return out;
  }
  std::vector<std::int64_t> indices, offsets;
  std::vector<float> values;
  for (const std::int64_t row : rows) {
    offsets.push_back(static_cast<std::int64_t>(indices.size()));
    const auto begin = offsets_[static_cast<std::size_t>(row)], end = offsets_[static_cast<std::size_t>(row) + 1];
    indices.insert(indices.end(), indices_.begin() + static_cast<std::ptrdiff_t>(begin),
                   indices_.begin() + static_cast<std::ptrdiff_t>(end));
    values.insert(values.end(), values_.begin() + static_cast<std::ptrdiff_t>(begin),
                  values_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return {{},
          torch::tensor(indices, torch::kInt64),
          torch::tensor(values, torch::kFloat32),
          torch::tensor(offsets, torch::kInt64)};
}

torch::Tensor FeatureRows::dense(std::span<const std::int64_t> rows) const {
  const learn::FeatureBatch some = batch(rows);
  if (some.dense.defined()) return some.dense.to(torch::kFloat64);
  torch::Tensor out = torch::zeros({static_cast<std::int64_t>(rows.size()), width_}, torch::kFloat64);
  double* to = out.data_ptr<double>();
  for (const std::int64_t row : rows) {
    for (auto at = offsets_[static_cast<std::size_t>(row)]; at < offsets_[static_cast<std::size_t>(row) + 1]; ++at)
      to[indices_[at]] = values_[at];
    to += width_;
  }
  return out;
}

torch::Tensor FeatureRows::mean(std::span<const double> weights) const {
  MOLBRIDGE_CHECK(static_cast<std::int64_t>(weights.size()) == size_, std::to_string(weights.size()));
  torch::Tensor sum = torch::zeros({width_}, torch::kFloat64);
  double* to = sum.data_ptr<double>();
  double total = 0;
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (weights[row] == 0) continue;
    total += weights[row];
    const std::size_t begin = is_sparse() ? offsets_[row] : row * static_cast<std::size_t>(width_);
    const std::size_t end = is_sparse() ? offsets_[row + 1] : begin + static_cast<std::size_t>(width_);
    for (std::size_t at = begin; at < end; ++at)
      to[is_sparse() ? indices_[at] : at - begin] += weights[row] * static_cast<double>(values_[at]);
  }
  return total == 0 ? sum : sum / total;
}

}  // namespace molbridge::train
