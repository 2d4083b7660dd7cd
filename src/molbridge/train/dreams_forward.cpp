// From tokens to vectors: what DreamsModule computes.

#include <algorithm>
#include <cmath>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/train/dreams_module.hpp"

namespace molbridge::train {
namespace {

namespace F = torch::nn::functional;
constexpr double kEpsilon = 1e-5;

/// Autocast gives bfloat16 where the published network has float32.
torch::Tensor at_least_float(const torch::Tensor& x) {
  return x.scalar_type() == torch::kBFloat16 ? x.to(torch::kFloat32) : x;
}

std::int64_t longest_of(const std::vector<std::int64_t>& lengths) {
  return *std::max_element(lengths.begin(), lengths.end());
}

/// Rows of a batch laid out as [B * T] at which its tokens stand.
torch::Tensor slots_of(const std::vector<std::int64_t>& lengths, std::int64_t longest) {
  std::vector<std::int64_t> slots;
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    for (std::int64_t t = 0; t < lengths[b]; ++t) slots.push_back(static_cast<std::int64_t>(b) * longest + t);
  }
  return torch::tensor(slots, torch::kInt64);
}

}  // namespace

/// Where the tokens stand in [B, T], and what is added to the scores of each key.
struct DreamsModule::Layout {
  explicit Layout(const DreamsState& state)
      : spectra(state.spectra()),
        longest(longest_of(state.lengths)),
        full(spectra * longest == state.tokens.size(0)),
        slots(slots_of(state.lengths, longest)),
        first_rows(state.first_rows()) {
    const torch::Tensor log_counts = state.counts.to(state.sums.scalar_type()).log();
    const double hidden = -std::numeric_limits<double>::infinity();
    key_bias = spread(log_counts - state.sums, hidden).view({spectra, 1, 1, longest});
    if (!state.is_padding.any().item<bool>()) return;
    padding_row = spread(state.is_padding, 0).view({spectra, 1, longest, 1});
    padding_score = spread(log_counts, hidden).view({spectra, 1, 1, longest});
  }

  /// Shapes: [N, ..] to [B * T, ..].
  torch::Tensor spread(const torch::Tensor& rows, double fill) const {
    if (full) return rows;
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = spectra * longest;
    return torch::full(shape, fill, rows.options().requires_grad(false)).index_copy(0, slots, rows);
  }
  torch::Tensor gather(const torch::Tensor& spread_rows) const {
    return full ? spread_rows : spread_rows.index_select(0, slots);
  }

  std::int64_t spectra, longest;
  bool full;  ///< all spectra are equally long
  torch::Tensor slots, first_rows;
  torch::Tensor key_bias;                    ///< [B, 1, 1, T]
  torch::Tensor padding_row, padding_score;  ///< of padding tokens, which attend to all keys alike; undefined if none
};

torch::Tensor DreamsState::first_rows() const {
  std::vector<std::int64_t> rows = {0};
  for (std::size_t b = 0; b + 1 < lengths.size(); ++b) rows.push_back(rows.back() + lengths[b]);
  return torch::tensor(rows, torch::kInt64);
}

std::vector<DreamsState> split_states(const DreamsState& state) {
  std::vector<DreamsState> states;
  std::int64_t row = 0;
  for (const std::int64_t length : state.lengths) {
    const auto part = [&](const torch::Tensor& all) { return all.narrow(0, row, length); };
    states.push_back({part(state.tokens), part(state.sums), part(state.counts), part(state.is_padding), {length}});
    row += length;
  }
  return states;
}

DreamsState join_states(std::span<const DreamsState> states) {
  std::vector<torch::Tensor> tokens, sums, counts, is_padding;
  DreamsState joined;
  for (const DreamsState& state : states) {
    tokens.push_back(state.tokens);
    sums.push_back(state.sums);
    counts.push_back(state.counts);
    is_padding.push_back(state.is_padding);
    joined.lengths.insert(joined.lengths.end(), state.lengths.begin(), state.lengths.end());
  }
  joined.tokens = torch::cat(tokens);
  joined.sums = torch::cat(sums);
  joined.counts = torch::cat(counts);
  joined.is_padding = torch::cat(is_padding);
  return joined;
}

