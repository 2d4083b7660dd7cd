#pragma once
// A frozen map from a molecule to a vector: the space in which a bank lives and into which a bridge maps.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::encoders {

/// Threads: const use is safe. Two encoders with the same digest give the same vectors.
class MoleculeEncoder {
 public:
  virtual ~MoleculeEncoder() = default;
  virtual std::string name() const = 0;     ///< the full specification, "morgan:radius=2,bits=4096"
  virtual std::string digest() const = 0;   ///< SHA-256 hex of all that decides the vector
  virtual std::uint64_t width() const = 0;  ///< D
  /// True when every component is 0 or 1, so that a bank may store bits.
  virtual bool is_binary() const = 0;
  /// Shapes: out [D]. Requires a standardised molecule.
  virtual void encode(const chem::Molecule& molecule, std::span<float> out) const = 0;
  /// "f32", "bf16": in which numbers a network computes; "" for what is no network.
  virtual std::string precision() const { return ""; }
  /// Many at once, which networks do faster; as encode() to the bit. Shapes: out [molecules, D]; returns [molecules], 1 where the encoder
  /// reads less than the whole molecule (a SMILES over the token limit).
  virtual std::vector<std::uint8_t> encode_all(std::span<const chem::Molecule> molecules, std::size_t threads,
                                               std::span<float> out) const;
  /// Only for binary encoders: out [D/8], bit i in byte i/8 at position i%8.
  virtual void encode_bits(const chem::Molecule& molecule, std::span<std::uint8_t> out) const = 0;
};

/// What `bank build` takes when nobody says otherwise: the space of the shipped model.
inline constexpr const char* kDefaultEncoder = "morgan:radius=2,bits=4096";

/// From a specification: "morgan:radius=2,bits=4096", "ecfp4" (radius 2, 2048 bits), "morgan-counts:radius=2,width=2048", or the folder of
/// a network over SMILES, "DIR" or "DIR?pooling=mean,dtype=bf16" (also normalize=yes, max-tokens=N and tokenizer=hub|trained); name() gives
/// one back; or the folder of a network over molecular graphs (the "molecule" of a JESTR model). Errors: kUsage with the known kinds, kModel for a folder that is no such network.
std::shared_ptr<const MoleculeEncoder> make_molecule_encoder(const std::string& specification);

}  // namespace molbridge::encoders
