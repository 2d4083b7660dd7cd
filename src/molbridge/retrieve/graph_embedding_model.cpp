#include "molbridge/retrieve/graph_embedding_model.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "molbridge/bridges/graph_embedding.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kBlock = 1024;
constexpr std::int64_t kMaxWidth = 1 << 16;

/// Rows of a side file of three columns, without its header. Errors: kModel with file and line.
std::vector<std::vector<std::string>> read_rows(const nn::ModelFolder& folder, const std::string& name) {
  const std::string path = folder.side_file(name);
  const std::string text = read_text_file(path);
  std::vector<std::vector<std::string>> rows;
  std::uint64_t line_number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++line_number;
    if (line_number == 1 || line.empty()) continue;
    const auto cells = split(line, '\t');
    if (cells.size() != 3) throw Error(ErrorCode::kModel, "expected three columns").at_line(path, line_number);
    rows.emplace_back(cells.begin(), cells.end());
  }
  return rows;
}

std::size_t width_of(const nn::ModelFolder& folder) {
  const std::int64_t width = folder.manifest.integer("bridge.width");
  if (width >= 1 && width <= kMaxWidth) return static_cast<std::size_t>(width);
  throw Error(ErrorCode::kModel, "bridge.width = " + std::to_string(width) + " is no width of a vector")
      .in_file(folder.manifest.name());
}

bridges::GraphEmbedding kind_of(const nn::ModelFolder& folder) {
  try {
    return {folder.manifest.text("kind"), width_of(folder)};
  } catch (const Error& error) {
    throw Error(ErrorCode::kModel, error.message()).in_file(folder.manifest.name());
  }
}

std::vector<float> read_vectors(const nn::ModelFolder& folder, const std::string& name, std::size_t rows,
                                std::size_t width) {
  auto out =
      nn::Weights::open(folder.path).floats(name, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)});
  if (std::all_of(out.begin(), out.end(), [](float value) { return std::isfinite(value); })) return out;
  throw Error(ErrorCode::kModel, "the tensor " + name + " holds what is no number").in_file(folder.weights.path());
}

class GraphEmbeddingModel final : public LinkModel {
 public:
  explicit GraphEmbeddingModel(const nn::ModelFolder& folder)
      : name_(folder.manifest.text("name")), digest_(folder.digest), kind_(kind_of(folder)) {
    read_nodes(folder);
    for (auto& row : read_rows(folder, "relations.tsv")) relations_.push_back({row[1], row[0], row[2]});
    entity_vectors_ = read_vectors(folder, "entities", node_by_id_.size(), kind_.width());
    relation_vectors_ = read_vectors(folder, "relations", relations_.size(), kind_.relation_width());
  }

  std::string name() const override { return name_; }
  std::string digest() const override { return digest_; }
  std::uint64_t width() const override { return kind_.product_width(); }
  bank::Similarity similarity() const override { return bank::Similarity::kDot; }
  const std::vector<LinkNodeType>& node_types() const override { return types_; }
  const std::vector<LinkRelation>& relations() const override { return relations_; }
  bool takes_new_entities() const override { return false; }

  EntityVectors heads(std::span<const LinkEntity> heads, const LinkRelation& relation,
                      std::size_t threads) const override {
    const std::span row =
        std::span(relation_vectors_).subspan(relation_index(relation) * kind_.relation_width(), kind_.relation_width());
    return vectors(heads, threads,
                   [&](std::span<const float> node, std::span<float> out) { kind_.query(node, row, out); });
  }
  EntityVectors tails(std::span<const LinkEntity> tails, const std::string& type, std::size_t threads) const override {
    node_type(type);  // refuses an unknown one
    return vectors(tails, threads, [&](std::span<const float> node, std::span<float> out) { kind_.tail(node, out); });
  }
  std::shared_ptr<const bank::Bank> view(std::shared_ptr<const bank::Bank>, const std::string&,
                                         std::size_t) const override {
    throw Error(ErrorCode::kModel,
                "the model " + name_ + " has vectors for the nodes of its graph alone, none for molecules of a bank")
        .remedy("Name a model of the kind \"biobridge\".");
  }

 private:
  void read_nodes(const nn::ModelFolder& folder) {
    for (auto& row : read_rows(folder, "nodes.tsv")) {
      const auto known = [&](const LinkNodeType& type) { return type.name == row[1]; };
      if (std::none_of(types_.begin(), types_.end(), known)) types_.push_back({row[1], "", "", ""});
      const std::size_t index = node_by_id_.size();
      if (!node_by_id_.emplace(std::move(row[0]), index).second)
        throw Error(ErrorCode::kModel, "a node stands there twice").in_file(folder.side_file("nodes.tsv"));
    }
  }

  std::size_t relation_index(const LinkRelation& relation) const {
    const auto found = std::find(relations_.begin(), relations_.end(), relation);
    if (found != relations_.end()) return static_cast<std::size_t>(found - relations_.begin());
    std::vector<std::string> names;
    for (const LinkRelation& known : relations_) names.push_back(label(known));
    const auto near = nearest(label(relation), names);
    throw Error(ErrorCode::kInput, "the model knows no relation \"" + label(relation) + "\"")
        .remedy(near ? "Did you mean \"" + *near + "\"?" : "Known: " + join(names, ", ") + ".");
  }
  static std::string label(const LinkRelation& relation) {
    return relation.head_type + " " + relation.name + " " + relation.tail_type;
  }

  template <typename Fill>
  EntityVectors vectors(std::span<const LinkEntity> entities, std::size_t threads, const Fill& fill) const {
    const std::size_t width = kind_.product_width();
    EntityVectors out{std::vector<float>(entities.size() * width), std::vector<std::string>(entities.size()), 0};
    parallel_for(entities.size(), threads, kBlock, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto found = node_by_id_.find(entities[i].node_id);
        if (found == node_by_id_.end()) {
          out.reasons[i] = entities[i].node_id.empty() ? "the model knows the nodes of its graph alone"
                                                       : "node unknown to the model";
          continue;
        }
        fill(std::span(entity_vectors_).subspan(found->second * kind_.width(), kind_.width()),
             std::span(out.rows).subspan(i * width, width));
      }
    });
    return out;
  }

  std::string name_, digest_;
  bridges::GraphEmbedding kind_;
  std::vector<LinkNodeType> types_;
  std::vector<LinkRelation> relations_;
  std::unordered_map<std::string, std::size_t> node_by_id_;
  std::vector<float> entity_vectors_, relation_vectors_;
};

}  // namespace

bool is_graph_embedding_kind(const std::string& kind) {
  const auto& kinds = bridges::graph_embedding_kinds();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::shared_ptr<const LinkModel> load_graph_embedding_model(const nn::ModelFolder& folder) {
  return std::make_shared<GraphEmbeddingModel>(folder);
}

}  // namespace molbridge::retrieve
