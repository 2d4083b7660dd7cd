#include "molbridge/service_train/biobridge_data.hpp"

#include <algorithm>

#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/embedding_cache.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

/// Numbers names in the order in which they come.
std::uint32_t number(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::uint32_t>(found - names.begin());
  names.push_back(name);
  return static_cast<std::uint32_t>(names.size() - 1);
}

/// What all ids of one molecule or sequence share, so that they are held out together.
std::string identity_of(const graph::Node& node) {
  if (!node.inchikey14.empty()) return node.inchikey14;
  return node.sequence.empty() ? node.id : node.sequence;
}

class Loader {
 public:
  Loader(const BiobridgeDataSettings& settings, const JobContext& context) : settings_(settings), context_(context) {
    out_.graph = load_graph_data(settings.graph, context);
    node_of_.assign(nodes().size(), kNone);
  }

  BiobridgeData load() {
    const auto by_type = nodes_by_type();
    encoders::EmbeddingCache cache(context_.cache_folder);
    for (const auto& [type, members] : by_type) encode_type(type, members, cache);
    number_edges();
    split();
    return std::move(out_);
  }

 private:
  const std::vector<graph::Node>& nodes() const { return out_.graph.graph.nodes(); }

  /// Ends of edges of training, rising, in the order of the graph's types.
  std::map<std::uint32_t, std::vector<std::uint32_t>> nodes_by_type() const {
    std::vector<bool> used(nodes().size(), false);
    for (const std::uint32_t index : out_.graph.training_edges) {
      const graph::Edge& edge = out_.graph.graph.edges()[index];
      used[edge.head] = used[edge.tail] = true;
    }
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_type;
    for (std::uint32_t node = 0; node < used.size(); ++node)
      if (used[node]) by_type[out_.graph.graph.type_of(node)].push_back(node);
    return by_type;
  }

  const encoders::ItemEncoder& encoder_of(const std::string& modality) {
    auto& encoder = encoders_[modality];
    if (encoder != nullptr) return *encoder;
    const std::string specification = settings_.encoders.at(modality);
    if (specification.empty()) {
      throw Error(ErrorCode::kUsage, "the graph has nodes of the modality " + modality + ", and encoders." + modality +
                                         " names no encoder")
          .remedy("Name one, or leave those types out: graph.leave_out_types.");
    }
    encoder = encoders::make_item_encoder(encoders::parse_modality(modality), specification);
    out_.names.encoders[modality] = {encoder->name(), encoder->digest()};
    return *encoder;
  }

  /// The modality of the type is that of its first node; nodes of another have no vector.
  void encode_type(std::uint32_t type, const std::vector<std::uint32_t>& members, encoders::EmbeddingCache& cache) {
    const std::string& type_name = out_.graph.graph.types()[type];
    const std::string modality(graph::content_of(nodes()[members.front()]).modality);
    std::vector<std::uint32_t> kept;
    std::vector<std::string> contents;
    for (const std::uint32_t node : members) {
      const graph::Content content = graph::content_of(nodes()[node]);
      if (content.content.empty() || content.modality != modality) continue;
      kept.push_back(node);
      contents.emplace_back(content.content);
    }
    const encoders::CachedRows rows = cache.rows(encoder_of(modality), contents, context_.threads, *context_.progress);
    const std::uint64_t made = add_nodes(type_name, modality, kept, rows);
    std::string text = type_name + ": " + format_count(made) + " nodes by the " + modality + " encoder";
    if (made < members.size()) text += ", " + format_count(members.size() - made) + " without a vector";
    if (rows.truncated > 0) text += ", " + format_count(rows.truncated) + " texts truncated";
    context_.say(text);
  }

  std::uint64_t add_nodes(const std::string& type_name, const std::string& modality,
                          const std::vector<std::uint32_t>& kept, const encoders::CachedRows& rows) {
    std::vector<float> values;
    std::uint32_t made = 0;
    const auto type = static_cast<std::uint32_t>(out_.names.types.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (!rows.states[i].ok()) continue;
      node_of_[kept[i]] = static_cast<std::uint32_t>(out_.set.type_of.size());
      identities_.push_back(identity_of(nodes()[kept[i]]));
      out_.set.type_of.push_back(type);
      out_.set.row_of.push_back(made++);
      values.insert(values.end(), rows.row(i).begin(), rows.row(i).end());
    }
    if (made == 0) return 0;
    out_.names.types.push_back(type_name);
    out_.names.modalities.push_back(modality);
    out_.set.tables.push_back(
        torch::tensor(values, torch::kFloat32).view({made, static_cast<std::int64_t>(rows.width)}));
    return made;
  }

