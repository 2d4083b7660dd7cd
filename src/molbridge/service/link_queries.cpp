#include "molbridge/service/link_queries.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/graph/lookup.hpp"

namespace molbridge::service {
namespace {

using retrieve::LinkRelation;

std::string arrow(const LinkRelation& relation) {
  return relation.head_type + " " + relation.name + " " + relation.tail_type;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

/// Finds what entities and relations are meant; what the model does not know is refused with what it does.
class Resolver {
 public:
  Resolver(const LinkEngine& engine, const LinkOptions& options)
      : engine_(engine), options_(options), lookup_(*engine.graph), wanted_(graph::parse_relation(options.relation)) {
    check_relation_name();
    if (!options_.to.empty() && !wanted_.tail_type.empty() && options_.to != wanted_.tail_type) {
      throw Error(ErrorCode::kUsage,
                  "--relation " + options_.relation + " leads to " + wanted_.tail_type + ", --to says " + options_.to);
    }
    to_ = options_.to.empty() ? wanted_.tail_type : options_.to;
    if (!to_.empty()) engine_.model->node_type(to_);
  }

  void resolve_node(LinkQuery& query) {
    const std::uint32_t index = lookup_.find(query.item.content);
    take_node(index, query);
    const graph::Node& node = engine_.graph->nodes()[index];
    const graph::Content content = graph::content_of(node);
    query.entity = {node.type, std::string(content.content), node.id};
    query.relation = relation_from(node.type);
    const auto& known = engine_.model->node_type(node.type);
    if (!known.modality.empty() && content.content.empty())
      query.reason = "the node has no content of the kind " + known.modality;
  }

  void resolve_new(const std::string& modality, LinkQuery& query) {
    if (!engine_.model->takes_new_entities()) {
      throw Error(ErrorCode::kUsage, "the model " + engine_.model->name() + " knows only the nodes of its graph")
          .remedy("Name a node, or a model that encodes structures, sequences and texts (kind \"biobridge\").");
    }
    query.entity = {type_of(modality), query.item.content, ""};
    query.name = query.item.content;
    query.relation = relation_from(query.entity.type);
    if (modality == "molecule") find_structure(query);
  }

  const std::string& to() const { return to_; }

 private:
  void check_relation_name() const {
    std::vector<std::string> names;
    for (const LinkRelation& relation : engine_.model->relations()) add_once(names, relation.name);
    if (std::find(names.begin(), names.end(), wanted_.name) != names.end()) return;
    const auto near = graph::nearest_names(wanted_.name, names, 1);
    throw Error(ErrorCode::kInput, "the model knows no relation \"" + wanted_.name + "\"" +
                                       (near.empty() ? "" : "; did you mean \"" + near.front() + "\"?"))
        .remedy("It knows " + join(names, ", ") + ".");
  }

  void take_node(std::uint32_t index, LinkQuery& query) const {
    const graph::Node& node = engine_.graph->nodes()[index];
    query.node = index;
    query.name = node.name.empty() ? node.id : node.name;
    query.text = node.text;
  }

  /// A structure that is a node is told and has its edges.
  void find_structure(LinkQuery& query) {
    const auto molecule = chem::standardize(query.item.content);
    if (!molecule) {
      query.reason = molecule.reason();
      return;
    }
    const auto key = chem::inchikey14(*molecule);
    if (!key) return;
    if (structures_type_ != query.entity.type) {
      structures_ = nodes_by_structure(*engine_.graph, query.entity.type, options_.threads);
      structures_type_ = query.entity.type;
    }
    const auto found = structures_.find(*key);
    if (found == structures_.end()) return;
    const graph::Node& node = engine_.graph->nodes()[found->second];
    query.node = found->second;
    query.notes.push_back("the structure is the node " + node.id + (node.name.empty() ? "" : " (" + node.name + ")"));
  }

  /// Types of that modality; of several, those that the relation joins to what is ranked.
  std::string type_of(const std::string& modality) const {
    std::vector<std::string> types, joined;
    for (const auto& type : engine_.model->node_types()) {
      if (type.modality != modality) continue;
      types.push_back(type.name);
      if (joins(type.name)) joined.push_back(type.name);
    }
    if (types.empty())
      throw Error(ErrorCode::kUsage, "the model has no node type whose nodes are given as " + modality);
    if (!options_.type.empty()) {
      if (std::find(types.begin(), types.end(), engine_.model->node_type(options_.type).name) != types.end())
        return options_.type;
      throw Error(ErrorCode::kUsage, "a node of the type " + options_.type + " is not given as " + modality)
          .remedy("Types given so: " + join(types, ", ") + ".");
    }
    if (types.size() == 1) return types.front();
    if (joined.size() == 1) return joined.front();
    throw Error(ErrorCode::kUsage, "a " + modality + " may be of several types")
        .remedy("Give one with --type: " + join(joined.empty() ? types : joined, ", ") + ".");
  }

  bool joins(const std::string& head_type) const {
    return std::any_of(engine_.model->relations().begin(), engine_.model->relations().end(),
                       [&](const LinkRelation& relation) {
                         return relation.name == wanted_.name && relation.head_type == head_type &&
                                (to_.empty() || relation.tail_type == to_);
                       });
  }

  LinkRelation relation_from(const std::string& head_type) {
    engine_.model->node_type(head_type);
    if (!wanted_.head_type.empty() && wanted_.head_type != head_type) {
      throw Error(ErrorCode::kInput, "--relation " + options_.relation + " does not start from a " + head_type);
    }
    if (to_.empty()) to_ = only_tail_type(head_type);
    LinkRelation relation{wanted_.name, head_type, to_};
    if (engine_.model->is_zero_shot(relation) && !options_.zero_shot) throw not_trained(relation);
    return relation;
  }

  std::string only_tail_type(const std::string& head_type) const {
    std::set<std::string> types;
    for (const LinkRelation& relation : engine_.model->relations()) {
      if (relation.name == wanted_.name && relation.head_type == head_type) types.insert(relation.tail_type);
    }
    if (types.size() == 1) return *types.begin();
    if (types.empty()) throw not_trained({wanted_.name, head_type, "?"});
    throw Error(ErrorCode::kUsage, "\"" + wanted_.name + "\" leads from " + head_type + " to several types")
        .remedy("Give one with --to: " + join(std::vector<std::string>(types.begin(), types.end()), ", ") + ".");
  }

  Error not_trained(const LinkRelation& relation) const {
    std::vector<std::string> same_name, same_head;
    for (const LinkRelation& known : engine_.model->relations()) {
      if (known.name == relation.name) add_once(same_name, arrow(known));
      if (known.head_type == relation.head_type) add_once(same_head, arrow(known));
    }
    Error error(ErrorCode::kInput, "the model was not trained on \"" + arrow(relation) + "\"");
    error.remedy("It knows \"" + relation.name + "\" as: " + join(same_name, ", ") + ". From " + relation.head_type +
                 ": " + (same_head.empty() ? "nothing" : join(same_head, ", ")) +
                 ". With --zero-shot (and --to) it is asked all the same.");
    return error;
  }

  const LinkEngine& engine_;
  const LinkOptions& options_;
  graph::NodeLookup lookup_;
  graph::Relation wanted_;
  std::string to_;
  std::string structures_type_;  // of structures_
  std::unordered_map<std::string, std::uint32_t> structures_;
};

/// A line of a file that cannot be understood costs its own row only.
void resolve_or_skip(LinkQuery& query, const std::function<void(LinkQuery&)>& resolve) {
  query.reason = query.item.failure;
  if (query.reason.empty() && query.item.content.empty()) query.reason = "empty line";
  query.name = query.item.content;
  if (!query.reason.empty()) return;
  try {
    resolve(query);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) throw;
    query.reason = error.message() + (error.remedy_text().empty() ? "" : "; " + error.remedy_text());
  }
}

}  // namespace

std::unordered_map<std::string, std::uint32_t> nodes_by_structure(const graph::Graph& graph, const std::string& type,
                                                                  std::size_t threads) {
  constexpr std::size_t kChunk = 64;
  const auto nodes = graph.nodes_of(type);
  std::vector<std::string> keys(nodes.size());
  parallel_for(nodes.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const graph::Node& node = graph.nodes()[nodes[i]];
      keys[i] = node.inchikey14;
      if (!keys[i].empty() || node.smiles.empty()) continue;
      const auto molecule = chem::standardize(node.smiles);
      if (!molecule) continue;
      if (auto key = chem::inchikey14(*molecule)) keys[i] = *key;
    }
  });
  std::unordered_map<std::string, std::uint32_t> out;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!keys[i].empty()) out.try_emplace(keys[i], nodes[i]);
  }
  return out;
}

