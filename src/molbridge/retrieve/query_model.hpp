#pragma once
// What a trained model says of the molecules it ranks, whatever its queries are: spectra (spectrum_model.hpp), texts (text_model.hpp).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::retrieve {

/// Molecules a model was trained on, for novelty strata and for saying "this compound was in training".
struct TrainingMolecule {
  std::string inchikey14;
  std::string smiles;  ///< standardised
};

/// Threads: const use is safe.
class QueryModel {
 public:
  virtual ~QueryModel() = default;

  virtual std::string name() const = 0;            ///< "fingerprint-ffn"
  virtual std::string digest() const = 0;          ///< SHA-256 of manifest and weights
  virtual std::string target_encoder() const = 0;  ///< specification for make_molecule_encoder
  virtual std::string target_encoder_digest() const = 0;
  virtual std::uint64_t width() const = 0;  ///< D of the vectors of queries, and of the rows of view()
  /// Of the target encoder's rows: another than width() only where view() gives another bank.
  virtual std::uint64_t target_width() const { return width(); }
  /// By which molecules are to be ranked.
  virtual bank::Similarity similarity() const { return bank::Similarity::kCosine; }
  /// Empty where the model does not say what it was trained on.
  virtual const std::vector<TrainingMolecule>& training_molecules() const = 0;
  /// A bank of the target encoder, seen in the space in which the model ranks: the bank itself where that is the encoder's own. Requires a
  /// bank that require_same_space() lets pass.
  virtual std::shared_ptr<const bank::Bank> view(std::shared_ptr<const bank::Bank> bank, std::size_t threads) const {
    (void)threads;
    return bank;
  }
};

}  // namespace molbridge::retrieve
