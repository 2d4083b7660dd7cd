#include "molbridge/retrieve/specbridge_model.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/bridges/residual_mapper.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/retrieve/folder_model.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kRowsAtOnce = 64;
constexpr std::int64_t kMaxPaddedTo = 1 << 20;

Error damaged(const nn::ModelFolder& folder, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(folder.path + "/" + nn::kManifestFile);
}

/// Models trained here say how a spectrum becomes tokens; imported ones are as released.
bool is_released_form(const nn::ModelFolder& folder) { return !folder.manifest.has("input.kind"); }

encoders::DreamsOptions dreams_options(const nn::ModelFolder& folder) {
  const bool released = is_released_form(folder);
  const std::string key = released ? "input.padded_to" : "input.peaks";
  const std::int64_t peaks = folder.manifest.integer(key);
  if (peaks < 1 || peaks > kMaxPaddedTo) throw damaged(folder, key + " is " + std::to_string(peaks));
  if (released) return {.input = encoders::DreamsInput::kSpecBridge, .peaks = peaks, .use_head = false};
  return {.input = encoders::parse_dreams_input(folder.manifest.text("input.kind")),
          .peaks = peaks,
          .use_head = false,
          .padding_tokens = folder.manifest.flag("input.padding_tokens")};
}

/// A network in a folder of the model's own, or a specification.
std::string target_encoder(const nn::ModelFolder& folder) {
  const std::string text = folder.manifest.text("target.encoder");
  const bool is_inside = is_released_form(folder) || folder_exists(folder.path + "/" + text.substr(0, text.find('?')));
  return is_inside ? folder.path + "/" + text : text;
}

/// Published files do not say.
std::vector<TrainingMolecule> known_training_molecules(const nn::ModelFolder& folder) {
  return is_released_form(folder) ? std::vector<TrainingMolecule>() : read_training_molecules(folder);
}

/// The spectra of a call, each once, in the form of the encoder.
class SpectrumList {
 public:
  /// `row_of` gets the place of each query's spectrum; the hypotheses of one spectrum stand side by side.
  SpectrumList(std::span<const SpectrumQuery> queries, std::vector<std::size_t>& row_of) {
    const spectra::Spectrum* last = nullptr;
    for (const SpectrumQuery& query : queries) {
      if (query.spectrum != last) add(query);
      last = query.spectrum;
      row_of.push_back(sizes_.size() - 1);
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      const auto mz = std::span(mz_).subspan(at, sizes_[i]);
      spectra_.push_back(
          {mz, std::span(intensity_).subspan(at, sizes_[i]), encoders::dreams_precursor(mz, precursors_[i])});
      at += sizes_[i];
    }
  }
  SpectrumList(const SpectrumList&) = delete;
  SpectrumList& operator=(const SpectrumList&) = delete;

  void pad_by_batch() {
    for (std::size_t begin = 0; begin < spectra_.size(); begin += kSpecbridgeBatch) {
      const std::size_t end = std::min(spectra_.size(), begin + kSpecbridgeBatch);
      std::size_t longest = 0;
      for (std::size_t i = begin; i < end; ++i) longest = std::max(longest, sizes_[i]);
      for (std::size_t i = begin; i < end; ++i) spectra_[i].padded_to = static_cast<std::int64_t>(longest);
    }
  }
  const std::vector<encoders::DreamsSpectrum>& spectra() const { return spectra_; }

 private:
  void add(const SpectrumQuery& query) {
    for (const spectra::Peak& peak : query.spectrum->peaks) {
      mz_.push_back(peak.mz);
      intensity_.push_back(peak.intensity);
    }
    sizes_.push_back(query.spectrum->peaks.size());
    precursors_.push_back(query.precursor_mz);
  }

  std::vector<double> mz_, intensity_, precursors_;
  std::vector<std::size_t> sizes_;
  std::vector<encoders::DreamsSpectrum> spectra_;
};

