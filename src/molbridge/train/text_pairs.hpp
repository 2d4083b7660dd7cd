#pragma once
// Pairs of molecules and texts, read for training: files of several kinds mixed, each molecule and each text once, some groups held out.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::train {

/// One file and what is taken of it.
struct TextPairFile {
  std::string path;
  std::vector<std::string> text_columns;  ///< several: variants of the text of a row; none: the usual one of the file
  std::string fold;                       ///< "COLUMN=VALUE", "": all rows
  double weight = 1;                      ///< of a pair in the loss
};
/// "FILE?text=query_text+query_short,fold=fold_random=train,weight=0.5"; `text_columns` where it names none. Errors: kUsage.
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
  DatasetCounts counts;  ///< of rows
};

/// A row without a text in the first of its columns is skipped. Errors: kInput; kUsage when no pair is left.
TextPairs load_text_pairs(const std::vector<TextPairFile>& files, std::size_t threads, Progress& progress);

/// Takes a share of the groups, drawn by hash (corpus::is_held_back), out of `pairs` and returns them. Molecules and texts without pairs are
/// dropped from either.
TextPairs split_off_pairs(TextPairs& pairs, PairGroup by, double share);

/// Errors: kUsage naming the first group that stands in both and how many do.
void require_disjoint(const TextPairs& training, const TextPairs& held_out, PairGroup by);

/// The same pairs without the molecules and texts that have no vector; what is lost is counted. Shapes: one flag per molecule and text. The
/// molecules and texts keep their places.
void drop_without_vectors(TextPairs& pairs, const std::vector<bool>& has_molecule, const std::vector<bool>& has_text);

}  // namespace molbridge::train
