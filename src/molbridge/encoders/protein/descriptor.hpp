#pragma once
// Deterministic descriptors of a protein sequence: the protein side where no network is at hand, behind the same interface.
//
// Residues: the 20 usual ones; U counts as C and O as K, whose chemistry they share; B, J, X, Z are unknown: they count nowhere and no pair or k-mer
// reaches over them. Lower case, white space and gaps: as clean_protein(). A sequence without a known residue has no vector.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/encoders/item_encoder.hpp"

namespace molbridge::encoders {

/// A part of a descriptor. `residues`: 0 ... 19 in the order ACDEFGHIKLMNPQRSTVWY, -1 for unknown. Threads: const use is safe.
class ProteinBlock {
 public:
  virtual ~ProteinBlock() = default;
  virtual std::string name() const = 0;
  virtual std::uint64_t width() const = 0;
  /// Shapes: out [D], zeros before. Requires a known residue.
  virtual void encode(std::span<const std::int8_t> residues, std::span<float> out) const = 0;
};

/// Shares of the 20 residues; sums to 1.
std::unique_ptr<ProteinBlock> make_composition();
/// Shares of the 400 ordered pairs of neighbours; pair (a, b) is component 20 a + b.
std::unique_ptr<ProteinBlock> make_dipeptides();
/// Composition, transition, distribution of seven properties with three classes each, 147 numbers between 0 and 1: 21 shares of the classes, 21 shares of neighbours that
/// change between two classes (1-2, 1-3, 2-3), 105 relative positions of the first, 25 %, 50 %, 75 % and last residue of each class.
/// Source: Dubchak et al., PNAS 92, 8700 (1995); the classes as in PROFEAT (Li et al., NAR 34, W32, 2006).
std::unique_ptr<ProteinBlock> make_ctd();
/// The 343 triads of seven residue classes, (f - min f) / max f. Source: Shen et al., PNAS 104, 4337 (2007).
std::unique_ptr<ProteinBlock> make_conjoint_triad();

enum class ResidueAlphabet {
  kResidues,  ///< the 20
  kMurphy10,  ///< LVIM C A G ST P FYW EDNQ KR H. Source: Murphy, Wallqvist, Levy, Protein Eng. 13, 149 (2000)
};
struct KmerOptions {
  int k = 4;  ///< 1 ... 8
  std::uint64_t width = 2048;
  ResidueAlphabet alphabet = ResidueAlphabet::kMurphy10;
};
/// Square roots of the shares of the k-mers, hashed (FNV-1a) to `width` components, so that the length is 1 where no two k-mers meet.
std::unique_ptr<ProteinBlock> make_kmers(const KmerOptions& options = {});

/// What make_item_encoder() takes for proteins, beside folders: "composition", "dipeptides", "ctd", "conjoint-triad", "kmers:k=4,width=2048,alphabet=murphy10" (or residues), and
/// "protein-descriptor" (k-mer options allowed): square roots of composition and dipeptides, CTD, and k-mers, each scaled to length 1/2, so that none dominates.
/// Errors: kUsage with the known kinds.
std::shared_ptr<const ItemEncoder> make_protein_descriptor(const std::string& specification);
bool is_protein_descriptor(std::string_view specification);

inline constexpr const char* kDefaultProteinEncoder = "protein-descriptor";

}  // namespace molbridge::encoders
