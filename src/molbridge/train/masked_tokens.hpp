#pragma once
// Batches of token sequences with some tokens hidden. Sequences of a batch are sorted by length and cut into packs, so that little is padded while what
// stands in a batch stays a plain random draw.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/learn/tensors.hpp"
#include "molbridge/train/smiles_vocabulary.hpp"

namespace molbridge::train {

/// Sequences of token ids, one after the other in memory. Threads: const use is safe.
class TokenSequences {
 public:
  void add(std::span<const TokenId> ids) {
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    begin_.push_back(ids_.size());
  }
  std::int64_t size() const { return static_cast<std::int64_t>(begin_.size()) - 1; }
  std::uint64_t tokens() const { return ids_.size(); }
  std::span<const TokenId> operator[](std::int64_t index) const {
    const auto i = static_cast<std::size_t>(index);
    return std::span(ids_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
  }

 private:
  std::vector<TokenId> ids_;
  std::vector<std::size_t> begin_ = {0};
};

/// Source: Devlin et al., "BERT", section 3.1. A token is chosen with the probability `share`, never <s> and </s>; a sequence in which chance chose none
/// has one.
struct MaskingOptions {
  double share = 0.15;
  double as_mask = 0.8;    ///< of the chosen: <mask> stands in their place
  double as_random = 0.1;  ///< of the chosen: any ordinary token; the rest stay as they are
  double untouched = 0;    ///< share of sequences in which nothing is chosen
};

/// Sequences of about one length.
struct MaskedPack {
  std::vector<std::size_t> rows;  ///< [B] places in the batch
  torch::Tensor ids;              ///< int64 [B, T], padded at the right
  torch::Tensor chosen;           ///< int64 [n], places in ids read row by row
  torch::Tensor labels;           ///< int64 [n], the tokens that stood there
};

/// `pack_tokens`: most tokens of a pack, padding included (a longer sequence is a pack of its own). The batch and the state of `random` decide all.
std::vector<MaskedPack> masked_packs(const TokenSequences& sequences, std::span<const std::int64_t> batch,
                                     const MaskingOptions& options, std::int64_t vocabulary, std::int64_t pack_tokens,
                                     Rng& random);

}  // namespace molbridge::train
