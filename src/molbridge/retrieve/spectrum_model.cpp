#include "molbridge/retrieve/spectrum_model.hpp"

#include "molbridge/bridges/fingerprint_ffn.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/retrieve/analogs.hpp"
#include "molbridge/retrieve/deep_sets_model.hpp"
#include "molbridge/retrieve/folder_model.hpp"
#include "molbridge/retrieve/jestr_model.hpp"
#include "molbridge/retrieve/library_model.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"
#include "molbridge/retrieve/spectrum_library.hpp"
#include "molbridge/retrieve/training_molecules.hpp"
#include "molbridge/retrieve/two_stage.hpp"

namespace molbridge::retrieve {
namespace {

/// Fingerprint FFN: binned spectrum, then the bridge; the vector says how much likelier than usual each bit is. Analogs, where the folder has a library of
/// them, have their say beside it.
class FingerprintFfnModel : public FolderModel {
 public:
  explicit FingerprintFfnModel(const nn::ModelFolder& folder)
      : FolderModel(folder, folder.manifest.text("target.encoder"), read_training_molecules(folder)),
        encoder_(encoders::read_binned_spectrum(folder)),
        bridge_(bridges::FingerprintFfn::read(folder, encoder_.num_features())),
        analogs_(AnalogVotes::read(folder, static_cast<std::uint64_t>(bridge_.outputs()))) {}

  std::uint64_t width() const override { return static_cast<std::uint64_t>(bridge_.outputs()); }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    return embed_in_blocks(queries, threads, [&](std::span<const SpectrumQuery> block) {
      std::vector<float> vectors = bridge_.log_odds_ratio(batch_of(block));
      if (analogs_ == nullptr) return vectors;
      for (std::size_t i = 0; i < block.size(); ++i)
        analogs_->add_to(block[i], std::span(vectors).subspan(i * width(), width()));
      return vectors;
    });
  }

 private:
  bridges::SparseBatch batch_of(std::span<const SpectrumQuery> queries) const {
    bridges::SparseBatch batch;
    for (const SpectrumQuery& query : queries) {
      batch.offsets.push_back(batch.indices.size());
      const encoders::SpectrumInput input{query.spectrum->peaks, query.precursor_mz, query.ion_mode, query.adduct,
                                          spectra::acquisition(*query.spectrum)};
      for (const auto& feature : encoder_.encode(input)) {
        batch.indices.push_back(feature.index);
        batch.values.push_back(feature.value);
      }
    }
    return batch;
  }

  encoders::BinnedSpectrum encoder_;
  bridges::FingerprintFfn bridge_;
  std::shared_ptr<const AnalogVotes> analogs_;
};

}  // namespace

Convention parse_convention(std::string_view text) {
  for (const auto convention : {Convention::kHonest, Convention::kReleased}) {
    if (text == name(convention)) return convention;
  }
  throw Error(ErrorCode::kUsage, "unknown convention '" + std::string(text) + "'").remedy("Use honest or released.");
}

std::string_view name(Convention convention) { return convention == Convention::kReleased ? "released" : "honest"; }

std::shared_ptr<const SpectrumModel> SpectrumModel::load(const std::string& path, Convention convention) {
  const nn::ModelFolder folder = nn::ModelFolder::open(first_stage_folder(path));
  const std::string kind = folder.manifest.text("kind");
  if (kind == kSpecbridgeKind) return load_specbridge_model(folder, convention);
  if (convention == Convention::kReleased) {
    throw Error(ErrorCode::kUsage, "a model of the kind \"" + kind + "\" has no released convention")
        .in_file(path)
        .remedy("Leave --convention out.");
  }
  if (kind == kDeepSetsKind) return load_deep_sets_model(folder);
  if (kind == kJestrKind) return load_jestr_model(folder);
  if (kind == kLibrarySearchKind) return load_library_model(folder);
  if (kind == "fingerprint-ffn") return std::make_shared<FingerprintFfnModel>(folder);
  throw Error(ErrorCode::kModel, "is of the unknown kind \"" + kind + "\"")
      .in_file(path)
      .remedy("Use a newer molbridge.");
}

}  // namespace molbridge::retrieve
