#pragma once
// Use case: which nodes of a graph, or molecules of a bank, does a model join to a node by a relation; also for entities that are in no graph.
// Format page: docs/formats/results.md.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/graph/graph.hpp"
#include "molbridge/retrieve/link_model.hpp"
#include "molbridge/service/graph_input.hpp"
#include "molbridge/service/reason_tally.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

struct LinkEngineOptions {
  std::string model;
  GraphInput graph;
  std::string bank;                             ///< "": candidates are nodes of the graph
  std::map<std::string, std::string> encoders;  ///< as retrieve::LinkModelOptions::encoders
  std::string cache;                            ///< root of the cache; "": as service/model_cache.hpp says
};

/// A model with the graph that names its nodes. Threads: const use is safe.
struct LinkEngine {
  std::shared_ptr<const retrieve::LinkModel> model;
  std::shared_ptr<const graph::Graph> graph;
  graph::GraphFiles files;
  std::string graph_digest;                ///< SHA-256 over those of the files
  std::vector<std::string> findings;       ///< what is wrong with the files, one sentence each
  std::shared_ptr<const bank::Bank> bank;  ///< as it lies; null: candidates are nodes
};

/// Errors: kModel, kInput, kUsage as LinkModel::load, Bank::open and graph_files().
LinkEngine open_link_engine(const LinkEngineOptions& options, Progress& progress);

/// What is ranked: the nodes of a type that have a vector, or the molecules of the bank in the model's space.
struct LinkTargets {
  std::string type;
  std::vector<std::uint32_t> nodes;                     ///< of each row; empty with a bank
  std::shared_ptr<const bank::VectorTable> vectors;     ///< null where no node has one
  std::shared_ptr<const bank::Bank> bank;               ///< the same table where molecules of a bank are ranked
  std::unordered_map<std::string, std::uint32_t> keys;  ///< with a bank: nodes of the type by InChIKey first block
  std::uint64_t without_content = 0;                    ///< nodes without structure, sequence or text
  std::uint64_t not_encoded = 0;  ///< nodes whose content the encoder refuses, or that the model does not know
  std::uint64_t truncated = 0;    ///< texts longer than their encoder takes
};
/// Cost: the frozen encoder over all nodes of the type, once; later runs read the cache. Errors: kInput for an unknown type (nearest names).
LinkTargets load_link_targets(const LinkEngine& engine, const std::string& type, std::size_t threads,
                              Progress& progress);

struct LinkOptions {
  std::vector<std::string> nodes;                     ///< ids, names, or type:name
  std::string nodes_file;                             ///< further ones, a node per line, or id TAB node; "": none
  std::vector<std::string> smiles, sequences, texts;  ///< entities that need be in no graph
  std::string type;                                   ///< of these; "": what the model and the relation leave
  std::string relation;                               ///< name, or NAME:HEAD_TYPE:TAIL_TYPE
  std::string to;              ///< type of what is ranked; "": what the relation leaves for the first query
  bool zero_shot = false;      ///< allow a relation between types that the model was not trained on
  bool exclude_known = false;  ///< leave out hits that the relation already joins to the query in the graph; ranks stay
  std::uint64_t top_k = 10;
  ResultFormat format = ResultFormat::kTsv;
  std::string output = "-";  ///< file, "-" for standard output, "" for nowhere
  std::size_t threads = 1;   ///< results do not depend on it
};

struct LinkReport {
  ResultTotals totals;
  std::string type;  ///< of what was ranked
  std::uint64_t candidates = 0, without_content = 0, not_encoded = 0;
  std::uint64_t truncated = 0;  ///< texts longer than their encoder takes, queries included
  std::vector<ReasonGroup> skip_reasons;
  ResultLayout layout;
  std::vector<Answer> first;  ///< the first queries with their hits, for people
  double seconds = 0;
  bool complete() const { return totals.skipped == 0; }

  static constexpr std::size_t kMaxFirst = 20;
};

/// A row for every query, in the order: nodes, those of the file, SMILES, sequences, texts. An argument that cannot be understood ends the run; a line of a
/// file is skipped with its reason. JSON is an evidence block: each hit has a sentence, and what scores are and are not is said.
/// Errors: kUsage, kInput (unknown node, relation, type: nearest names), kModel, kOutput, kCancelled.
LinkReport link(const LinkEngine& engine, const LinkOptions& options, Progress& progress);

}  // namespace molbridge::service
