#include "molbridge/graph/read_graph.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/builder.hpp"
#include "molbridge/graph/table.hpp"

namespace molbridge::graph {
namespace {

constexpr std::array<std::string_view, 2> kIdColumns{"node_id", "id"};
/// Of the files of docs/formats/graph.md, not read: naming them as unknown would be noise.
constexpr std::array<std::string_view, 3> kPassedOver{"source", "licence", "has_definition"};

bool is_split(std::string_view text) { return text.empty() || text == "train" || text == "val" || text == "test"; }

class NodeReader {
 public:
  NodeReader(LineSource& lines, Findings& findings, bool licence_ok_only)
      : table_(lines, '\t', findings),
        licence_ok_only_(licence_ok_only),
        id_(table_.required(kIdColumns)),
        type_(table_.required("type")),
        name_(table_.column("name")),
        text_(table_.column("text")),
        smiles_(table_.column("smiles")),
        inchikey14_(table_.column("inchikey14")),
        sequence_(table_.column("sequence")),
        split_(table_.column("split")),
        licence_ok_(table_.column("licence_ok")),
        has_modality_(table_.column("has_modality")) {
    for (const auto passed_over : kPassedOver) (void)table_.column(passed_over);
  }

  void read(GraphBuilder& builder) {
    while (table_.next()) {
      if (auto node = take()) builder.add_node(std::move(*node), {.file = table_.name(), .line = table_.line()});
    }
  }

 private:
  std::string text(std::optional<std::size_t> column) const { return std::string(table_.field(column)); }
  std::optional<Node> bad(const std::string& what) {
    table_.add(Problem::kBadRow, what);
    return std::nullopt;
  }

  std::optional<Node> take() {
    const auto licence_ok = parse_flag(table_.field(licence_ok_), !licence_ok_);
    const auto has_modality = parse_flag(table_.field(has_modality_), true);
    if (table_.field(id_).empty() || table_.field(type_).empty()) return bad("a node without id or type");
    if (!licence_ok || !has_modality) return bad("licence_ok and has_modality are 0 or 1");
    if (!is_split(table_.field(split_))) return bad("split \"" + text(split_) + "\" is none of train, val, test");
    Node node{.id = text(id_),
              .type = text(type_),
              .name = text(name_),
              .text = {},
              .smiles = {},
              .inchikey14 = {},
              .sequence = {},
              .split = text(split_),
              .licence_ok = *licence_ok};
    if (licence_ok_only_ && !*licence_ok) return node;
    node.text = text(text_);
    node.smiles = text(smiles_);
    node.inchikey14 = text(inchikey14_);
    node.sequence = text(sequence_);
    const bool has_content = !content_of(node).content.empty();
    if (has_modality_ && *has_modality && !has_content) table_.add(Problem::kNoContent, node.id);
    node.has_modality = has_content && *has_modality;
    return node;
  }

  Table table_;
  bool licence_ok_only_;
  std::size_t id_, type_;
  std::optional<std::size_t> name_, text_, smiles_, inchikey14_, sequence_, split_, licence_ok_, has_modality_;
};

class EdgeReader {
 public:
  EdgeReader(LineSource& lines, Findings& findings)
      : table_(lines, '\t', findings),
        head_(table_.required("head")),
        relation_(table_.required("relation")),
        tail_(table_.required("tail")),
        licence_ok_(table_.column("licence_ok")),
        held_out_(table_.column("held_out")) {
    for (const auto passed_over : kPassedOver) (void)table_.column(passed_over);
  }

