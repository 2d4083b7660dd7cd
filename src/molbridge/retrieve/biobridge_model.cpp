#include "molbridge/retrieve/biobridge_model.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "molbridge/bridges/relation_transformer.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/embedding_cache.hpp"
#include "molbridge/nn/mlp.hpp"
#include "molbridge/retrieve/biobridge_manifest.hpp"
#include "molbridge/retrieve/frozen_source.hpp"
#include "molbridge/retrieve/projected_bank.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kChunk = 32;  // rows that one thread maps at a time

bridges::RelationTransformer read_bridge(const nn::ModelFolder& folder, const BiobridgeManifest& manifest) {
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  std::set<std::string> used;
  auto bridge = bridges::RelationTransformer::read(weights, manifest.heads, nn::Precision::kFloat32, used);
  nn::require_all_used(weights, "", used);
  if (bridge.num_types() != static_cast<std::int64_t>(manifest.types.size()) ||
      bridge.num_relations() != static_cast<std::int64_t>(manifest.relations.size())) {
    throw Error(ErrorCode::kModel, "has embeddings of " + std::to_string(bridge.num_types()) + " types and " +
                                       std::to_string(bridge.num_relations()) + " relations, the manifest names " +
                                       std::to_string(manifest.types.size()) + " and " +
                                       std::to_string(manifest.relations.size()))
        .in_file(folder.weights.path());
  }
  return bridge;
}

/// Place of a name in a list. Errors: kInput with the nearest one.
std::int64_t place_of(const std::string& name, const std::vector<std::string>& names, const std::string& what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return found - names.begin();
  const auto near = nearest(name, names);
  throw Error(ErrorCode::kInput, "the model knows no " + what + " \"" + name + "\"")
      .remedy(near ? "Did you mean \"" + *near + "\"?" : "Known: " + join(names, ", ") + ".");
}

class BiobridgeModel final : public LinkModel {
 public:
  BiobridgeModel(const nn::ModelFolder& folder, const LinkModelOptions& options)
      : name_(folder.manifest.text("name")),
        digest_(folder.digest),
        cache_folder_(options.cache_folder),
        manifest_(read_biobridge_manifest(folder)),
        bridge_(read_bridge(folder, manifest_)),
        cache_(options.cache_folder) {
    for (std::size_t type = 0; type < manifest_.types.size(); ++type) add_type(folder, options, type);
  }