std::vector<LinkQuery> resolve_link_queries(const LinkEngine& engine, const LinkOptions& options, std::string& to) {
  Resolver resolver(engine, options);
  std::vector<LinkQuery> queries;
  const auto add = [&](const std::vector<std::string>& contents, const std::function<void(LinkQuery&)>& resolve) {
    for (const QueryItem& item : items_of_arguments(contents)) {
      queries.emplace_back().item = item;
      queries.back().item.id = std::to_string(queries.size());
      if (item.content.empty()) throw Error(ErrorCode::kUsage, "an empty entity is asked for");
      resolve(queries.back());
    }
  };
  const auto resolve_node = [&](LinkQuery& query) { resolver.resolve_node(query); };
  add(options.nodes, resolve_node);
  if (!options.nodes_file.empty()) {
    for (const QueryItem& item : read_text_items(options.nodes_file)) {
      queries.emplace_back().item = item;
      resolve_or_skip(queries.back(), resolve_node);
    }
  }
  add(options.smiles, [&](LinkQuery& query) { resolver.resolve_new("molecule", query); });
  add(options.sequences, [&](LinkQuery& query) { resolver.resolve_new("protein", query); });
  add(options.texts, [&](LinkQuery& query) { resolver.resolve_new("text", query); });
  if (queries.empty()) {
    throw Error(ErrorCode::kUsage, "nothing to link")
        .remedy("Give a node, --nodes FILE, --smiles, --sequence or --text.");
  }
  to = resolver.to();
  return queries;
}

}  // namespace molbridge::service
