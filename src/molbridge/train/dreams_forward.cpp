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

/// Sizes of matrix products are rounded up to these, by rows that nobody reads: the library compiles a kernel for every new shape, and keeps it.
constexpr std::int64_t kRowBlock = 64, kLengthBlock = 8;

std::int64_t round_up(std::int64_t size, std::int64_t block) { return (size + block - 1) / block * block; }

/// With zero rows (or indices 0) up to a whole block.
torch::Tensor filled(const torch::Tensor& rows) {
  const std::int64_t missing = round_up(rows.size(0), kRowBlock) - rows.size(0);
  if (missing == 0) return rows;
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape[0] = missing;
  return torch::cat({rows, torch::zeros(shape, rows.options().requires_grad(false))});
}

/// Autocast gives bfloat16 where the published network has float32.
torch::Tensor at_least_float(const torch::Tensor& x) {
  return x.scalar_type() == torch::kBFloat16 ? x.to(torch::kFloat32) : x;
}

std::int64_t longest_of(const std::vector<std::int64_t>& lengths) {
  return round_up(*std::max_element(lengths.begin(), lengths.end()), kLengthBlock);
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
        slots(slots_of(state.lengths, longest)),
        filled_slots(filled(slots)),
        first_rows(state.first_rows()) {
    const torch::Tensor log_counts = state.counts.to(state.sums.scalar_type()).log();
    const double hidden = -std::numeric_limits<double>::infinity();
    key_bias = spread(log_counts - state.sums, hidden).view({spectra, 1, 1, longest});
    if (!state.is_padding.any().item<bool>()) return;
    padding_row = spread(state.is_padding, 0).view({spectra, 1, longest, 1});
    padding_score = spread(log_counts, hidden).view({spectra, 1, 1, longest});
  }

  /// Shapes: [N or more, ..] to [B * T, ..].
  torch::Tensor spread(const torch::Tensor& rows, double fill) const {
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = spectra * longest;
    return torch::full(shape, fill, rows.options().requires_grad(false))
        .index_copy(0, slots, rows.narrow(0, 0, slots.size(0)));
  }
  /// Back to whole blocks of rows, or to the `rows` where they are defined.
  torch::Tensor gather(const torch::Tensor& spread_rows, const torch::Tensor& rows) const {
    return spread_rows.index_select(0, rows.defined() ? slots.index_select(0, rows) : filled_slots);
  }

  std::int64_t spectra, longest;
  torch::Tensor slots;                       ///< [N], of the tokens
  torch::Tensor filled_slots;                ///< the same with others up to a whole block
  torch::Tensor first_rows;                  ///< [B]
  torch::Tensor key_bias;                    ///< [B, 1, 1, T]
  torch::Tensor padding_row, padding_score;  ///< of padding tokens, which attend to all keys alike; undefined if none
};

/// Tokens whose output is asked for; of the others only keys and values are needed.
struct DreamsModule::Wanted {
  torch::Tensor rows;            ///< [M] int64; undefined: all
  bool precursors_only = false;  ///< they are the first of each spectrum
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
  torch::Tensor x = filled(torch::cat({phase.cos(), phase.sin()}, -1).to(frequencies.scalar_type()));
  for (std::size_t i = 0; i <= sizes_.fourier_hidden.size(); ++i) {
    const std::string key = "ff_fourier.ff." + std::to_string(3 * i);
    x = F::linear(x, at(key + ".weight"), at(key + ".bias"));
    if (i < sizes_.fourier_hidden.size()) x = drop(x, dropout_.embedding);
    x = torch::relu(x);
  }
  return x.narrow(0, 0, mz.size(0));
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
  const torch::Tensor peak =
      torch::relu(F::linear(filled(peaks.to(weight.scalar_type())), weight, at("ff_peak.ff.0.bias")))
          .narrow(0, 0, masses.size(0));
  const torch::Tensor fourier = at_least_float(fourier_branch(masses));
  state.sums = fourier.sum(-1);
  if (!sizes_.graphormer) state.sums = torch::zeros_like(state.sums);
  state.tokens = drop(torch::cat({at_least_float(peak), fourier}, -1), dropout_.residual);
  return state;
}

