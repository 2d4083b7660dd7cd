#pragma once
// Any frozen side behind one interface: a molecule, a protein or a text comes as a string and leaves as a vector. What bridges between two
// of them know of their sides is this, so that one bridge serves fingerprints, networks and descriptors alike.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/sequence_encoder.hpp"

namespace molbridge::encoders {

enum class Modality {
  kMolecule,  ///< SMILES; standardised inside (chem::standardize)
  kProtein,   ///< amino-acid sequence; cleaned inside (clean_protein)
  kText,      ///< UTF-8
};
/// "molecule", "protein", "text".
std::string_view name(Modality modality);
/// Errors: kUsage with the list.
Modality parse_modality(std::string_view text);

/// What became of one item.
struct ItemState {
  std::string reason;      ///< why there is no vector; "" where there is one
  bool truncated = false;  ///< longer than the encoder reads: the vector is of its beginning
  bool ok() const { return reason.empty(); }
};

class ItemEncoder;
/// One of several encoders that stand side by side.
struct ItemPart {
  std::shared_ptr<const ItemEncoder> encoder;
  double weight = 1;  ///< length of its share of a vector
};

/// Threads: const use is safe. A vector depends on its item alone. Two encoders with the same digest give the same vectors, up to the
/// rounding of their precision.
class ItemEncoder {
 public:
  virtual ~ItemEncoder() = default;
  virtual Modality modality() const = 0;
  virtual std::string name() const = 0;  ///< a specification that make_item_encoder() takes
  virtual std::string digest()
      const = 0;  ///< SHA-256 hex; for molecules that of the MoleculeEncoder, which stands in banks
  virtual std::uint64_t width() const = 0;  ///< D
  /// "f32", "bf16": in which numbers a network computes; "" for what is no network, and cheaper to compute again than to keep on disk.
  virtual std::string precision() const { return ""; }
  /// Of encoders side by side (concat_encoder.hpp): which they are. None for all others.
  virtual std::span<const ItemPart> parts() const { return {}; }
  /// Shapes: out [items, D]; returns [items]. Every vector is finite; the row of an item without one is zeros. Errors: none for an item.
  virtual std::vector<ItemState> encode(std::span<const std::string> items, std::size_t threads,
                                        std::span<float> out) const = 0;
};

/// What a job or a command takes when nobody says otherwise: ECFP4; the protein descriptor; "" for texts,
/// which have no default.
std::string_view default_encoder(Modality modality);

/// From a specification. Molecules: as make_molecule_encoder(). Texts: the folder of a network over text, "DIR" or "DIR?pooling=mean,dtype=bf16"
/// (also normalize=yes, max-tokens=N), or "tfidf:FILE" (encoders/text/tfidf.hpp). Proteins: the folder of an ESM network with the same options, or a descriptor
/// (encoders/protein/descriptor.hpp): "protein-descriptor", "composition", "dipeptides", "ctd", "conjoint-triad", "kmers:k=4,width=2048". Of every
/// modality: "A + B", several side by side (encoders/concat_encoder.hpp).
/// Errors: kUsage with the known kinds, kModel for a folder of another kind.
std::shared_ptr<const ItemEncoder> make_item_encoder(Modality modality, const std::string& specification);

/// Around what is open already. Requires for a SequenceEncoder: kText or kProtein.
std::shared_ptr<const ItemEncoder> make_item_encoder(std::shared_ptr<const MoleculeEncoder> encoder);
std::shared_ptr<const ItemEncoder> make_item_encoder(Modality modality, std::shared_ptr<const SequenceEncoder> encoder,
                                                     const std::string& name);

}  // namespace molbridge::encoders
