#include "molbridge/encoders/spectrum/dreams_embedding.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/kernels.hpp"

namespace molbridge::encoders {
namespace {

/// Fourier features of this many tokens at a time: 12,000 numbers each.
constexpr std::size_t kBlock = 128;

bool is_padding(const DreamsPeak& peak) { return peak.mz == 0 && peak.intensity == 0; }

}  // namespace

DreamsEmbedding::DreamsEmbedding(const DreamsSource& source)
    : width_(source.config.d_model()), max_mz_(source.config.max_mz), mz_bin_(source.config.mz_bin) {
  const DreamsSource exact{source.weights, source.config, nn::Precision::kFloat32, source.prefix};
  peak_ = DreamsChain::load(exact, "ff_peak", 2);  // two inputs: nothing to gain from fewer digits
  if (source.config.d_fourier > 0) {
    const std::string key = source.prefix + "fourier_enc.b";
    frequencies_ = source.weights.floats(key, {1, -1});
    fourier_ = DreamsChain::load(source, "ff_fourier", 2 * static_cast<std::int64_t>(frequencies_.size()));
  }
  if (source.config.d_mz_token > 0) {
    const auto& shape = source.weights.at(source.prefix + "mz_tokenizer.weight").shape;
    mz_class_width_ = shape.size() == 2 ? shape[1] : 0;
    mz_classes_ = source.weights.floats(source.prefix + "mz_tokenizer.weight", {-1, mz_class_width_});
    mz_token_ = DreamsChain::load(source, "ff_mz_token", mz_class_width_);
  }
  check_widths(source);
  std::vector<float> padding(static_cast<std::size_t>(width_));
  embed_block(std::vector<DreamsPeak>(1), padding.data());
  padding_ = std::move(padding);
}

void DreamsEmbedding::check_widths(const DreamsSource& source) const {
  const auto check = [&](const DreamsChain& chain, std::int64_t wanted, const std::string& part) {
    if (chain.outputs() != wanted) {
      source.refuse(source.prefix + part,
                    "it gives " + std::to_string(chain.outputs()) + " values, not " + std::to_string(wanted));
    }
  };
  check(peak_, source.config.d_peak, "ff_peak");
  check(mz_token_, source.config.d_mz_token, "ff_mz_token");
  check(fourier_, source.config.d_fourier, "ff_fourier");
  const auto rows = mz_class_width_ > 0 ? static_cast<std::int64_t>(mz_classes_.size()) / mz_class_width_ : 0;
  if (source.config.d_mz_token > 0 && rows < 2)
    source.refuse(source.prefix + "mz_tokenizer.weight", "it has no classes");
}

std::uint64_t DreamsEmbedding::memory() const { return peak_.memory() + mz_token_.memory() + fourier_.memory(); }

void DreamsEmbedding::place(const std::vector<float>& part, std::int64_t rows, std::int64_t width, std::int64_t offset,
                            float* out) const {
  for (std::int64_t row = 0; row < rows; ++row)
    std::copy_n(part.data() + row * width, width, out + row * width_ + offset);
}

std::vector<float> DreamsEmbedding::fourier_part(std::span<const DreamsPeak> peaks) const {
  std::vector<float> features(peaks.size() * 2 * frequencies_.size());
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    nn::fourier_features(peaks[i].mz, frequencies_, features.data() + i * 2 * frequencies_.size());
  }
  return fourier_.forward(std::move(features), static_cast<std::int64_t>(peaks.size()));
}

std::vector<float> DreamsEmbedding::mz_token_part(std::span<const DreamsPeak> peaks) const {
  const auto width = static_cast<std::size_t>(mz_class_width_);
  const auto masked = static_cast<double>(mz_classes_.size() / width - 1);
  std::vector<float> x(peaks.size() * width);
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    const double mz = peaks[i].mz;
    // round half to even, as the reference; everything behind the last class is in it
    const double index = mz < 0 ? masked : std::min(std::nearbyint(mz / mz_bin_), masked - 1);
    std::copy_n(mz_classes_.data() + static_cast<std::size_t>(std::max(index, 0.0)) * width, width,
                x.data() + i * width);
  }
  return mz_token_.forward(std::move(x), static_cast<std::int64_t>(peaks.size()));
}

void DreamsEmbedding::embed_block(std::span<const DreamsPeak> peaks, float* out) const {
  const auto rows = static_cast<std::int64_t>(peaks.size());
  std::vector<float> input;
  for (const auto& peak : peaks) {
    input.push_back(peak.mz / static_cast<float>(max_mz_));
    input.push_back(peak.intensity);
  }
  place(peak_.forward(std::move(input), rows), rows, peak_.outputs(), 0, out);
  std::int64_t offset = peak_.outputs();
  if (!mz_token_.empty()) {
    place(mz_token_part(peaks), rows, mz_token_.outputs(), offset, out);
    offset += mz_token_.outputs();
  }
  if (!fourier_.empty()) place(fourier_part(peaks), rows, fourier_.outputs(), offset, out);
}

void DreamsEmbedding::embed(std::span<const DreamsPeak> peaks, float* out) const {
  std::vector<DreamsPeak> block;
  std::vector<std::size_t> rows;
  std::vector<float> tokens;
  const auto flush = [&] {
    tokens.resize(block.size() * static_cast<std::size_t>(width_));
    embed_block(block, tokens.data());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(tokens.data() + i * static_cast<std::size_t>(width_), width_,
                  out + rows[i] * static_cast<std::size_t>(width_));
    }
    block.clear();
    rows.clear();
  };
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    if (is_padding(peaks[i])) {
      std::copy(padding_.begin(), padding_.end(), out + i * static_cast<std::size_t>(width_));
      continue;
    }
    block.push_back(peaks[i]);
    rows.push_back(i);
    if (block.size() == kBlock) flush();
  }
  if (!block.empty()) flush();
}

}  // namespace molbridge::encoders