/// Shapes: x [N, D]; returns [N, D], or [M, D] of the wanted tokens.
torch::Tensor DreamsModule::attention(std::int64_t block, const torch::Tensor& x, const Layout& layout,
                                      const Wanted& wanted) const {
  const torch::Tensor& weights = block_tensor("atts", block, "weights");
  const std::int64_t width = sizes_.d_model(), queries = wanted.precursors_only ? 1 : layout.longest;
  const auto by_heads = [&](const torch::Tensor& rows, std::int64_t length) {
    return rows.view({layout.spectra, length, sizes_.heads, -1}).transpose(1, 2);
  };
  const auto parts = layout.spread(F::linear(x, weights.narrow(0, width, 2 * width)), 0).chunk(2, -1);
  const torch::Tensor key = by_heads(parts[0].contiguous(), layout.longest);
  const torch::Tensor value = by_heads(parts[1].contiguous(), layout.longest);
  const torch::Tensor asking = wanted.precursors_only ? x.index_select(0, wanted.rows) : x;
  torch::Tensor query = F::linear(asking, weights.narrow(0, 0, width));
  if (!wanted.precursors_only) query = layout.spread(query, 0);
  const double scale = 1 / std::sqrt(static_cast<double>(width / sizes_.heads));
  const torch::Tensor products = torch::matmul(by_heads(query * scale, queries), key.transpose(-1, -2));
  const torch::Tensor share = drop(shares(products, layout, wanted), dropout_.attention);
  torch::Tensor mixed = torch::matmul(share, value).transpose(1, 2).reshape({layout.spectra * queries, width});
  if (!wanted.precursors_only) mixed = layout.gather(mixed, wanted.rows);
  return drop(F::linear(mixed, weights.narrow(0, 3 * width, width)), dropout_.residual);
}

/// Softmax of the scores, in float32 at least. Shapes: products [B, heads, 1 or T, T].
torch::Tensor DreamsModule::shares(const torch::Tensor& products, const Layout& layout, const Wanted& wanted) const {
  torch::Tensor score = at_least_float(products) + layout.key_bias;
  if (layout.padding_row.defined()) {
    const torch::Tensor row = wanted.precursors_only ? layout.padding_row.narrow(2, 0, 1) : layout.padding_row;
    score = torch::where(row, layout.padding_score, score);
  }
  return score.softmax(-1);
}

torch::Tensor DreamsModule::feed_forward(std::int64_t block, const torch::Tensor& x) const {
  const torch::Tensor hidden = torch::relu(F::linear(x, block_tensor("ffs", block, "in_proj.weight")));
  return drop(F::linear(drop(hidden, dropout_.feed_forward), block_tensor("ffs", block, "out_proj.weight")),
              dropout_.residual);
}

torch::Tensor DreamsModule::run_block(std::int64_t block, const torch::Tensor& x, const Layout& layout,
                                      const Wanted& wanted) const {
  const torch::Tensor attended = attention(block, norm(x, 2 * block), layout, wanted);
  const torch::Tensor y = (wanted.rows.defined() ? x.index_select(0, wanted.rows) : x) + attended;
  return y + feed_forward(block, norm(y, 2 * block + 1));
}

DreamsState DreamsModule::run(DreamsState state, std::int64_t first, std::int64_t last) const {
  const Layout layout(state);
  if (last < 0) last = sizes_.layers;
  torch::Tensor x = filled(state.tokens);
  for (std::int64_t block = first; block < last; ++block) x = run_block(block, x, layout, {});
  state.tokens = x.narrow(0, 0, state.tokens.size(0));
  return state;
}

torch::Tensor DreamsModule::tokens_at(const DreamsState& state, std::int64_t first, const torch::Tensor& rows) const {
  if (first >= sizes_.layers) return final_norm(state.tokens.index_select(0, rows));
  const DreamsState before = run(state, first, sizes_.layers - 1);
  const torch::Tensor x = run_block(sizes_.layers - 1, filled(before.tokens), Layout(before), {filled(rows)});
  return final_norm(x.narrow(0, 0, rows.size(0)));
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
  const Layout layout(before);
  return final_norm(run_block(sizes_.layers - 1, filled(before.tokens), layout, {layout.first_rows, true}));
}

torch::Tensor DreamsModule::forward(std::span<const encoders::DreamsTokens> spectra, DreamsPooling pooling) const {
  return vectors(embed(spectra), 0, pooling);
}

torch::Tensor DreamsModule::mz_logits(const torch::Tensor& tokens) const {
  const torch::Tensor logits = F::linear(filled(tokens), at("ff_out.ff.0.weight"), at("ff_out.ff.0.bias"));
  return logits.narrow(0, 0, tokens.size(0));
}

torch::Tensor DreamsModule::order_logits(const torch::Tensor& first, const torch::Tensor& second) const {
  return F::linear(torch::cat({first, second}, -1), at("ro_out.weight")).squeeze(-1);
}

}  // namespace molbridge::train