const torch::Tensor& DreamsModule::block_tensor(const char* part, std::int64_t block, const char* name) const {
  return at("transformer_encoder." + std::string(part) + "." + std::to_string(block) + "." + name);
}

torch::Tensor DreamsModule::drop(const torch::Tensor& x, double probability) const {
  return is_training() && probability > 0 ? torch::dropout(x, probability, true) : x;
}

torch::Tensor DreamsModule::norm(const torch::Tensor& x, std::int64_t index) const {
  return torch::layer_norm(at_least_float(x), {x.size(-1)}, block_tensor("scales", index, "weight"),
                           block_tensor("scales", index, "bias"), kEpsilon);
}

torch::Tensor DreamsModule::final_norm(const torch::Tensor& tokens) const { return norm(tokens, 2 * sizes_.layers); }

/// Phases in float32 whatever the module's type: their rounding is part of the published network. Shapes: [N] to [N, d].
torch::Tensor DreamsModule::fourier_branch(const torch::Tensor& mz) const {
  const torch::Tensor& frequencies = at("fourier_enc.b");
  const torch::Tensor scaled = (static_cast<float>(2 * M_PI) * mz).unsqueeze(-1);
  const torch::Tensor phase = scaled * frequencies.to(torch::kFloat32).view({-1});
  torch::Tensor x = torch::cat({phase.cos(), phase.sin()}, -1).to(frequencies.scalar_type());
  for (std::size_t i = 0; i <= sizes_.fourier_hidden.size(); ++i) {
    const std::string key = "ff_fourier.ff." + std::to_string(3 * i);
    x = F::linear(x, at(key + ".weight"), at(key + ".bias"));
    if (i < sizes_.fourier_hidden.size()) x = drop(x, dropout_.embedding);
    x = torch::relu(x);
  }
  return x;
}

DreamsState DreamsModule::embed(std::span<const encoders::DreamsTokens> spectra) const {
  DreamsState state;
  std::vector<float> mz, intensity, counts;
  for (const encoders::DreamsTokens& spectrum : spectra) {
    for (const encoders::DreamsPeak& peak : spectrum.peaks) {
      mz.push_back(peak.mz);
      intensity.push_back(peak.intensity);
    }
    counts.resize(mz.size(), 1.0F);
    if (spectrum.pads > 0) {
      mz.push_back(0);
      intensity.push_back(0);
      counts.push_back(static_cast<float>(spectrum.pads));
    }
    state.lengths.push_back(static_cast<std::int64_t>(spectrum.peaks.size()) + (spectrum.pads > 0 ? 1 : 0));
    MOLBRIDGE_CHECK(state.lengths.back() > 0, "a spectrum without tokens");
  }
  MOLBRIDGE_CHECK(!spectra.empty(), "no spectra");
  const torch::Tensor masses = torch::tensor(mz);
  state.counts = torch::tensor(counts);
  state.is_padding = masses == 0;
  const torch::Tensor& weight = at("ff_peak.ff.0.weight");
  const torch::Tensor peaks = torch::stack({masses / sizes_.max_mz, torch::tensor(intensity)}, -1);
  const torch::Tensor peak = torch::relu(F::linear(peaks.to(weight.scalar_type()), weight, at("ff_peak.ff.0.bias")));
  const torch::Tensor fourier = at_least_float(fourier_branch(masses));
  state.sums = fourier.sum(-1);
  if (!sizes_.graphormer) state.sums = torch::zeros_like(state.sums);
  state.tokens = drop(torch::cat({at_least_float(peak), fourier}, -1), dropout_.residual);
  return state;
}

