#include "molbridge/retrieve/link_model.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/biobridge_manifest.hpp"
#include "molbridge/retrieve/biobridge_model.hpp"
#include "molbridge/retrieve/graph_embedding_model.hpp"

namespace molbridge::retrieve {

std::shared_ptr<const LinkModel> LinkModel::load(const std::string& path, const LinkModelOptions& options) {
  const nn::ModelFolder folder = nn::ModelFolder::open(path);
  const std::string kind = folder.manifest.text("kind");
  if (kind == kBiobridgeKind) return load_biobridge_model(folder, options);
  if (is_graph_embedding_kind(kind)) return load_graph_embedding_model(folder);
  throw Error(ErrorCode::kModel, "is a model of the kind \"" + kind + "\", which links no entities of a graph")
      .in_file(path)
      .remedy("Name a model of the kind \"" + std::string(kBiobridgeKind) +
              "\": molbridge train --config configs/biobridge.toml");
}

const LinkNodeType& LinkModel::node_type(const std::string& name) const {
  std::vector<std::string> names;
  for (const LinkNodeType& type : node_types()) {
    if (type.name == name) return type;
    names.push_back(type.name);
  }
  const auto near = nearest(name, names);
  throw Error(ErrorCode::kInput, "the model knows no node type \"" + name + "\"")
      .remedy(near ? "Did you mean \"" + *near + "\"?" : "Known: " + join(names, ", ") + ".");
}

bool LinkModel::is_zero_shot(const LinkRelation& relation) const {
  const auto& known = relations();
  return std::find(known.begin(), known.end(), relation) == known.end();
}

}  // namespace molbridge::retrieve
