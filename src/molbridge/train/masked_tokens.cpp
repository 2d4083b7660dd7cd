#include "molbridge/train/masked_tokens.hpp"

#include <algorithm>
#include <numeric>

namespace molbridge::train {
namespace {

/// One sequence after masking: its tokens as the network sees them, and what is asked of it.
struct MaskedSequence {
  std::vector<TokenId> seen;
  std::vector<std::size_t> chosen;
};

bool is_special(TokenId id) {
  return id == SmilesVocabulary::kFirst || id == SmilesVocabulary::kLast || id == SmilesVocabulary::kPad;
}

TokenId replacement(TokenId token, const MaskingOptions& options, std::int64_t vocabulary, Rng& random) {
  const double draw = random.uniform();
  if (draw < options.as_mask) return SmilesVocabulary::kMask;
  if (draw >= options.as_mask + options.as_random) return token;
  const auto ordinary = static_cast<std::uint64_t>(vocabulary - SmilesVocabulary::kOrdinary);
  return static_cast<TokenId>(SmilesVocabulary::kOrdinary + random.below(ordinary));
}

MaskedSequence mask(std::span<const TokenId> ids, const MaskingOptions& options, std::int64_t vocabulary, Rng& random) {
  MaskedSequence out{{ids.begin(), ids.end()}, {}};
  if (options.untouched > 0 && random.uniform() < options.untouched) return out;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (is_special(ids[i])) continue;
    candidates.push_back(i);
    if (random.uniform() < options.share) out.chosen.push_back(i);
  }
  if (out.chosen.empty() && !candidates.empty()) out.chosen.push_back(candidates[random.below(candidates.size())]);
  for (const std::size_t i : out.chosen) out.seen[i] = replacement(ids[i], options, vocabulary, random);
  return out;
}

MaskedPack make_pack(const TokenSequences& sequences, std::span<const std::int64_t> batch,
                     std::span<const MaskedSequence> masked, std::span<const std::size_t> rows) {
  std::size_t longest = 0;
  for (const std::size_t row : rows) longest = std::max(longest, masked[row].seen.size());
  MaskedPack pack{{rows.begin(), rows.end()}, {}, {}, {}};
  const auto height = static_cast<std::int64_t>(rows.size()), width = static_cast<std::int64_t>(longest);
  pack.ids = torch::full({height, width}, std::int64_t{SmilesVocabulary::kPad}, torch::kInt64);
  auto* out = pack.ids.data_ptr<std::int64_t>();
  std::vector<std::int64_t> chosen, labels;
  for (std::size_t b = 0; b < rows.size(); ++b) {
    const MaskedSequence& one = masked[rows[b]];
    std::copy(one.seen.begin(), one.seen.end(), out + b * longest);
    for (const std::size_t i : one.chosen) {
      chosen.push_back(static_cast<std::int64_t>(b * longest + i));
      labels.push_back(sequences[batch[rows[b]]][i]);
    }
  }
  pack.chosen = torch::tensor(chosen, torch::kInt64);
  pack.labels = torch::tensor(labels, torch::kInt64);
  return pack;
}

}  // namespace

std::vector<MaskedPack> masked_packs(const TokenSequences& sequences, std::span<const std::int64_t> batch,
                                     const MaskingOptions& options, std::int64_t vocabulary, std::int64_t pack_tokens,
                                     Rng& random) {
  std::vector<MaskedSequence> masked;
  masked.reserve(batch.size());
  for (const std::int64_t example : batch) masked.push_back(mask(sequences[example], options, vocabulary, random));
  std::vector<std::size_t> order(batch.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return masked[a].seen.size() > masked[b].seen.size(); });
  std::vector<MaskedPack> packs;
  for (std::size_t begin = 0; begin < order.size();) {
    const auto longest = static_cast<std::int64_t>(masked[order[begin]].seen.size());  // of those that follow too
    const auto fit = static_cast<std::size_t>(std::max<std::int64_t>(1, pack_tokens / longest));
    const std::size_t count = std::min(fit, order.size() - begin);
    packs.push_back(make_pack(sequences, batch, masked, std::span(order).subspan(begin, count)));
    begin += count;
  }
  return packs;
}

}  // namespace molbridge::train
