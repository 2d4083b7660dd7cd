#pragma once
// Vectors of frozen encoders, computed once: what is known by the SHA-256 of the item is not encoded again, in this run or in a later one.
//
// One file per encoder digest and precision grows at its end, a block of records every few seconds, so that a killed run goes on where it was. Encoders that are no networks
// (ItemEncoder::precision() "") are never written: reading would cost as much. Format page: docs/formats/text-encoders.md.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/item_encoder.hpp"

namespace molbridge::encoders {

/// Shapes: rows [items, D], states [items], in the order asked for; the row of an item without vector is zeros.
struct CachedRows {
  std::vector<float> rows;
  std::vector<ItemState> states;
  std::uint64_t width = 0;
  std::uint64_t computed = 0;   ///< items that were encoded now; equal items count once
  std::uint64_t failed = 0;     ///< of `items`
  std::uint64_t truncated = 0;  ///< of `items`
  std::span<const float> row(std::size_t item) const { return std::span(rows).subspan(item * width, width); }
};

class KnownVectors;

/// Not thread-safe. Several processes may use one folder: they take turns, one call of rows() each.
class EmbeddingCache {
 public:
  /// "": in memory only. Errors: kOutput when the folder cannot be made.
  explicit EmbeddingCache(std::string folder);
  ~EmbeddingCache();
  EmbeddingCache(const EmbeddingCache&) = delete;
  EmbeddingCache& operator=(const EmbeddingCache&) = delete;

  /// Of encoders side by side the parts are kept, each by itself. Cost: the encoder over what is new. Errors: kModel for a file that is damaged or of another encoder, with its remedy; kOutput;
  /// kCancelled, with all finished blocks kept.
  CachedRows rows(const ItemEncoder& encoder, std::span<const std::string> items, std::size_t threads,
                  Progress& progress);

 private:
  KnownVectors& known_to(const ItemEncoder& encoder);
  CachedRows rows_of_parts(const ItemEncoder& encoder, std::span<const std::string> items, std::size_t threads,
                           Progress& progress);

  std::string folder_;
  std::map<std::string, std::unique_ptr<KnownVectors>> known_;  ///< by digest and precision
};

}  // namespace molbridge::encoders
