#include "molbridge/encoders/transformer/transformer_encoder.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/transformer/pooling.hpp"
#include "molbridge/encoders/transformer/transformer.hpp"

namespace molbridge::encoders {
namespace {

// Rows of a pack: large enough that products run at full speed, small enough that the rows of a layer stay in the cache.
constexpr std::int64_t kPackRows = 512;
constexpr std::int64_t kLeastPackRows = 64;
constexpr std::size_t kTextsPerStep = 32;

struct EncoderParts {
  TransformerConfig config;
  FolderPooling folder_pooling;
  Pooling pooling = Pooling::kMean;
  bool normalize = false;
};

EncoderParts read_parts(const std::string& folder, const SequenceEncoderOptions& options) {
  EncoderParts parts;
  parts.config = read_transformer_config(folder);
  parts.folder_pooling = read_folder_pooling(folder, options.pooling.has_value());
  parts.pooling = options.pooling.value_or(parts.folder_pooling.pooling.value_or(usual_pooling(parts.config.kind)));
  parts.normalize = options.normalize || parts.folder_pooling.normalize;
  return parts;
}

class TransformerEncoder : public SequenceEncoder {
 public:
  TransformerEncoder(const std::string& folder, EncoderParts parts, nn::Precision precision,
                     std::shared_ptr<const Tokenizer> tokenizer)
      : parts_(std::move(parts)),
        precision_(precision),
        tokenizer_(std::move(tokenizer)),
        reader_(nn::Weights::open(folder), parts_.config.kind),
        network_(parts_.config, reader_, precision, parts_.pooling == Pooling::kPooler) {}

  std::string kind() const override { return std::string(encoders::name(parts_.config.kind)); }
  std::string name() const override;
  std::string digest() const override;
  std::int64_t width() const override { return parts_.config.hidden; }
  Pooling pooling() const override { return parts_.pooling; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  nn::Precision precision() const override { return precision_; }
  std::vector<std::uint8_t> embed(std::span<const std::string> texts, std::size_t threads,
                                  std::span<float> out) const override;
  std::vector<float> hidden_states(std::span<const std::int32_t> ids) const override;

 private:
  bool first_only() const { return parts_.pooling == Pooling::kCls || parts_.pooling == Pooling::kPooler; }
  void embed_pack(std::span<const Encoding> encodings, std::span<const std::size_t> texts, Workspace& workspace,
                  std::span<float> out) const;
  void pool(const Encoding& encoding, const float* states, std::span<float> out) const;

  EncoderParts parts_;
  nn::Precision precision_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  WeightReader reader_;
  Transformer network_;
  mutable std::once_flag digest_once_;
  mutable std::string digest_;
};

std::string TransformerEncoder::name() const {
  const TransformerConfig& config = parts_.config;
  return kind() + " " + std::to_string(config.layers) + "x" + std::to_string(config.hidden) + ", " +
         std::to_string(config.heads) + " heads, " + std::string(encoders::name(parts_.pooling)) +
         (parts_.normalize ? ", length 1, " : ", ") + std::string(nn::name(precision_));
}

std::string TransformerEncoder::digest() const {
  std::call_once(digest_once_, [&] {
    digest_ = sha256("sequence encoder 1\n" + parts_.config.summary() + "\n" + reader_.digest() + "\n" +
                     tokenizer_->digest() + "\n" + std::to_string(tokenizer_->max_tokens()) + "\n" +
                     std::string(encoders::name(parts_.pooling)) + (parts_.normalize ? " length 1" : ""));
  });
  return digest_;
}

std::vector<Encoding> tokenize(const Tokenizer& tokenizer, std::span<const std::string> texts, std::size_t threads) {
  std::vector<Encoding> encodings(texts.size());
  parallel_for(texts.size(), threads, kTextsPerStep, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) encodings[i] = tokenizer.encode(texts[i]);
  });
  return encodings;
}

/// Longest first, so that the last pack to be taken is a short one.
std::vector<std::size_t> by_length(std::span<const Encoding> encodings) {
  std::vector<std::size_t> order(encodings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return encodings[a].ids.size() > encodings[b].ids.size(); });
  return order;
}

/// Few texts are spread over the threads; many fill whole packs.
std::int64_t rows_per_pack(std::span<const Encoding> encodings, std::size_t threads) {
  std::int64_t rows = 0;
  for (const Encoding& encoding : encodings) rows += static_cast<std::int64_t>(encoding.ids.size());
  const std::int64_t share = rows / static_cast<std::int64_t>(threads) + 1;
  return std::clamp((share + kLeastPackRows - 1) / kLeastPackRows * kLeastPackRows, kLeastPackRows, kPackRows);
}

/// Ends of consecutive runs of `order` that are packed together.
std::vector<std::size_t> cut_packs(std::span<const Encoding> encodings, std::span<const std::size_t> order,
                                   std::int64_t limit) {
  std::vector<std::size_t> ends;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto length = static_cast<std::int64_t>(encodings[order[i]].ids.size());
    if (rows > 0 && rows + length > limit) {
      ends.push_back(i);
      rows = 0;
    }
    rows += length;
  }
  if (!order.empty()) ends.push_back(order.size());
  return ends;
}

