#pragma once
// TransE, DistMult, ComplEx and RotatE as models that link nodes: they know the nodes of the graph they were trained on, by id, and nothing
// else. Format page: docs/formats/graph-embedding.md.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/link_model.hpp"

namespace molbridge::retrieve {

bool is_graph_embedding_kind(const std::string& kind);

/// Vectors of nodes that had no edge in training stand as they were drawn at the start: they rank by chance.
/// heads() and tails() give a reason for an id that is not in the model; heads() refuses a relation that is not in it (kInput), as its vector
/// belongs to one head type and one tail type. view() always refuses (kModel). Errors: kModel for a damaged folder, with file and line.
std::shared_ptr<const LinkModel> load_graph_embedding_model(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