/// Shapes: x [N, D]; returns [N, D], or [B, D] of first tokens.
torch::Tensor DreamsModule::attention(std::int64_t block, const torch::Tensor& x, const Layout& layout,
                                      bool first_only) const {
  const torch::Tensor& weights = block_tensor("atts", block, "weights");
  const std::int64_t width = sizes_.d_model(), queries = first_only ? 1 : layout.longest;
  const auto by_heads = [&](const torch::Tensor& rows, std::int64_t length) {
    return rows.view({layout.spectra, length, sizes_.heads, -1}).transpose(1, 2);
  };
  const auto parts = layout.spread(F::linear(x, weights.narrow(0, width, 2 * width)), 0).chunk(2, -1);
  const torch::Tensor key = by_heads(parts[0].contiguous(), layout.longest);
  const torch::Tensor value = by_heads(parts[1].contiguous(), layout.longest);
  torch::Tensor query = F::linear(first_only ? x.index_select(0, layout.first_rows) : x, weights.narrow(0, 0, width));
  if (!first_only) query = layout.spread(query, 0);
  const double scale = 1 / std::sqrt(static_cast<double>(width / sizes_.heads));
  torch::Tensor score = at_least_float(torch::matmul(by_heads(query * scale, queries), key.transpose(-1, -2)));
  score = score + layout.key_bias;
  if (layout.padding_row.defined()) {
    const torch::Tensor row = first_only ? layout.padding_row.narrow(2, 0, 1) : layout.padding_row;
    score = torch::where(row, layout.padding_score, score);
  }
  const torch::Tensor share = drop(score.softmax(-1), dropout_.attention);
  torch::Tensor mixed = torch::matmul(share, value).transpose(1, 2).reshape({layout.spectra * queries, width});
  if (!first_only) mixed = layout.gather(mixed);
  return drop(F::linear(mixed, weights.narrow(0, 3 * width, width)), dropout_.residual);
}

torch::Tensor DreamsModule::feed_forward(std::int64_t block, const torch::Tensor& x) const {
  const torch::Tensor hidden = torch::relu(F::linear(x, block_tensor("ffs", block, "in_proj.weight")));
  return drop(F::linear(drop(hidden, dropout_.feed_forward), block_tensor("ffs", block, "out_proj.weight")),
              dropout_.residual);
}

torch::Tensor DreamsModule::run_block(std::int64_t block, const torch::Tensor& x, const Layout& layout,
                                      bool first_only) const {
  const torch::Tensor attended = attention(block, norm(x, 2 * block), layout, first_only);
  const torch::Tensor y = (first_only ? x.index_select(0, layout.first_rows) : x) + attended;
  return y + feed_forward(block, norm(y, 2 * block + 1));
}

DreamsState DreamsModule::run(DreamsState state, std::int64_t first, std::int64_t last) const {
  const Layout layout(state);
  if (last < 0) last = sizes_.layers;
  for (std::int64_t block = first; block < last; ++block) state.tokens = run_block(block, state.tokens, layout, false);
  return state;
}

torch::Tensor DreamsModule::pool(const DreamsState& state, DreamsPooling pooling) const {
  if (pooling == DreamsPooling::kPrecursor) return final_norm(state.tokens.index_select(0, state.first_rows()));
  const torch::Tensor normed = final_norm(state.tokens);
  const torch::Tensor share = state.is_padding.logical_not().to(normed.scalar_type()).unsqueeze(-1);
  const torch::Tensor lengths = torch::tensor(state.lengths, torch::kInt64);
  const torch::Tensor spectrum_of_row = torch::repeat_interleave(lengths);
  const auto sum = [&](const torch::Tensor& rows) {
    return torch::zeros({state.spectra(), rows.size(1)}, rows.options().requires_grad(false))
        .index_add(0, spectrum_of_row, rows);
  };
  return sum(normed * share) / sum(share).clamp_min(1);
}

torch::Tensor DreamsModule::vectors(const DreamsState& state, std::int64_t first, DreamsPooling pooling) const {
  const bool precursor = pooling == DreamsPooling::kPrecursor && first < sizes_.layers;
  if (!precursor) return pool(run(state, first), pooling);
  const DreamsState before = run(state, first, sizes_.layers - 1);
  return final_norm(run_block(sizes_.layers - 1, before.tokens, Layout(before), true));
}

torch::Tensor DreamsModule::forward(std::span<const encoders::DreamsTokens> spectra, DreamsPooling pooling) const {
  return vectors(embed(spectra), 0, pooling);
}

torch::Tensor DreamsModule::mz_logits(const torch::Tensor& tokens) const {
  return F::linear(tokens, at("ff_out.ff.0.weight"), at("ff_out.ff.0.bias"));
}

torch::Tensor DreamsModule::order_logits(const torch::Tensor& first, const torch::Tensor& second) const {
  return F::linear(torch::cat({first, second}, -1), at("ro_out.weight")).squeeze(-1);
}

}  // namespace molbridge::train
