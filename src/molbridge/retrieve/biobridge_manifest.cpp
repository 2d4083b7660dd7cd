#include "molbridge/retrieve/biobridge_manifest.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::int64_t kMaxHeads = 1 << 16;

Error damaged(const nn::ModelFolder& folder, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(folder.path + "/" + nn::kManifestFile);
}

std::string joined(const LinkRelation& relation) {
  return relation.head_type + "|" + relation.name + "|" + relation.tail_type;
}

void refuse_bars(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.find('|') != std::string::npos)
      throw Error(ErrorCode::kUsage, "the name \"" + name + "\" holds '|', which a model cannot keep");
  }
}

LinkRelation parse_triple(const nn::ModelFolder& folder, const std::string& text) {
  const auto parts = split(text, '|');
  if (parts.size() != 3) throw damaged(folder, "graph.triples holds \"" + text + "\", not HEAD|RELATION|TAIL");
  return {std::string(parts[1]), std::string(parts[0]), std::string(parts[2])};
}

}  // namespace

void write_biobridge_manifest(const BiobridgeManifest& manifest, ConfigWriter& out) {
  refuse_bars(manifest.types);
  refuse_bars(manifest.relations);
  out.texts("graph.types", manifest.types);
  out.texts("graph.modalities", manifest.modalities);
  out.texts("graph.relations", manifest.relations);
  std::vector<std::string> triples;
  for (const LinkRelation& relation : manifest.triples) triples.push_back(joined(relation));
  out.texts("graph.triples", triples);
  for (const auto& [modality, encoder] : manifest.encoders) {
    out.text("encoders." + modality, encoder.specification);
    out.text("encoders." + modality + "_digest", encoder.digest);
  }
}

BiobridgeManifest read_biobridge_manifest(const nn::ModelFolder& folder) {
  BiobridgeManifest out;
  const Config& manifest = folder.manifest;
  out.types = manifest.texts("graph.types");
  out.modalities = manifest.texts("graph.modalities");
  out.relations = manifest.texts("graph.relations");
  if (out.types.empty() || out.relations.empty()) throw damaged(folder, "names no types or no relations");
  if (out.types.size() != out.modalities.size())
    throw damaged(folder, "has " + std::to_string(out.types.size()) + " types and " +
                              std::to_string(out.modalities.size()) + " modalities");
  for (const std::string& triple : manifest.texts("graph.triples")) out.triples.push_back(parse_triple(folder, triple));
  for (const std::string& modality : out.modalities) {
    if (modality.empty()) continue;
    out.encoders[modality] = {manifest.text("encoders." + modality, ""),
                              manifest.text("encoders." + modality + "_digest", "")};
  }
  out.heads = manifest.integer("bridge.heads");
  if (out.heads < 0 || out.heads > kMaxHeads) throw damaged(folder, "bridge.heads is " + std::to_string(out.heads));
  return out;
}

}  // namespace molbridge::retrieve
