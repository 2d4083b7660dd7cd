#pragma once
// Use cases: a link model on tables of its own, beside its graph: labelled pairs (drug-target interaction), and entities each with a set of
// right texts (phenotypes of genes). docs/graph.md, "Other tables".

#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/link_scorer.hpp"
#include "molbridge/service/result_table.hpp"

namespace molbridge::service {

/// Columns by name. A table is tab- or comma-separated with a header, plain or gzip.
struct LinkTaskOptions {
  std::string table;
  std::string relation;              ///< NAME:HEAD_TYPE:TAIL_TYPE by which the model is asked
  std::string head_column = "head";  ///< content of the heads (SMILES, sequence, text); with `graph` ids of its nodes
  std::string tail_column = "tail";  ///< content of the tails; with `tails` keys into that table
  std::vector<std::string> graph;    ///< folder, or nodes and edges files; empty: none
  std::uint64_t seed = 1;
  int resamples = 1000;
};

struct LinkPairOptions {
  LinkTaskOptions task;
  std::string label_column = "label";  ///< 1 or 0
  std::vector<std::string> group_by;   ///< columns; figures for each of their values beside those of all pairs
  std::string scores;                  ///< file for the score of every pair; empty: none
};

/// Tables: "groups" (column, value, pairs, positives, failed, AUROC and AUPRC with intervals by head), "failed". Pairs that the model cannot
/// score are left out of the figures and counted. Errors: kUsage, kInput, kModel.
Analysis evaluate_link_pairs(const LinkPairOptions& options, const LinkModelChoice& model, std::size_t threads,
                             Progress& progress);

struct LinkSetOptions {
  LinkTaskOptions task;
  std::string head_key_column;         ///< what counts as one query, e.g. a mouse gene; empty: the head column
  std::string tails;                   ///< table of the candidates
  std::string tail_key_column = "id";  ///< of `tails`
  std::string tail_text_column = "text";
  std::string tail_name_column = "name";
  std::vector<std::string> leave_out;  ///< names of tails that are neither candidates nor answers
};

/// Each query ranks the tails that are an answer of some row; ties count against it. Tables: "figures" (scorer model, popular, random; recall,
/// precision and nDCG at 1, 3, 5 with intervals by query), "failed". "popular" orders tails by how many of the other queries have them. Errors: as above.
Analysis evaluate_link_sets(const LinkSetOptions& options, const LinkModelChoice& model, std::size_t threads,
                            Progress& progress);

}  // namespace molbridge::service