class SpecbridgeModel final : public FolderModel {
 public:
  SpecbridgeModel(const nn::ModelFolder& folder, const nn::Weights& weights, Convention convention)
      : FolderModel(folder, molbridge::retrieve::target_encoder(folder), known_training_molecules(folder)),
        convention_(convention),
        encoder_(encoders::DreamsEncoder::open(weights, encoders::read_dreams_config(folder.manifest),
                                               dreams_options(folder), kSpecbridgeDreams)),
        head_(bridges::ProjectionHead::read(weights, kSpecbridgeHead, nn::Precision::kFloat32, used_)),
        mapper_(bridges::ResidualMapper::read(weights, kSpecbridgeMapper, nn::Precision::kFloat32, used_)) {
    check_parts(folder, weights);
  }

  std::uint64_t width() const override { return static_cast<std::uint64_t>(mapper_.outputs()); }
  bool uses_precursor() const override { return encoder_->options().input == encoders::DreamsInput::kDreams; }
  Convention convention() const override { return convention_; }
  bank::Similarity similarity() const override {
    return convention_ == Convention::kReleased ? bank::Similarity::kDot : bank::Similarity::kCosine;
  }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    std::vector<std::size_t> row_of;
    SpectrumList list(queries, row_of);
    if (convention_ == Convention::kReleased) list.pad_by_batch();
    const std::size_t rows = list.spectra().size();
    std::vector<float> pooled(rows * static_cast<std::size_t>(encoder_->width()));
    encoder_->embed(list.spectra(), threads, pooled);
    std::vector<float> vectors(rows * width());
    parallel_for(rows, threads, kRowsAtOnce,
                 [&](std::size_t begin, std::size_t end) { map(pooled, begin, end, vectors); });
    std::vector<float> out;
    out.reserve(queries.size() * width());
    for (const std::size_t row : row_of) {
      const float* vector = vectors.data() + row * width();
      out.insert(out.end(), vector, vector + width());
    }
    return out;
  }

 private:
  void check_parts(const nn::ModelFolder& folder, const nn::Weights& weights) const {
    if (head_.inputs() != encoder_->width() || mapper_.inputs() != head_.outputs()) {
      throw damaged(folder, "the parts of the model do not fit each other: " + std::to_string(encoder_->width()) +
                                " to " + std::to_string(head_.inputs()) + ", " + std::to_string(head_.outputs()) +
                                " to " + std::to_string(mapper_.inputs()));
    }
    for (const auto& [tensor, view] : weights.tensors()) {
      if (used_.contains(tensor) || tensor.starts_with(kSpecbridgeDreams)) continue;
      throw Error(ErrorCode::kModel, "holds the tensor " + tensor + ", which no part of the model reads")
          .in_file(folder.weights.path());
    }
  }

  void map(const std::vector<float>& pooled, std::size_t begin, std::size_t end, std::vector<float>& vectors) const {
    const auto rows = static_cast<std::int64_t>(end - begin);
    std::vector<float> projected(static_cast<std::size_t>(rows * head_.outputs()));
    head_.forward(pooled.data() + begin * static_cast<std::size_t>(encoder_->width()), rows, projected.data());
    mapper_.forward(projected.data(), rows, vectors.data() + begin * width());
  }

  Convention convention_;
  std::shared_ptr<const encoders::DreamsEncoder> encoder_;
  std::set<std::string> used_;
  bridges::ProjectionHead head_;
  bridges::ResidualMapper mapper_;
};

}  // namespace

std::shared_ptr<const SpectrumModel> load_specbridge_model(const nn::ModelFolder& folder, Convention convention) {
  if (convention == Convention::kReleased && !is_released_form(folder)) {
    throw Error(ErrorCode::kUsage, "was trained by molbridge: there is no released convention for it")
        .in_file(folder.path)
        .remedy("Leave --convention out.");
  }
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  return std::make_shared<SpecbridgeModel>(folder, weights, convention);
}

}  // namespace molbridge::retrieve