  std::string name() const override { return name_; }
  std::string digest() const override { return digest_; }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(bridge_.width()); }
  bank::Similarity similarity() const override { return bank::Similarity::kCosine; }
  const std::vector<LinkNodeType>& node_types() const override { return types_; }
  const std::vector<LinkRelation>& relations() const override { return manifest_.triples; }
  bool takes_new_entities() const override { return true; }

  EntityVectors heads(std::span<const LinkEntity> heads, const LinkRelation& relation,
                      std::size_t threads) const override {
    bridges::RelationIds ids;
    ids.relation = place_of(relation.name, manifest_.relations, "relation");
    ids.tail_type = place_of(relation.tail_type, manifest_.types, "node type");
    EntityVectors out{std::vector<float>(heads.size() * width()), std::vector<std::string>(heads.size()), 0};
    std::map<std::string, std::vector<std::size_t>> by_type;
    for (std::size_t i = 0; i < heads.size(); ++i)
      by_type[heads[i].type.empty() ? relation.head_type : heads[i].type].push_back(i);
    for (const auto& [type, places] : by_type) {
      ids.head_type = place_of(type, manifest_.types, "node type");
      map_rows(heads, places, ids.head_type, threads, out,
               [&](const float* x, std::int64_t rows, float* y) { bridge_.heads(ids, x, rows, y); });
    }
    return out;
  }

  EntityVectors tails(std::span<const LinkEntity> tails, const std::string& type, std::size_t threads) const override {
    const std::int64_t id = place_of(type, manifest_.types, "node type");
    EntityVectors out{std::vector<float>(tails.size() * width()), std::vector<std::string>(tails.size()), 0};
    std::vector<std::size_t> places(tails.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    const auto side = projection(id);
    map_rows(tails, places, id, threads, out,
             [&](const float* x, std::int64_t rows, float* y) { side->apply(x, static_cast<std::uint64_t>(rows), y); });
    return out;
  }

  std::shared_ptr<const bank::Bank> view(std::shared_ptr<const bank::Bank> bank, const std::string& type,
                                         std::size_t threads) const override {
    const std::int64_t id = place_of(type, manifest_.types, "node type");
    const auto side = projection(id);
    require_bank(*bank, types_[static_cast<std::size_t>(id)], side->inputs());
    return project_bank(std::move(bank), side,
                        {.model_digest = digest_ + type, .cache_folder = cache_folder_, .threads = threads});
  }

 private:
  void add_type(const nn::ModelFolder& folder, const LinkModelOptions& options, std::size_t type) {
    const std::string& modality = manifest_.modalities[type];
    const BiobridgeManifest::Encoder encoder =
        modality.empty() ? BiobridgeManifest::Encoder{} : manifest_.encoders.at(modality);
    types_.push_back({manifest_.types[type], modality, encoder.specification, encoder.digest});
    const auto side = bridge_.projection(static_cast<std::int64_t>(type));
    if (modality.empty() || side == nullptr) return;
    const auto given = options.encoders.find(modality);
    const std::uint64_t width = side->inputs();
    auto [source, is_new] = sources_.try_emplace(modality);
    if (is_new) {
      source->second = std::make_unique<FrozenSource>(
          folder, FrozenSide{encoders::parse_modality(modality), encoder.specification, encoder.digest, width},
          given == options.encoders.end() ? "" : given->second);
    } else if (source->second->side().width != width) {
      throw Error(ErrorCode::kModel, "types of the modality " + modality + " have vectors of " + std::to_string(width) +
                                         " and of " + std::to_string(source->second->side().width))
          .in_file(folder.weights.path());
    }
  }

  std::shared_ptr<const bridges::LinearSide> projection(std::int64_t type) const {
    if (auto side = bridge_.projection(type)) return side;
    throw Error(ErrorCode::kInput, "the model has no vectors for nodes of the type \"" +
                                       manifest_.types[static_cast<std::size_t>(type)] + "\"");
  }

  void require_bank(const bank::Bank& bank, const LinkNodeType& type, std::uint64_t inputs) const {
    if (type.modality != "molecule")
      throw Error(ErrorCode::kModel, "the type \"" + type.name + "\" is no type of molecules, which a bank holds");
    const bank::Manifest& manifest = bank.manifest();
    const bool is_same = type.encoder_digest.empty() || manifest.encoder_digest == type.encoder_digest;
    if (is_same && manifest.width == inputs) return;
    throw Error(ErrorCode::kModel, "the bank does not fit the model: the bank holds '" + manifest.encoder +
                                       "' (digest " + short_digest(manifest.encoder_digest) + "), the model " + name_ +
                                       " needs '" + type.encoder + "' (digest " + short_digest(type.encoder_digest) +
                                       ")")
        .in_file(bank.folder())
        .remedy("Build one that fits: molbridge bank build MOLECULES --encoder " + type.encoder + " -o NEW_FOLDER");
  }

  /// Frozen vectors of the entities at `places`, each mapped to its row of `out`; where there is none, the reason.
  template <typename Map>
  void map_rows(std::span<const LinkEntity> entities, const std::vector<std::size_t>& places, std::int64_t type,
                std::size_t threads, EntityVectors& out, const Map& map) const {
    projection(type);
    std::vector<std::string> contents;
    for (const std::size_t place : places) contents.push_back(entities[place].content);
    const encoders::CachedRows frozen =
        frozen_rows(manifest_.modalities[static_cast<std::size_t>(type)], contents, threads);
    out.truncated += frozen.truncated;
    parallel_for(places.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
      std::vector<float> mapped((end - begin) * width());
      map(frozen.row(begin).data(), static_cast<std::int64_t>(end - begin), mapped.data());
      bridges::normalize_rows(mapped, width());
      for (std::size_t i = begin; i < end; ++i) {
        out.reasons[places[i]] = frozen.states[i].reason;
        if (!frozen.states[i].ok()) continue;
        std::copy_n(mapped.data() + (i - begin) * width(), width(), out.rows.data() + places[i] * width());
      }
    });
  }

  encoders::CachedRows frozen_rows(const std::string& modality, const std::vector<std::string>& contents,
                                   std::size_t threads) const {
    const auto encoder = sources_.at(modality)->open();
    const std::lock_guard lock(cache_mutex_);
    return cache_.rows(*encoder, contents, threads, no_progress());
  }

  std::string name_, digest_, cache_folder_;
  BiobridgeManifest manifest_;
  bridges::RelationTransformer bridge_;
  std::vector<LinkNodeType> types_;
  std::map<std::string, std::unique_ptr<FrozenSource>> sources_;  ///< by modality
  mutable std::mutex cache_mutex_;
  mutable encoders::EmbeddingCache cache_;
};

}  // namespace

std::shared_ptr<const LinkModel> load_biobridge_model(const nn::ModelFolder& folder, const LinkModelOptions& options) {
  return std::make_shared<BiobridgeModel>(folder, options);
}

}  // namespace molbridge::retrieve
