#include "molbridge/graph/primekg.hpp"

#include <array>
#include <memory>
#include <unordered_map>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/builder.hpp"
#include "molbridge/graph/table.hpp"

namespace molbridge::graph {
namespace {

constexpr std::array<std::string_view, 10> kTypes{
    "biological_process", "gene/protein", "disease", "effect/phenotype", "anatomy", "molecular_function", "drug",
    "cellular_component", "pathway",      "exposure"};
constexpr std::array<std::string_view, 18> kRelations{"expression present",
                                                      "synergistic interaction",
                                                      "interacts with",
                                                      "ppi",
                                                      "phenotype present",
                                                      "parent-child",
                                                      "associated with",
                                                      "side effect",
                                                      "contraindication",
                                                      "expression absent",
                                                      "target",
                                                      "indication",
                                                      "enzyme",
                                                      "transporter",
                                                      "off-label use",
                                                      "linked to",
                                                      "phenotype absent",
                                                      "carrier"};

/// The columns of one end of an edge.
struct EndColumns {
  std::size_t index, id, type, name, source;
  EndColumns(Table& table, const std::string& prefix)
      : index(table.required(prefix + "_index")),
        id(table.required(prefix + "_id")),
        type(table.required(prefix + "_type")),
        name(table.required(prefix + "_name")),
        source(table.required(prefix + "_source")) {}
};

class PrimeKgReader {
 public:
  PrimeKgReader(LineSource& lines, Findings& findings, GraphBuilder& builder)
      : lines_(lines),
        builder_(builder),
        table_(lines, ',', findings),
        relation_(table_.required("display_relation")),
        x_(table_, "x"),
        y_(table_, "y") {
    (void)table_.column("relation");  // a coarser name of display_relation
  }

  void read(Progress& progress) {
    progress.start("reading " + lines_.name(), lines_.bytes_total(), "bytes");
    builder_.start_file(lines_.name());
    for (std::uint64_t row = 0; table_.next(); ++row) {
      if (row % 65536 == 0) progress.advance(lines_.bytes_read());
      const auto head = node(x_);
      const auto tail = node(y_);
      if (!head || !tail || table_.field(relation_).empty()) {
        table_.add(Problem::kBadRow,
                   "an edge without relation, or a node that has no id or has another type elsewhere");
        continue;
      }
      builder_.add_edge({.head = *head, .relation = table_.field(relation_), .tail = *tail}, table_.line());
    }
    progress.finish();
  }

  /// By x_index.
  const std::unordered_map<std::string, std::string>& ids() const { return id_by_index_; }

 private:
  /// The id of the node, made where it is new.
  std::optional<std::string> node(const EndColumns& at) {
    const std::string_view type = table_.field(at.type), id = table_.field(at.id);
    if (id.empty() || type.empty()) return std::nullopt;
    std::string key = std::string(table_.field(at.source)) + ":" + std::string(id);
    if (const auto known = builder_.find(key)) {
      if (builder_.node(*known).type != type) return std::nullopt;
      return key;
    }
    id_by_index_.try_emplace(std::string(table_.field(at.index)), key);
    builder_.add_node({.id = key,
                       .type = std::string(type),
                       .name = std::string(table_.field(at.name)),
                       .text = {},
                       .smiles = {},
                       .inchikey14 = {},
                       .sequence = {},
                       .split = {}},
                      {.file = table_.name(), .line = table_.line()});
    return key;
  }

  LineSource& lines_;
  GraphBuilder& builder_;
  Table table_;
  std::size_t relation_;
  EndColumns x_, y_;
  std::unordered_map<std::string, std::string> id_by_index_;
};

void take_if_empty(std::string& value, std::string_view given) {
  if (value.empty()) value = given;
}

void join_content(LineSource& lines, const std::unordered_map<std::string, std::string>& ids, Findings& findings,
                  GraphBuilder& builder) {
  const bool tabs =
      lines.peek(std::size_t{1} << 16).substr(0, lines.peek(std::size_t{1} << 16).find('\n')).find('\t') !=
      std::string_view::npos;
  Table table(lines, tabs ? '\t' : ',', findings);
  static constexpr std::array<std::string_view, 3> kKeys{"node_id", "id", "node_index"};
  const auto by_index = table.column("node_index");
  const std::size_t key = by_index ? *by_index : table.required(kKeys);
  const auto text = table.column("text"), smiles = table.column("smiles"), inchikey14 = table.column("inchikey14"),
             sequence = table.column("sequence");
  while (table.next()) {
    const auto known = ids.find(std::string(table.field(key)));
    const auto node = builder.find(by_index && known != ids.end() ? known->second : table.field(key));
    if (!node) {
      table.add(Problem::kUnknownKey, std::string(table.field(key)));
      continue;
    }
    take_if_empty(builder.node(*node).text, table.field(text));
    take_if_empty(builder.node(*node).smiles, table.field(smiles));
    take_if_empty(builder.node(*node).inchikey14, table.field(inchikey14));
    take_if_empty(builder.node(*node).sequence, table.field(sequence));
  }
}

void complete_nodes(GraphBuilder& builder) {
  for (std::uint32_t k = 0; k < builder.num_nodes(); ++k) {
    Node& node = builder.node(k);
    if (node.text.empty() && !node.name.empty()) node.text = "Name: " + node.name + ".";
    node.has_modality = !content_of(node).content.empty();
  }
}

}  // namespace

std::span<const std::string_view> primekg_types() { return kTypes; }
std::span<const std::string_view> primekg_relations() { return kRelations; }

ReadGraph read_primekg(LineSource& kg, std::span<LineSource* const> content, bool drop_mirrored, Progress& progress) {
  ReadGraph read;
  GraphBuilder builder(read.findings);
  PrimeKgReader reader(kg, read.findings, builder);
  reader.read(progress);
  if (builder.num_nodes() == 0) throw Error(ErrorCode::kInput, "no edge could be read").in_file(kg.name());
  for (LineSource* lines : content) join_content(*lines, reader.ids(), read.findings, builder);
  complete_nodes(builder);
  read.graph = builder.finish(drop_mirrored);
  read.edges_by_file = {read.graph.edges().size()};
  return read;
}

ReadGraph read_primekg(const std::string& path, const PrimeKgOptions& options, Progress& progress) {
  const auto kg = LineSource::open(path);
  std::vector<std::unique_ptr<LineSource>> owned;
  std::vector<LineSource*> content;
  for (const std::string& file : options.content) {
    owned.push_back(LineSource::open(file));
    content.push_back(owned.back().get());
  }
  return read_primekg(*kg, content, options.drop_mirrored, progress);
}

}  // namespace molbridge::graph
