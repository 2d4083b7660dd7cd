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
  virtual std::uint64_t width() const = 0;
  /// Shapes: out [D], zeros before. Requires a known residue.
  virtual void encode(std::span<const std::int8_t> residues, std::span<float> out) const = 0;
};

/// Shares of the 20 residues (k = 1) or of the 400 ordered pairs of neighbours (k = 2; pair (a, b) is component 20 a + b); they sum to 1.
std::unique_ptr<ProteinBlock> make_residue_shares(int k);
/// Composition, transition, distribution of seven properties with three classes each, 147 numbers between 0 and 1: 21 shares of the classes, 21 shares of neighbours that
/// change between two classes (1-2, 1-3, 2-3), 105 relative positions of the first, 25 %, 50 %, 75 % and last residue of each class. `less_expected`: less what a random
/// sequence of background residues has. Source: Dubchak et al., PNAS 92, 8700 (1995); the classes as in PROFEAT (Li et al., NAR 34, W32, 2006).
std::unique_ptr<ProteinBlock> make_ctd(bool less_expected);
/// The 343 triads of seven residue classes, (f - min f) / max f. Source: Shen et al., PNAS 104, 4337 (2007).
std::unique_ptr<ProteinBlock> make_conjoint_triad();

enum class ResidueAlphabet {
  kResidues,  ///< the 20
  kMurphy10,  ///< LVIM C A G ST P FYW EDNQ KR H. Source: Murphy, Wallqvist, Levy, Protein Eng. 13, 149 (2000)
};
struct KmerOptions {
  int k = 3;
  std::uint64_t width = 1000;  ///< k-mers are hashed where there are more
  ResidueAlphabet alphabet = ResidueAlphabet::kMurphy10;
};
/// sqrt(n) - sqrt(e) of each k-mer, n its count and e the count that a random sequence as long has with background shares of the residues. The roots
/// make the deviations of frequent and of rare k-mers comparable (Freeman, Tukey, Ann. Math. Stat. 21, 607, 1950), and without e the vectors of all long sequences
/// would be alike (Reinert et al., J. Comput. Biol. 16, 1615, 2009). Requires at most 4 million k-mers.
std::unique_ptr<ProteinBlock> make_kmers(const KmerOptions& options = {});

/// What make_item_encoder() takes for proteins, beside folders: "composition", "dipeptides", "ctd", "conjoint-triad", "kmers:k=3,width=1000,alphabet=murphy10" (or residues),
/// and "protein-descriptor", 1,567 numbers, length 1: kmers over the residues with k = 1 (20) and k = 2 (400), ctd less expected (147), kmers:k=3 over ten classes (1,000),
/// each scaled to a length of 1/2, 1, 1/2, 1 before the whole is. The last is the default: see docs/formats/text-encoders.md for why.
/// Errors: kUsage with the known kinds.
std::shared_ptr<const ItemEncoder> make_protein_descriptor(const std::string& specification);
bool is_protein_descriptor(std::string_view specification);

inline constexpr const char* kDefaultProteinEncoder = "protein-descriptor";
inline constexpr const char* kKnownProteinEncoders =
    "Known encoders of proteins: the folder of an ESM network, DIR or DIR?pooling=P,dtype=T, protein-descriptor, "
    "composition, dipeptides, ctd, conjoint-triad, or kmers:k=K,width=N,alphabet=murphy10|residues.";

}  // namespace molbridge::encoders