  void number_edges() {
    const graph::Graph& graph = out_.graph.graph;
    std::uint64_t without = 0;
    for (const std::uint32_t index : out_.graph.training_edges) {
      const graph::Edge& edge = graph.edges()[index];
      const std::uint32_t head = node_of_[edge.head], tail = node_of_[edge.tail];
      if (head == kNone || tail == kNone) {
        ++without;
        continue;
      }
      add_edge(head, graph.relations()[edge.relation].name, tail);
      if (settings_.reverse == Reverse::kSame) add_edge(tail, graph.relations()[edge.relation].name, head);
      if (settings_.reverse == Reverse::kOwn) add_edge(tail, "reverse:" + graph.relations()[edge.relation].name, head);
    }
    if (without > 0) context_.say(format_count(without) + " edges left out: an end has no vector");
    if (out_.known.empty()) throw Error(ErrorCode::kUsage, "no edge has a vector at both ends");
  }

  void add_edge(std::uint32_t head, const std::string& relation, std::uint32_t tail) {
    const auto type_name = [&](std::uint32_t node) { return out_.names.types[out_.set.type_of[node]]; };
    out_.known.push_back({head, number(out_.names.relations, relation), tail});
    const retrieve::LinkRelation triple{relation, type_name(head), type_name(tail)};
    auto& triples = out_.names.triples;
    if (std::find(triples.begin(), triples.end(), triple) == triples.end()) triples.push_back(triple);
  }

  void split() {
    std::vector<bool> is_head(identities_.size(), false), held_out(identities_.size(), false);
    for (const train::LinkEdge& edge : out_.known) is_head[edge.head] = true;
    for (std::size_t node = 0; node < held_out.size(); ++node)
      held_out[node] = is_head[node] && Rng(0, "held out " + identities_[node]).uniform() < settings_.validation_share;
    std::uint64_t left_out = 0;
    for (const train::LinkEdge& edge : out_.known) {
      if (held_out[edge.tail]) {
        ++left_out;
      } else {
        (held_out[edge.head] ? out_.validation : out_.set.edges).push_back(edge);
      }
    }
    Rng rng(context_.seed, "validation edges");
    const std::uint64_t all = out_.validation.size();
    rng.shuffle(std::span(out_.validation));
    out_.validation.resize(std::min<std::size_t>(all, static_cast<std::size_t>(settings_.validation_edges)));
    context_.say(format_count(out_.set.edges.size()) + " edges are trained on; " + format_count(all) +
                 " have a held-out head, of which " + format_count(out_.validation.size()) + " are measured; " +
                 format_count(left_out) + " with a held-out tail are left out");
    if (out_.set.edges.empty()) throw Error(ErrorCode::kUsage, "validation.share leaves no edge to train on");
  }

  const BiobridgeDataSettings& settings_;
  const JobContext& context_;
  BiobridgeData out_;
  std::map<std::string, std::shared_ptr<const encoders::ItemEncoder>> encoders_;
  std::vector<std::uint32_t> node_of_;   ///< of each node of the graph: its place in the set
  std::vector<std::string> identities_;  ///< of each node of the set
};

}  // namespace

Reverse parse_reverse(std::string_view text) {
  for (const auto reverse : {Reverse::kNone, Reverse::kSame, Reverse::kOwn}) {
    if (text == name(reverse)) return reverse;
  }
  throw Error(ErrorCode::kUsage, "unknown way '" + std::string(text) + "' of graph.reverse")
      .remedy("Use none, same or own.");
}

std::string_view name(Reverse reverse) {
  switch (reverse) {
    case Reverse::kNone: return "none";
    case Reverse::kSame: return "same";
    case Reverse::kOwn: return "own";
  }
  return "";
}

BiobridgeData load_biobridge_data(const BiobridgeDataSettings& settings, const JobContext& context) {
  return Loader(settings, context).load();
}

}  // namespace molbridge::service_train
