#pragma once
// Vectors of the nodes of a graph by the frozen encoders alone, computed when they are asked for first.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/encoders/embedding_cache.hpp"
#include "molbridge/graph/graph.hpp"

namespace molbridge::service {

/// Of some nodes: rows [nodes, D] and per node why there is none ("" where there is; its row is zeros then).
struct FrozenRows {
  std::shared_ptr<const bank::MemoryTable> table;
  std::vector<std::string> reasons;
};

/// Not thread-safe.
class FrozenNodes {
 public:
  /// `encoders`: by modality ("molecule", "protein", "text"), as make_item_encoder() takes them; what is not there takes the usual one. The graph
  /// must outlive it.
  FrozenNodes(const graph::Graph& graph, std::map<std::string, std::string> encoders, const std::string& cache_folder);

  /// "molecule", "protein", "text" of the nodes of a type; "" where it has none with a modality.
  std::string modality(const std::string& type) const;
  /// All nodes must be of `type`. Errors: kUsage when texts are to be encoded and no encoder was named; those of the encoder.
  FrozenRows rows(const std::string& type, std::span<const std::uint32_t> nodes, std::size_t threads);
  /// Digest of the encoder of a modality.
  std::string digest(const std::string& modality) { return encoder(modality).digest(); }

 private:
  const encoders::ItemEncoder& encoder(const std::string& modality);

  const graph::Graph& graph_;
  std::map<std::string, std::string> specifications_;
  std::map<std::string, std::shared_ptr<const encoders::ItemEncoder>> encoders_;
  encoders::EmbeddingCache cache_;
};

}  // namespace molbridge::service
