#include "molbridge/encoders/spectrum/dreams.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "molbridge/core/error.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/spectrum/dreams_network.hpp"
#include "molbridge/nn/float_tensor.hpp"

namespace molbridge::encoders {
namespace {

/// Rows of one pack: enough to use each weight often while it is in the cache, few enough to share between threads.
constexpr std::int64_t kPackRows = 640;

class PackedDreamsEncoder final : public DreamsEncoder {
 public:
  PackedDreamsEncoder(const nn::Weights& weights, const DreamsConfig& config, const DreamsOptions& options,
                      const std::string& prefix)
      : options_(options),
        network_({weights, config, options.precision, prefix}, options.input == DreamsInput::kDreams),
        all_tokens_(options.input != DreamsInput::kDreams) {
    if (!options.use_head || all_tokens_ || !weights.has("head.weight")) return;
    const nn::FloatTensor weight(weights, "head.weight", {-1, config.d_model()});
    const auto bias = weights.has("head.bias") ? weights.floats("head.bias", {weight.size(0)}) : std::vector<float>();
    head_.emplace(weight.values(), bias, config.d_model(), weight.size(0), options.precision);
  }

  std::int64_t width() const override { return head_ ? head_->outputs() : network_.width(); }
  const DreamsOptions& options() const override { return options_; }
  std::uint64_t memory() const override { return network_.memory() + (head_ ? head_->memory() : 0); }

  void embed(std::span<const DreamsSpectrum> spectra, std::size_t threads, std::span<float> out) const override {
    MOLBRIDGE_CHECK(out.size() == spectra.size() * static_cast<std::size_t>(width()), std::to_string(out.size()));
    std::vector<DreamsTokens> tokens;
    for (const auto& spectrum : spectra) tokens.push_back(dreams_tokens(spectrum, options_));
    const auto cuts = pack_cuts(tokens, resolve_threads(threads));
    parallel_for(cuts.size() - 1, threads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) embed_pack(tokens, cuts[i], cuts[i + 1], out);
    });
  }

  std::vector<float> hidden_states(const DreamsTokens& tokens) const override {
    MOLBRIDGE_CHECK(all_tokens_, "an encoder of first tokens has no other states");
    DreamsPack pack;
    pack.add(tokens);
    return network_.forward(pack);
  }

 private:
  /// Neighbours share a pack; few spectra are spread over the threads.
  static std::vector<std::size_t> pack_cuts(const std::vector<DreamsTokens>& tokens, std::size_t threads) {
    const auto size = [](const DreamsTokens& one) { return static_cast<std::int64_t>(one.peaks.size()) + 1; };
    std::int64_t total = 0;
    for (const auto& one : tokens) total += size(one);
    const std::int64_t limit =
        std::min(kPackRows, std::max<std::int64_t>(64, total / static_cast<std::int64_t>(threads)));
    std::vector<std::size_t> cuts = {0};
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (rows > 0 && rows + size(tokens[i]) > limit) {
        cuts.push_back(i);
        rows = 0;
      }
      rows += size(tokens[i]);
    }
    cuts.push_back(tokens.size());
    return cuts;
  }

  void embed_pack(const std::vector<DreamsTokens>& tokens, std::size_t begin, std::size_t end,
                  std::span<float> out) const {
    DreamsPack pack;
    for (std::size_t i = begin; i < end; ++i) pack.add(tokens[i]);
    std::vector<float> states = network_.forward(pack);
    if (all_tokens_) states = means(pack, states);
    float* to = out.data() + begin * static_cast<std::size_t>(width());
    if (head_) {
      head_->forward(states.data(), static_cast<std::int64_t>(end - begin), to);
    } else {
      std::copy(states.begin(), states.end(), to);
    }
  }

  /// Over the tokens that are no padding.
  std::vector<float> means(const DreamsPack& pack, const std::vector<float>& states) const {
    const std::int64_t width = network_.width();
    std::vector<float> result;
    for (const auto& sequence : pack.sequences) {
      std::vector<double> sum(static_cast<std::size_t>(width));
      std::int64_t count = 0;
      for (std::int64_t t = sequence.begin; t < sequence.begin + sequence.size; ++t) {
        if (!(pack.rows[static_cast<std::size_t>(t)].mz > 0)) continue;
        for (std::int64_t i = 0; i < width; ++i)
          sum[static_cast<std::size_t>(i)] += states[static_cast<std::size_t>(t * width + i)];
        ++count;
      }
      for (const double value : sum)
        result.push_back(static_cast<float>(value / static_cast<double>(std::max<std::int64_t>(count, 1))));
    }
    return result;
  }

  DreamsOptions options_;
  DreamsNetwork network_;
  bool all_tokens_;
  std::optional<nn::Linear> head_;
};

}  // namespace

std::shared_ptr<const DreamsEncoder> DreamsEncoder::open(const nn::Weights& weights, const DreamsConfig& config,
                                                         const DreamsOptions& options, const std::string& prefix) {
  require_whole_biases(weights, prefix);
  return std::make_shared<PackedDreamsEncoder>(weights, config, options, prefix);
}

}  // namespace molbridge::encoders
