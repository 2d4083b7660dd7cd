#include "molbridge/retrieve/deep_sets_model.hpp"

#include <algorithm>
#include <optional>

#include "molbridge/bridges/deep_sets.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/spectrum/peak_tokens.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kBatch = 64;

/// The readers of [input] serve training configs too, where a bad value is a wrong request.
template <typename Read>
auto of_manifest(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    throw Error(ErrorCode::kModel, error.message()).in_file(error.position().file);
  }
}

encoders::PeakTokenOptions read_tokens(const Config& manifest) {
  return of_manifest([&] { return encoders::read_peak_token_options(manifest); });
}

std::optional<encoders::MzFourier> read_fourier(const Config& manifest) {
  if (!manifest.flag("input.fourier")) return std::nullopt;
  return encoders::MzFourier(of_manifest([&] { return encoders::read_mz_fourier_options(manifest); }));
}

class DeepSetsModel final : public SpectrumModel {
 public:
  explicit DeepSetsModel(const nn::ModelFolder& folder)
      : name_(folder.manifest.text("name")),
        digest_(folder.digest),
        target_encoder_(folder.manifest.text("target.encoder")),
        target_encoder_digest_(folder.manifest.text("target.encoder_digest")),
        tokens_(read_tokens(folder.manifest)),
        fourier_(read_fourier(folder.manifest)),
        bridge_(bridges::DeepSets::read(folder, 2 + (fourier_ ? fourier_->width() : 0))),
        training_molecules_(read_training_molecules(folder)) {}

  std::string name() const override { return name_; }
  std::string digest() const override { return digest_; }
  std::string target_encoder() const override { return target_encoder_; }
  std::string target_encoder_digest() const override { return target_encoder_digest_; }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(bridge_.outputs()); }
  const std::vector<TrainingMolecule>& training_molecules() const override { return training_molecules_; }
  bool uses_precursor() const override { return tokens_.precursor; }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    std::vector<float> out(queries.size() * width());
    parallel_for(queries.size(), threads, kBatch, [&](std::size_t begin, std::size_t end) {
      const std::vector<float> vectors = bridge_.vectors(batch_of(queries.subspan(begin, end - begin)));
      std::copy(vectors.begin(), vectors.end(), out.begin() + static_cast<std::ptrdiff_t>(begin * width()));
    });
    return out;
  }

 private:
  bridges::TokenBatch batch_of(std::span<const SpectrumQuery> queries) const {
    bridges::TokenBatch batch;
    std::size_t count = 0;
    for (const SpectrumQuery& query : queries) {
      const auto tokens = encoders::peak_tokens(query.spectrum->peaks, query.precursor_mz, tokens_);
      const auto features = encoders::token_features(tokens, tokens_, fourier_ ? &*fourier_ : nullptr);
      batch.offsets.push_back(count);
      batch.tokens.insert(batch.tokens.end(), features.begin(), features.end());
      count += tokens.size();
    }
    return batch;
  }

  std::string name_, digest_, target_encoder_, target_encoder_digest_;
  encoders::PeakTokenOptions tokens_;
  std::optional<encoders::MzFourier> fourier_;
  bridges::DeepSets bridge_;
  std::vector<TrainingMolecule> training_molecules_;
};

}  // namespace

std::shared_ptr<const SpectrumModel> load_deep_sets_model(const nn::ModelFolder& folder) {
  return std::make_shared<DeepSetsModel>(folder);
}

}  // namespace molbridge::retrieve
