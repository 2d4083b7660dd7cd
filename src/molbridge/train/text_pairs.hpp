#pragma once
// Pairs of molecules and texts, read for training: files of several kinds mixed, each molecule and each text once, some groups held out.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/corpus/pairs.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::train {

/// One file and what is taken of it.
struct TextPairFile {
  std::string path;
  std::vector<std::string> text_columns;  ///< several: variants of the text of a row; none: the usual one of the file
  std::string fold;                       ///< "COLUMN=VALUE", "": all rows
  double weight = 1;                      ///< of a pair in the loss
  std::vector<corpus::RowFilter> where;   ///< rows that are taken
};
/// "FILE?text=query_text+query_short,fold=fold_random=train,where=licence!=X,weight=0.5"; `text_columns` where it names none. Errors: kUsage.
TextPairFile parse_text_pair_file(const std::string& specification, const std::vector<std::string>& text_columns);

/// What may not stand on both sides of a split.
enum class PairGroup {
  kMolecule,  ///< InChIKey first block
  kScaffold,  ///< Murcko scaffold of the standardised structure; an acyclic molecule is its own
  kTarget,    ///< pairs without a target: the molecule
  kPair,      ///< molecule and target: a molecule may come again with another target
};
/// "molecule", "scaffold", "target", "pair". Errors: kUsage with the list.
PairGroup parse_pair_group(std::string_view text);
std::string_view name(PairGroup group);

struct TextPair {
  std::size_t molecule = 0;
  std::int64_t target = -1;        ///< -1: none
  std::vector<std::size_t> texts;  ///< variants, at least one
  double weight = 1;
};

struct TextPairs {
  std::vector<DatasetMolecule> molecules;  ///< inchikey14 and smiles alone
  std::vector<std::string> texts;          ///< distinct
  std::vector<std::string> targets;        ///< distinct keys
  std::vector<TextPair> pairs;
  std::vector<std::vector<std::size_t>>
      excerpts;  ///< of each text: texts of some of its sentences; empty: none were made
  bool has_excerpts(std::size_t text) const { return text < excerpts.size() && !excerpts[text].empty(); }
  DatasetCounts counts;  ///< of rows
};

/// A row without a text in the first of its columns is skipped. Errors: kInput; kUsage when no pair is left.
TextPairs load_text_pairs(const std::vector<TextPairFile>& files, std::size_t threads, Progress& progress);

/// Takes a share of the groups, drawn by hash (corpus::is_held_back), out of `pairs` and returns them. Molecules and texts without pairs are
/// dropped from either.
TextPairs split_off_pairs(TextPairs& pairs, PairGroup by, double share);

struct ExcerptOptions {
  std::int64_t most = 4;  ///< of one text
  std::uint64_t seed = 1;
};
/// People ask "EGFR inhibitor", and texts are templates: beside each text of several sentences come its first one, another one, and random choices of
/// them in their order, each once, as far as there are so many. Behind the texts that are there; one that is there already is that one. What a text
/// gets depends on it and the seed alone. Returns the texts added. Cost: linear.
std::size_t add_excerpts(TextPairs& pairs, const ExcerptOptions& options);

/// Errors: kUsage naming the first group that stands in both and how many do.
void require_disjoint(const TextPairs& training, const TextPairs& held_out, PairGroup by);

/// The same pairs without the molecules and texts that have no vector; what is lost is counted. Shapes: one flag per molecule and text. The
/// molecules and texts keep their places.
void drop_without_vectors(TextPairs& pairs, const std::vector<bool>& has_molecule, const std::vector<bool>& has_text);

}  // namespace molbridge::train
