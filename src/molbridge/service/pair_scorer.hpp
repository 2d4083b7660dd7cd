#pragma once
// What `pairs evaluate` asks of whatever says how well a text and a molecule fit: a trained bridge, or a baseline. Private to the service.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/corpus/pairs.hpp"
#include "molbridge/encoders/item_encoder.hpp"
#include "molbridge/retrieve/text_model.hpp"

namespace molbridge::service {

struct PairMolecule {
  std::string inchikey14;
  chem::Molecule molecule;  ///< standardised
};

struct PairScores {
  std::vector<float> scores;         ///< [texts * molecules], row-major; higher fits better
  std::vector<std::string> reasons;  ///< per text why it has no scores, "" where it has
  std::uint64_t truncated = 0;       ///< texts longer than the encoder reads
};

/// One matrix serves both directions: a row ranks molecules for a text, a column texts for a molecule. Threads: results do not depend on them.
class PairScorer {
 public:
  virtual ~PairScorer() = default;
  virtual std::string name() const = 0;
  virtual std::string digest() const { return ""; }  ///< of a model; "" for what is counted
  virtual std::string description() const = 0;       ///< how a score comes about, one sentence
  /// Texts and molecules are distinct. Errors: kModel (text encoder), kCancelled.
  virtual PairScores score(std::span<const std::string> texts, std::span<const PairMolecule> molecules,
                           std::size_t threads, Progress& progress) const = 0;
};

std::unique_ptr<PairScorer> make_model_scorer(std::shared_ptr<const retrieve::TextModel> model);

/// How often the molecule stands in the training rows, plus how often the text does: blind to whether they fit.
std::unique_ptr<PairScorer> make_popularity_scorer(std::span<const corpus::MoleculeTextPair> training);

/// Both frozen sides without a bridge: the largest cosine(text, t) * Tanimoto(molecule, m) over the training pairs (t, m). The frozen vectors
/// of a text and a molecule cannot be compared themselves: their widths differ. `cache_folder` as EmbeddingCache.
std::unique_ptr<PairScorer> make_nearest_scorer(std::vector<corpus::MoleculeTextPair> training,
                                                std::shared_ptr<const encoders::ItemEncoder> text_encoder,
                                                std::string cache_folder);

/// The text encoder of the nearest pairs: "tfidf", alone or one of several side by side, is fitted to the training texts, all else is make_item_encoder()'s.
std::shared_ptr<const encoders::ItemEncoder> make_pair_text_encoder(const std::string& specification,
                                                                    std::span<const corpus::MoleculeTextPair> training);

}  // namespace molbridge::service
