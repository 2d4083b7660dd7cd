// Frozen encoders without a bridge: the nearest training texts lend their molecules.

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/embedding_cache.hpp"
#include "molbridge/nn/linear.hpp"
#include "molbridge/service/pair_scorer.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kTextBlock = 64;       // query texts of one product
constexpr std::size_t kMoleculeBlock = 128;  // gallery molecules of one sweep

/// Rows of length one; a zero row stays.
void normalize(std::span<float> rows, std::size_t width) {
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    const auto row = rows.subspan(begin, width);
    double sum = 0;
    for (const float x : row) sum += static_cast<double>(x) * x;
    const auto factor = static_cast<float>(sum > 0 ? 1 / std::sqrt(sum) : 0);
    for (float& x : row) x *= factor;
  }
}

class NearestScorer : public PairScorer {
 public:
  NearestScorer(std::vector<corpus::MoleculeTextPair> training, std::shared_ptr<const encoders::ItemEncoder> encoder,
                std::string cache_folder)
      : encoder_(std::move(encoder)), cache_folder_(std::move(cache_folder)) {
    std::unordered_map<std::string, std::size_t> texts, molecules;
    for (const auto& pair : training) {
      const auto [text, new_text] = texts.emplace(pair.text, texts_.size());
      if (new_text) texts_.push_back(pair.text);
      const auto [molecule, new_molecule] = molecules.emplace(pair.inchikey14, smiles_.size());
      if (new_molecule) {
        smiles_.push_back(pair.smiles);
        texts_of_molecule_.emplace_back();
      }
      texts_of_molecule_[molecule->second].push_back(text->second);
    }
  }

  std::string name() const override { return "nearest"; }
  std::string digest() const override { return encoder_->digest(); }
  std::string description() const override {
    return "no bridge: the largest cosine of texts (" + encoder_->name() +
           ") times Tanimoto of molecules (ECFP4) over the training pairs; the frozen vectors of a text and a molecule "
           "cannot be compared themselves, their widths differ";
  }

  PairScores score(std::span<const std::string> texts, std::span<const PairMolecule> molecules, std::size_t threads,
                   Progress& progress) const override {
    PairScores made;
    const std::vector<float> cosines = best_cosines(texts, threads, progress, made);
    made.scores.assign(texts.size() * molecules.size(), -1);
    const std::vector<chem::BitFingerprint> training = training_fingerprints(threads);
    const std::size_t blocks = (molecules.size() + kMoleculeBlock - 1) / kMoleculeBlock;
    parallel_for(blocks, threads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t block = begin; block < end; ++block) {
        check_interrupt();
        sweep(block * kMoleculeBlock, texts.size(), molecules, cosines, training, made.scores);
      }
    });
    return made;
  }

 private:
  std::vector<chem::BitFingerprint> training_fingerprints(std::size_t threads) const {
    std::vector<chem::BitFingerprint> out(smiles_.size());
    constexpr std::size_t kChunk = 32;
    parallel_for(out.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) out[i] = chem::morgan(*chem::standardize(smiles_[i]));
    });
    return out;
  }

  /// For each text and training molecule, the cosine with the nearest of the molecule's texts. Shapes: returns [texts, training molecules].
  std::vector<float> best_cosines(std::span<const std::string> texts, std::size_t threads, Progress& progress,
                                  PairScores& made) const {
    encoders::EmbeddingCache cache(cache_folder_);
    encoders::CachedRows known = cache.rows(*encoder_, texts_, threads, progress);
    encoders::CachedRows asked = cache.rows(*encoder_, texts, threads, progress);
    made.truncated = asked.truncated;
    for (const auto& state : asked.states) made.reasons.push_back(state.reason);
    const std::size_t width = known.width;
    normalize(known.rows, width);
    normalize(asked.rows, width);
    const nn::Linear product(known.rows, {}, static_cast<std::int64_t>(width), static_cast<std::int64_t>(texts_.size()),
                             nn::Precision::kFloat32);
    std::vector<float> best(texts.size() * smiles_.size());
    const std::size_t blocks = (texts.size() + kTextBlock - 1) / kTextBlock;
    parallel_for(blocks, threads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t block = begin; block < end; ++block)
        take_best(product, asked, block * kTextBlock, texts.size(), best);
    });
    return best;
  }

  void take_best(const nn::Linear& product, const encoders::CachedRows& asked, std::size_t first, std::size_t count,
                 std::span<float> best) const {
    const std::size_t rows = std::min(kTextBlock, count - first);
    std::vector<float> cosines(rows * texts_.size());
    product.forward(asked.rows.data() + first * asked.width, static_cast<std::int64_t>(rows), cosines.data());
    for (std::size_t i = 0; i < rows; ++i) {
      const auto row = std::span(cosines).subspan(i * texts_.size(), texts_.size());
      for (std::size_t m = 0; m < smiles_.size(); ++m) {
        float largest = -1;
        for (const std::size_t text : texts_of_molecule_[m]) largest = std::max(largest, row[text]);
        best[(first + i) * smiles_.size() + m] = largest;
      }
    }
  }

  /// Scores of all texts with one block of molecules.
  static void sweep(std::size_t first, std::size_t num_texts, std::span<const PairMolecule> molecules,
                    std::span<const float> cosines, std::span<const chem::BitFingerprint> training,
                    std::span<float> scores) {
    const std::size_t count = std::min(kMoleculeBlock, molecules.size() - first);
    std::vector<float> tanimoto(training.size() * count);
    for (std::size_t m = 0; m < count; ++m) {
      const chem::BitFingerprint fingerprint = chem::morgan(molecules[first + m].molecule);
      for (std::size_t t = 0; t < training.size(); ++t)
        tanimoto[t * count + m] = static_cast<float>(chem::tanimoto(fingerprint, training[t]));
    }
    for (std::size_t text = 0; text < num_texts; ++text) {
      float* out = scores.data() + text * molecules.size() + first;
      for (std::size_t t = 0; t < training.size(); ++t) {
        const float cosine = cosines[text * training.size() + t];
        const float* row = tanimoto.data() + t * count;
        for (std::size_t m = 0; m < count; ++m) out[m] = std::max(out[m], cosine * row[m]);
      }
    }
  }

  std::shared_ptr<const encoders::ItemEncoder> encoder_;
  std::string cache_folder_;
  std::vector<std::string> texts_, smiles_;  // distinct
  std::vector<std::vector<std::size_t>> texts_of_molecule_;
};

}  // namespace

std::unique_ptr<PairScorer> make_nearest_scorer(std::vector<corpus::MoleculeTextPair> training,
                                                std::shared_ptr<const encoders::ItemEncoder> text_encoder,
                                                std::string cache_folder) {
  return std::make_unique<NearestScorer>(std::move(training), std::move(text_encoder), std::move(cache_folder));
}

}  // namespace molbridge::service
