#include "molbridge/service/frozen_nodes.hpp"

#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/protein/descriptor.hpp"

namespace molbridge::service {
namespace {

/// Texts have none.
std::string default_specification(encoders::Modality modality) {
  if (modality == encoders::Modality::kMolecule) return encoders::kDefaultEncoder;
  return modality == encoders::Modality::kProtein ? encoders::kDefaultProteinEncoder : "";
}

}  // namespace

FrozenNodes::FrozenNodes(const graph::Graph& graph, std::map<std::string, std::string> encoders,
                         const std::string& cache_folder)
    : graph_(graph), specifications_(std::move(encoders)), cache_(cache_folder) {}

std::string FrozenNodes::modality(const std::string& type) const {
  for (const std::uint32_t node : graph_.nodes_of(type))
    if (graph_.nodes()[node].has_modality) return std::string(graph::content_of(graph_.nodes()[node]).modality);
  return "";
}

const encoders::ItemEncoder& FrozenNodes::encoder(const std::string& modality) {
  auto& made = encoders_[modality];
  if (made != nullptr) return *made;
  const encoders::Modality kind = encoders::parse_modality(modality);
  const auto named = specifications_.find(modality);
  const std::string specification = named == specifications_.end() ? default_specification(kind) : named->second;
  if (specification.empty())
    throw Error(ErrorCode::kUsage, "no encoder of " + modality + " nodes is named")
        .remedy("Name the folder of a network over text, or \"tfidf:FILE\".");
  made = encoders::make_item_encoder(kind, specification);
  return *made;
}

FrozenRows FrozenNodes::rows(const std::string& type, std::span<const std::uint32_t> nodes, std::size_t threads) {
  const encoders::ItemEncoder& encoder = this->encoder(modality(type));
  std::vector<std::string> items;
  for (const std::uint32_t node : nodes) items.emplace_back(graph::content_of(graph_.nodes()[node]).content);
  encoders::CachedRows cached = cache_.rows(encoder, items, threads, no_progress());
  FrozenRows out{std::make_shared<bank::MemoryTable>(std::move(cached.rows), encoder.width()), {}};
  for (auto& state : cached.states) out.reasons.push_back(std::move(state.reason));
  return out;
}

}  // namespace molbridge::service
