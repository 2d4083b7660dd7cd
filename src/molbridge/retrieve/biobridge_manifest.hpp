#pragma once
// What the manifest of a model of the kind "biobridge" says of its graph and its frozen sides: written by training and import, read by the model.
// Format page: docs/formats/biobridge.md.

#include <map>
#include <string>
#include <vector>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/link_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kBiobridgeKind[] = "biobridge";

struct BiobridgeManifest {
  struct Encoder {
    std::string specification, digest;  ///< "" where the model does not know (imported)
  };
  std::vector<std::string> types;           ///< by id: rows of the type embedding
  std::vector<std::string> modalities;      ///< of each type; "" for a type without frozen vectors
  std::vector<std::string> relations;       ///< names by id: rows of the relation embedding
  std::vector<LinkRelation> triples;        ///< those of training
  std::map<std::string, Encoder> encoders;  ///< by modality
  std::int64_t heads = 0;                   ///< of the transformer; written by write_relation_bridge() as bridge.heads
};

/// Keys below [graph] and [encoders]. Errors: kUsage for a name that holds '|', which separates the parts of a triple.
void write_biobridge_manifest(const BiobridgeManifest& manifest, ConfigWriter& out);
/// Errors: kModel.
BiobridgeManifest read_biobridge_manifest(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
