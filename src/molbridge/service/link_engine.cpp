// A model, its graph, and what is ranked.

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/service/link_queries.hpp"
#include "molbridge/service/model_cache.hpp"

namespace molbridge::service {
namespace {

std::string digest_of(const graph::GraphFiles& files) {
  std::string all = sha256_file(files.nodes);
  for (const std::string& file : files.edges) all += sha256_file(file);
  return sha256(all);
}

LinkTargets bank_targets(const LinkEngine& engine, const std::string& type, std::size_t threads) {
  const auto& known = engine.model->node_type(type);
  if (known.modality != "molecule") {
    throw Error(ErrorCode::kUsage, "a bank holds molecules, and nodes of the type " + type + " are " +
                                       (known.modality.empty() ? "known as nodes alone" : known.modality + "s"))
        .remedy("Leave --bank away: the nodes of the graph are ranked.");
  }
  LinkTargets targets;
  targets.type = type;
  targets.bank = engine.model->view(engine.bank, type, threads);
  targets.vectors = targets.bank;
  targets.keys = nodes_by_structure(*engine.graph, type, threads);
  return targets;
}

/// Nodes of the type that have something to encode; all of them for a model that knows nodes alone.
std::vector<retrieve::LinkEntity> entities_of(const LinkEngine& engine, LinkTargets& targets) {
  const bool needs_content = !engine.model->node_type(targets.type).modality.empty();
  std::vector<retrieve::LinkEntity> entities;
  for (const std::uint32_t index : engine.graph->nodes_of(targets.type)) {
    const graph::Node& node = engine.graph->nodes()[index];
    const std::string_view content = graph::content_of(node).content;
    if (needs_content && content.empty()) {
      ++targets.without_content;
      continue;
    }
    targets.nodes.push_back(index);
    entities.push_back({node.type, std::string(content), node.id});
  }
  return entities;
}

}  // namespace

LinkEngine open_link_engine(const LinkEngineOptions& options, Progress& progress) {
  LinkEngine engine;
  engine.model = retrieve::LinkModel::load(
      options.model, {.encoders = options.encoders, .cache_folder = vector_cache_folder(options.cache)});
  engine.files = graph_files(options.graph.paths);
  auto read = graph::read_graph(engine.files, {.licence_ok_only = options.graph.licence_ok_only}, progress);
  engine.findings = read.findings.sentences();
  engine.graph = std::make_shared<const graph::Graph>(std::move(read.graph));
  engine.graph_digest = digest_of(engine.files);
  if (!options.bank.empty()) engine.bank = bank::Bank::open(options.bank);
  return engine;
}

LinkTargets load_link_targets(const LinkEngine& engine, const std::string& type, std::size_t threads,
                              Progress& progress) {
  if (engine.bank) return bank_targets(engine, type, threads);
  constexpr std::size_t kBlock = 256;
  LinkTargets targets;
  targets.type = type;
  const auto entities = entities_of(engine, targets);
  std::vector<std::uint32_t> kept;
  std::vector<float> rows;
  progress.start("encoding nodes of the type " + type, entities.size(), "nodes");
  for (std::size_t begin = 0; begin < entities.size(); begin += kBlock) {
    check_interrupt();
    const auto block = std::span(entities).subspan(begin, std::min(kBlock, entities.size() - begin));
    const retrieve::EntityVectors vectors = engine.model->tails(block, type, threads);
    targets.truncated += vectors.truncated;
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (!vectors.reasons[i].empty()) {
        ++targets.not_encoded;
        continue;
      }
      kept.push_back(targets.nodes[begin + i]);
      const auto row = std::span(vectors.rows).subspan(i * engine.model->width(), engine.model->width());
      rows.insert(rows.end(), row.begin(), row.end());
    }
    progress.advance(begin + block.size());
  }
  progress.finish();
  targets.nodes = std::move(kept);
  if (!rows.empty()) targets.vectors = std::make_shared<bank::MemoryTable>(std::move(rows), engine.model->width());
  return targets;
}

}  // namespace molbridge::service
