#include "molbridge/retrieve/deep_sets_model.hpp"

#include <optional>

#include "molbridge/bridges/deep_sets.hpp"
#include "molbridge/encoders/spectrum/peak_tokens.hpp"
#include "molbridge/retrieve/folder_model.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::retrieve {
namespace {

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

class DeepSetsModel final : public FolderModel {
 public:
  explicit DeepSetsModel(const nn::ModelFolder& folder)
      : FolderModel(folder, folder.manifest.text("target.encoder"), read_training_molecules(folder)),
        tokens_(read_tokens(folder.manifest)),
        fourier_(read_fourier(folder.manifest)),
        bridge_(bridges::DeepSets::read(folder, 2 + (fourier_ ? fourier_->width() : 0))) {}

  std::uint64_t width() const override { return static_cast<std::uint64_t>(bridge_.outputs()); }
  bool uses_precursor() const override { return tokens_.precursor; }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    return embed_in_blocks(queries, threads,
                           [&](std::span<const SpectrumQuery> block) { return bridge_.vectors(batch_of(block)); });
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

  encoders::PeakTokenOptions tokens_;
  std::optional<encoders::MzFourier> fourier_;
  bridges::DeepSets bridge_;
};

}  // namespace

std::shared_ptr<const SpectrumModel> load_deep_sets_model(const nn::ModelFolder& folder) {
  return std::make_shared<DeepSetsModel>(folder);
}

}  // namespace molbridge::retrieve
