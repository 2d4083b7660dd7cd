#pragma once
// The frozen side of training: vectors of molecules in the space into which a bridge maps.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// One row per molecule, bits as bytes and all else as float32. Threads: const use is safe.
class MoleculeTargets {
 public:
  MoleculeTargets() = default;
  explicit MoleculeTargets(torch::Tensor rows) : rows_(std::move(rows)) {}
  /// Encodes `smiles`, which are standardised. Errors: kInternal for one that does not parse; kCancelled.
  MoleculeTargets(const std::vector<std::string>& smiles, const encoders::MoleculeEncoder& encoder, std::size_t threads,
                  Progress& progress);

  std::int64_t size() const { return rows_.size(0); }
  std::int64_t width() const { return rows_.size(1); }
  /// Shapes: returns [molecules, D] float32.
  torch::Tensor rows(std::span<const std::int64_t> molecules) const;
  torch::Tensor all() const { return rows_.to(torch::kFloat32); }
  /// [D] float32: of bits, the share of molecules that have each.
  torch::Tensor mean() const;

 private:
  torch::Tensor rows_;
};

}  // namespace molbridge::train
