#include "molbridge/retrieve/text_model.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/retrieve/thin_bridge_model.hpp"

namespace molbridge::retrieve {

std::shared_ptr<const TextModel> TextModel::load(const std::string& path, const TextModelOptions& options) {
  const nn::ModelFolder folder = nn::ModelFolder::open(path);
  const std::string kind = folder.manifest.text("kind");
  if (kind == kThinBridgeKind) return load_thin_bridge_model(folder, options);
  throw Error(ErrorCode::kModel, "is a model of the kind \"" + kind + "\", which takes no texts")
      .in_file(path)
      .remedy("Name a model of the kind \"" + std::string(kThinBridgeKind) +
              "\": molbridge train --config configs/thin-bridge.toml");
}

}  // namespace molbridge::retrieve
