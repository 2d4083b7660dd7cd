// Spectra: DreaMS from a published file or a model folder, or a trained model, whose vectors lie in the space of its molecules.

#include <array>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/query.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"
#include "molbridge/service/embedder.hpp"

namespace molbridge::service {
namespace {

/// Rows of the items that have no reason, gathered from `vectors` in their order.
void scatter(std::span<const float> vectors, std::span<const std::size_t> rows, std::size_t width,
             std::span<float> out) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                out.begin() + static_cast<std::ptrdiff_t>(rows[i] * width));
  }
}

class DreamsEmbedder : public Embedder {
 public:
  explicit DreamsEmbedder(const EmbedOptions& options) : opened_(encoders::open_dreams(options.model, of(options))) {}

  std::string name() const override {
    const auto& config = opened_.config;
    return "DreaMS " + std::to_string(config.layers) + "x" + std::to_string(config.d_model()) + ", " +
           std::to_string(config.heads) + " heads, " + std::string(nn::name(opened_.encoder->options().precision));
  }
  std::string digest() const override { return opened_.digest(); }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(opened_.encoder->width()); }
  std::vector<std::pair<std::string, std::string>> settings() const override {
    const auto& options = opened_.encoder->options();
    return {{"dtype", std::string(nn::name(options.precision))},
            {"input", std::string(encoders::name(options.input))},
            {"peaks", std::to_string(options.peaks)}};
  }

  void embed(std::span<EmbedItem> items, std::size_t threads, std::span<float> out) const override {
    std::vector<std::vector<double>> numbers;
    std::vector<encoders::DreamsSpectrum> spectra;
    std::vector<std::size_t> rows;
    numbers.reserve(2 * items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].reason.empty()) continue;
      const auto& spectrum = std::get<spectra::Spectrum>(items[i].content);
      items[i].reason = refusal(spectrum);
      if (!items[i].reason.empty()) continue;
      spectra.push_back(view_of(spectrum, numbers));
      rows.push_back(i);
    }
    std::vector<float> vectors(spectra.size() * width());
    if (!spectra.empty()) opened_.encoder->embed(spectra, threads, vectors);
    scatter(vectors, rows, width(), out);
  }

 private:
  static encoders::DreamsOptions of(const EmbedOptions& options) {
    return {.precision = nn::parse_precision(options.dtype),
            .input = encoders::parse_dreams_input(options.convention),
            .peaks = static_cast<std::int64_t>(options.peaks)};
  }

  /// What the network has no answer to.
  std::string refusal(const spectra::Spectrum& spectrum) const {
    const bool any = std::any_of(spectrum.peaks.begin(), spectrum.peaks.end(),
                                 [](const spectra::Peak& peak) { return peak.intensity > 0; });
    if (!any) return "no peak of positive intensity";
    if (opened_.encoder->options().input != encoders::DreamsInput::kDreams) return "";
    const double mz = spectrum.precursor_mz.value_or(0);
    if (!(mz > 0)) return "no precursor m/z, which DreaMS takes as its first token";
    if (mz > retrieve::kMaxPrecursorMz) return "precursor m/z " + format_shortest(mz) + " is impossible";
    return "";
  }

  static encoders::DreamsSpectrum view_of(const spectra::Spectrum& spectrum,
                                          std::vector<std::vector<double>>& numbers) {
    std::vector<double> mz, intensity;
    for (const spectra::Peak& peak : spectrum.peaks) {
      mz.push_back(peak.mz);
      intensity.push_back(peak.intensity);
    }
    numbers.push_back(std::move(mz));
    numbers.push_back(std::move(intensity));
    return {.mz = numbers[numbers.size() - 2],
            .intensity = numbers.back(),
            .precursor_mz = spectrum.precursor_mz.value_or(0)};
  }

  encoders::OpenedDreams opened_;
};

class SpectrumModelEmbedder : public Embedder {
 public:
  explicit SpectrumModelEmbedder(const EmbedOptions& options)
      : model_(retrieve::SpectrumModel::load(options.model, retrieve::parse_convention(options.model_convention))) {}

  std::string name() const override { return model_->name(); }
  std::string digest() const override { return model_->digest(); }
  std::uint64_t width() const override { return model_->width(); }
  std::vector<std::pair<std::string, std::string>> settings() const override {
    return {{"space", model_->target_encoder_digest()},
            {"convention", std::string(retrieve::name(model_->convention()))}};
  }

  void embed(std::span<EmbedItem> items, std::size_t threads, std::span<float> out) const override {
    check_interrupt();
    std::vector<retrieve::SpectrumQuery> queries;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].reason.empty()) continue;
      const auto& spectrum = std::get<spectra::Spectrum>(items[i].content);
      const auto query = reading_of(spectrum);
      if (query) {
        queries.push_back(*query);
        rows.push_back(i);
      } else {
        items[i].reason = query.reason();
      }
    }
    scatter(model_->embed(queries, threads), rows, width(), out);
  }

 private:
  /// As identify reads it first: the adduct that the spectrum names, else the most usual one.
  Result<retrieve::SpectrumQuery> reading_of(const spectra::Spectrum& spectrum) const {
    if (!model_->uses_precursor()) {
      return retrieve::SpectrumQuery{&spectrum, spectrum.precursor_mz.value_or(0), 0, "", spectrum.ion_mode};
    }
    const auto query = retrieve::resolve_query(spectrum, {});
    if (!query) return Failure{query.reason()};
    const retrieve::Hypothesis& first = query->hypotheses.front();
    return retrieve::SpectrumQuery{&spectrum, query->precursor_mz, first.neutral_mass, first.adduct.str(),
                                   first.adduct.ion_mode()};
  }

  std::shared_ptr<const retrieve::SpectrumModel> model_;
};

bool is_dreams(const std::string& path) {
  if (!nn::is_model_folder(path)) return true;  // a published file
  return nn::read_model_manifest(path).text("kind") == encoders::kDreamsKind;
}

}  // namespace

std::shared_ptr<const Embedder> open_spectrum_embedder(const EmbedOptions& options) {
  if (is_dreams(options.model)) return std::make_shared<DreamsEmbedder>(options);
  return std::make_shared<SpectrumModelEmbedder>(options);
}

}  // namespace molbridge::service