  /// Gives the number of edges left out for their licence.
  std::uint64_t read(GraphBuilder& builder, bool licence_ok_only, const std::function<void()>& step) {
    std::uint64_t left_out = 0;
    for (std::uint64_t row = 0; table_.next(); ++row) {
      if (row % 65536 == 0) step();
      const auto licence_ok = parse_flag(table_.field(licence_ok_), !licence_ok_);
      const auto held_out = parse_held_out(table_.field(held_out_));
      if (!licence_ok || !held_out || table_.field(relation_).empty()) {
        table_.add(Problem::kBadRow, !licence_ok ? "licence_ok is 0 or 1"
                                     : !held_out ? "held_out is head, tail, both or empty"
                                                 : "an edge without relation");
      } else if (licence_ok_only && !*licence_ok) {
        ++left_out;
      } else {
        builder.add_edge({.head = table_.field(head_),
                          .relation = table_.field(relation_),
                          .tail = table_.field(tail_),
                          .licence_ok = *licence_ok,
                          .held_out = *held_out},
                         table_.line());
      }
    }
    return left_out;
  }

 private:
  Table table_;
  std::size_t head_, relation_, tail_;
  std::optional<std::size_t> licence_ok_, held_out_;
};

void read_edges(LineSource& lines, GraphBuilder& builder, const GraphReadOptions& options, ReadGraph& read,
                Progress& progress) {
  progress.start("reading " + lines.name(), lines.bytes_total(), "bytes");
  builder.start_file(lines.name());
  EdgeReader reader(lines, read.findings);
  read.licence_left_out += reader.read(builder, options.licence_ok_only, [&] { progress.advance(lines.bytes_read()); });
  progress.finish();
}

/// `read` holds the findings that the builder adds to.
void finish(GraphBuilder& builder, const GraphReadOptions& options, std::size_t num_files, ReadGraph& read) {
  read.graph = builder.finish(options.drop_mirrored, options.keep_across_files);
  read.edges_by_file.assign(num_files, 0);
  for (const Edge& edge : read.graph.edges()) ++read.edges_by_file[edge.file];
}

void read_nodes(LineSource& lines, GraphBuilder& builder, const GraphReadOptions& options, ReadGraph& read) {
  NodeReader(lines, read.findings, options.licence_ok_only).read(builder);
  if (builder.num_nodes() > 0) return;
  const auto sentences = read.findings.sentences();
  throw Error(ErrorCode::kInput, "no node could be read")
      .in_file(lines.name())
      .remedy(sentences.empty() ? "the file has a header only" : sentences.front());
}

bool is_table(const std::string& name, std::string_view stem) {
  return name.starts_with(stem) && (name.ends_with(".tsv") || name.ends_with(".tsv.gz"));
}

}  // namespace

ReadGraph read_graph(LineSource& nodes, std::span<LineSource* const> edges, const GraphReadOptions& options,
                     Progress& progress) {
  ReadGraph read;
  GraphBuilder builder(read.findings);
  read_nodes(nodes, builder, options, read);
  for (LineSource* lines : edges) read_edges(*lines, builder, options, read, progress);
  finish(builder, options, edges.size(), read);
  return read;
}

ReadGraph read_graph(const GraphFiles& files, const GraphReadOptions& options, Progress& progress) {
  if (files.edges.size() > 255) {
    throw Error(ErrorCode::kUsage, std::to_string(files.edges.size()) + " edge files, at most 255 are read together");
  }
  ReadGraph read;
  GraphBuilder builder(read.findings);
  read_nodes(*LineSource::open(files.nodes), builder, options, read);
  for (const std::string& file : files.edges) read_edges(*LineSource::open(file), builder, options, read, progress);
  finish(builder, options, files.edges.size(), read);
  return read;
}

GraphFiles graph_files_of(const std::string& folder) {
  GraphFiles files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (is_table(name, "nodes.") && (files.nodes.empty() || at->path().string() < files.nodes)) {
      files.nodes = at->path().string();
    } else if (is_table(name, "edges")) {
      files.edges.push_back(at->path().string());
    }
  }
  std::ranges::sort(files.edges);
  if (!files.nodes.empty() && !files.edges.empty()) return files;
  throw Error(ErrorCode::kInput, error                 ? "the folder cannot be read: " + error.message()
                                 : files.nodes.empty() ? "no nodes.tsv or nodes.tsv.gz in this folder"
                                                       : "no edges*.tsv or edges*.tsv.gz in this folder")
      .in_file(folder)
      .remedy("see docs/formats/graph.md");
}

}  // namespace molbridge::graph
