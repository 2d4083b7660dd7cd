#pragma once
// A graph convolution network as a molecule encoder, learned together with a spectrum encoder (JESTR).
//
//   atoms [n, 40] ── (neighbours, weighted sum ── Linear ── ReLU)* ── maximum over atoms ── MLP ── [D]
//
// The sum is that of D^-1/2 (A + I) D^-1/2. Batch norms stand between Linear and ReLU while it learns; a folder has them folded into the Linear.
// Format page: docs/formats/model.md. Source: Kipf, Welling, ICLR 2017; JESTR (10.1093/bioinformatics/btaf354).

#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/graph/atom_features.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/nn/mlp.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::encoders {

inline constexpr char kMoleculeGnnKind[] = "molecule-gnn";

class GraphEncoder : public MoleculeEncoder {
 public:
  /// Errors: kModel when the folder is no such model, or sizes and tensors do not fit each other.
  explicit GraphEncoder(const std::string& folder);
  /// Whether the folder holds a manifest of this kind.
  static bool is_folder_of_one(const std::string& folder);

  /// The folder, absolute, so that a bank finds its encoder from everywhere.
  std::string name() const override { return name_; }
  /// That of the folder's manifest.
  std::string digest() const override { return digest_; }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(head_->outputs()); }
  bool is_binary() const override { return false; }
  std::string precision() const override { return "f32"; }
  void encode(const chem::Molecule& molecule, std::span<float> out) const override;
  void encode_bits(const chem::Molecule& molecule, std::span<std::uint8_t> out) const override;

  /// Shapes: returns [D].
  std::vector<float> encode(const AtomGraph& graph) const;

 private:
  void read(const nn::ModelFolder& folder);

  std::string name_, digest_;
  std::vector<nn::Mlp> convolutions_;  ///< one Linear with ReLU each
  std::unique_ptr<nn::Mlp> head_;
};

}  // namespace molbridge::encoders
