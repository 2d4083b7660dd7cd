#include "molbridge/retrieve/spectrum_model.hpp"

#include <algorithm>

#include "molbridge/bridges/fingerprint_ffn.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/retrieve/deep_sets_model.hpp"
#include "molbridge/retrieve/jestr_model.hpp"
#include "molbridge/retrieve/library_model.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"
#include "molbridge/retrieve/spectrum_library.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kBatch = 64;

/// Fingerprint FFN: binned spectrum, then the bridge; the vector says how much likelier than usual each bit is.
class FingerprintFfnModel : public SpectrumModel {
 public:
  explicit FingerprintFfnModel(const nn::ModelFolder& folder)
      : name_(folder.manifest.text("name")),
        digest_(folder.digest),
        target_encoder_(folder.manifest.text("target.encoder")),
        target_encoder_digest_(folder.manifest.text("target.encoder_digest")),
        encoder_(encoders::read_binned_spectrum(folder)),
        bridge_(bridges::FingerprintFfn::read(folder, encoder_.num_features())),
        training_molecules_(read_training_molecules(folder)) {}

  std::string name() const override { return name_; }
  std::string digest() const override { return digest_; }
  std::string target_encoder() const override { return target_encoder_; }
  std::string target_encoder_digest() const override { return target_encoder_digest_; }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(bridge_.outputs()); }
  const std::vector<TrainingMolecule>& training_molecules() const override { return training_molecules_; }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    std::vector<float> out(queries.size() * width());
    parallel_for(queries.size(), threads, kBatch, [&](std::size_t begin, std::size_t end) {
      const std::vector<float> vectors = bridge_.log_odds_ratio(batch_of(queries.subspan(begin, end - begin)));
      std::copy(vectors.begin(), vectors.end(), out.begin() + static_cast<std::ptrdiff_t>(begin * width()));
    });
    return out;
  }

 private:
  bridges::SparseBatch batch_of(std::span<const SpectrumQuery> queries) const {
    bridges::SparseBatch batch;
    for (const SpectrumQuery& query : queries) {
      batch.offsets.push_back(batch.indices.size());
      for (const auto& feature :
           encoder_.encode({query.spectrum->peaks, query.precursor_mz, query.ion_mode, query.adduct})) {
        batch.indices.push_back(feature.index);
        batch.values.push_back(feature.value);
      }
    }
    return batch;
  }

  std::string name_, digest_, target_encoder_, target_encoder_digest_;
  encoders::BinnedSpectrum encoder_;
  bridges::FingerprintFfn bridge_;
  std::vector<TrainingMolecule> training_molecules_;
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
  const nn::ModelFolder folder = nn::ModelFolder::open(path);
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