void TransformerEncoder::pool(const Encoding& encoding, const float* states, std::span<float> out) const {
  if (first_only()) {
    std::copy_n(states, out.size(), out.begin());
  } else {
    pool_tokens(parts_.pooling, {states, encoding.ids.size() * out.size()}, encoding.special, out);
  }
  if (parts_.normalize) normalize_length(out);
}

void TransformerEncoder::embed_pack(std::span<const Encoding> encodings, std::span<const std::size_t> texts,
                                    Workspace& workspace, std::span<float> out) const {
  const auto width = static_cast<std::size_t>(parts_.config.hidden);
  Pack pack;
  for (const std::size_t text : texts) {
    if (!encodings[text].ids.empty()) pack.add(encodings[text].ids);
  }
  const float* states = pack.rows() > 0 ? network_.forward(pack, workspace, first_only()) : nullptr;
  if (parts_.pooling == Pooling::kPooler && pack.rows() > 0)
    states = network_.pool(states, pack.sequences(), workspace);
  for (const std::size_t text : texts) {
    const std::span<float> target = out.subspan(text * width, width);
    if (encodings[text].ids.empty()) {
      std::fill(target.begin(), target.end(), 0.0F);
      continue;
    }
    pool(encodings[text], states, target);
    states += (first_only() ? 1 : encodings[text].ids.size()) * width;
  }
}

std::vector<std::uint8_t> TransformerEncoder::embed(std::span<const std::string> texts, std::size_t threads,
                                                    std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == texts.size() * static_cast<std::size_t>(width()), std::to_string(out.size()));
  const std::size_t workers = resolve_threads(threads);
  const std::vector<Encoding> encodings = tokenize(*tokenizer_, texts, workers);
  const std::vector<std::size_t> order = by_length(encodings);
  const std::vector<std::size_t> ends = cut_packs(encodings, order, rows_per_pack(encodings, workers));
  WorkspacePool workspaces;
  parallel_for(ends.size(), workers, 1, [&](std::size_t first, std::size_t last) {
    auto workspace = workspaces.take();
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t begin = i == 0 ? 0 : ends[i - 1];
      embed_pack(encodings, std::span(order).subspan(begin, ends[i] - begin), *workspace, out);
    }
    workspaces.give(std::move(workspace));
  });
  std::vector<std::uint8_t> truncated(texts.size());
  std::transform(encodings.begin(), encodings.end(), truncated.begin(),
                 [](const Encoding& encoding) { return encoding.truncated ? 1 : 0; });
  return truncated;
}

std::vector<float> TransformerEncoder::hidden_states(std::span<const std::int32_t> ids) const {
  if (ids.empty()) return {};
  Pack pack;
  pack.add(ids);
  Workspace workspace;
  const float* states = network_.forward(pack, workspace, false);
  return {states, states + pack.rows() * width()};
}

/// The caller's own limit, else the one of the folder; never more than there are positions. Where positions are learned, a text that is too long must be
/// cut somewhere: at the tokenizer's own limit, as transformers does when asked to truncate (DeepChem's ChemBERTa has 513 positions and says 512).
std::int64_t longest(const Tokenizer& tokenizer, const EncoderParts& parts, std::int64_t wanted) {
  std::int64_t limit = wanted;
  const std::int64_t usual = parts.config.rotary() ? 0 : tokenizer.model_max_tokens();
  for (const std::int64_t next : {parts.folder_pooling.max_tokens, tokenizer.max_tokens(), usual}) {
    if (limit == 0) limit = next;
  }
  const std::int64_t positions = parts.config.max_tokens();
  if (positions > 0 && (limit == 0 || limit > positions)) return positions;
  return limit;
}

}  // namespace

std::shared_ptr<const SequenceEncoder> open_transformer(const std::string& folder,
                                                        const SequenceEncoderOptions& options,
                                                        std::shared_ptr<const Tokenizer> tokenizer) {
  return std::make_shared<TransformerEncoder>(folder, read_parts(folder, options), options.precision,
                                              std::move(tokenizer));
}

std::shared_ptr<const SequenceEncoder> SequenceEncoder::open(const std::string& folder,
                                                             const SequenceEncoderOptions& options) {
  const EncoderParts parts = read_parts(folder, options);
  TokenizerOptions tokenizer_options = options.tokenizer;
  auto tokenizer = Tokenizer::open(folder, tokenizer_options);
  tokenizer_options.max_tokens = longest(*tokenizer, parts, options.tokenizer.max_tokens);
  if (tokenizer->max_tokens() != tokenizer_options.max_tokens) tokenizer = Tokenizer::open(folder, tokenizer_options);
  return std::make_shared<TransformerEncoder>(folder, parts, options.precision, std::move(tokenizer));
}

}  // namespace molbridge::encoders
