#pragma once
// What BioBridge is trained on: the graph's nodes as frozen vectors, its edges by id, those held out to choose the epoch by.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/item_encoder.hpp"
#include "molbridge/retrieve/biobridge_manifest.hpp"
#include "molbridge/service_train/graph_data.hpp"
#include "molbridge/train/biobridge_task.hpp"

namespace molbridge::service_train {

/// Whether an edge is also trained from its tail to its head.
enum class Reverse {
  kNone,  ///< as published
  kSame,  ///< under the same relation: the types tell the direction
  kOwn,   ///< under a relation of its own, "reverse:NAME"
};
/// "none", "same", "own". Errors: kUsage with the list.
Reverse parse_reverse(std::string_view text);
std::string_view name(Reverse reverse);

struct BiobridgeDataSettings {
  GraphDataSettings graph;
  Reverse reverse = Reverse::kNone;
  std::map<std::string, std::string> encoders;  ///< specification by modality: "molecule", "protein", "text"
  double validation_share = 0.03;               ///< of the nodes that occur as heads
  std::int64_t validation_edges = 2000;         ///< measured at most, drawn by seed
};

struct BiobridgeData {
  GraphData graph;
  retrieve::BiobridgeManifest names;        ///< types, relations, triples and encoders as the model will say them
  train::LinkSet set;                       ///< nodes with vectors that have an edge; edges of training
  std::vector<train::LinkEdge> validation;  ///< heads that occur in no edge of training
  std::vector<train::LinkEdge> known;       ///< every edge between nodes with vectors: right answers that are filtered
};

/// Reads, encodes and splits; says what was left out, by reason and type. A node held out has no edge in training at all, as head or tail; nodes of
/// one molecule or sequence stay together. Errors: kInput, kUsage, kModel, kCancelled with all finished vectors kept in the cache.
BiobridgeData load_biobridge_data(const BiobridgeDataSettings& settings, const JobContext& context);

}  // namespace molbridge::service_train
