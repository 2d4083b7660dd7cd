#pragma once
// What every model from a folder says of itself, and how those compute that take spectra in blocks. Private to retrieve.

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/threads.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

/// `Base` is a QueryModel.
template <typename Base>
class FolderFacts : public Base {
 public:
  std::string name() const override { return name_; }
  std::string digest() const override { return digest_; }
  std::string target_encoder() const override { return target_encoder_; }
  std::string target_encoder_digest() const override { return target_encoder_digest_; }
  const std::vector<TrainingMolecule>& training_molecules() const override { return training_molecules_; }

 protected:
  FolderFacts(const nn::ModelFolder& folder, std::string target_encoder,
              std::vector<TrainingMolecule> training_molecules)
      : name_(folder.manifest.text("name")),
        digest_(folder.digest),
        target_encoder_(std::move(target_encoder)),
        target_encoder_digest_(folder.manifest.text("target.encoder_digest")),
        training_molecules_(std::move(training_molecules)) {}

 private:
  std::string name_, digest_, target_encoder_, target_encoder_digest_;
  std::vector<TrainingMolecule> training_molecules_;
};

class FolderModel : public FolderFacts<SpectrumModel> {
 protected:
  using FolderFacts::FolderFacts;

  /// `vectors_of` gives the rows of some of the queries. Shapes: returns [B * D].
  template <typename VectorsOf>
  std::vector<float> embed_in_blocks(std::span<const SpectrumQuery> queries, std::size_t threads,
                                     const VectorsOf& vectors_of) const {
    constexpr std::size_t kBlock = 64;
    std::vector<float> out(queries.size() * width());
    parallel_for(queries.size(), threads, kBlock, [&](std::size_t begin, std::size_t end) {
      const std::vector<float> vectors = vectors_of(queries.subspan(begin, end - begin));
      std::copy(vectors.begin(), vectors.end(), out.begin() + static_cast<std::ptrdiff_t>(begin * width()));
    });
    return out;
  }
};

}  // namespace molbridge::retrieve
