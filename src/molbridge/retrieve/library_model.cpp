#include "molbridge/retrieve/library_model.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/core/threads.hpp"
#include "molbridge/retrieve/folder_model.hpp"
#include "molbridge/retrieve/spectrum_library.hpp"
#include "molbridge/retrieve/training_molecules.hpp"
#include "molbridge/spectra/spectrum_index.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kQueriesAtOnce = 8;

class LibraryModel final : public FolderModel {
 public:
  explicit LibraryModel(const nn::ModelFolder& folder)
      : FolderModel(folder, folder.manifest.text("target.encoder"), read_training_molecules(folder)),
        library_(read_spectrum_library(folder)),
        index_(make_index(library_)) {
    if (training_molecules().size() == library_.molecules) return;
    throw Error(ErrorCode::kModel, "has vectors of " + std::to_string(library_.molecules) + " molecules and names " +
                                       std::to_string(training_molecules().size()))
        .in_file(folder.path);
  }

  std::uint64_t width() const override { return library_.width; }
  bool uses_precursor() const override {
    return index_.similarity().needs_precursor() || library_.settings.precursor_window.has_value();
  }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    std::vector<float> out(queries.size() * width());
    parallel_for(queries.size(), threads, kQueriesAtOnce, [&](std::size_t begin, std::size_t end) {
      spectra::SearchScratch scratch;
      for (std::size_t i = begin; i < end; ++i) {
        const auto vector = std::span(out).subspan(i * width(), width());
        if (i > begin && asks_the_same(queries[i - 1], queries[i])) {  // another hypothesis of the adduct
          std::copy_n(vector.data() - width(), width(), vector.data());
        } else {
          embed_one(queries[i], scratch, vector);
        }
      }
    });
    return out;
  }

 private:
  static bool asks_the_same(const SpectrumQuery& a, const SpectrumQuery& b) {
    return a.spectrum == b.spectrum && a.precursor_mz == b.precursor_mz && a.ion_mode == b.ion_mode;
  }

  void embed_one(const SpectrumQuery& query, spectra::SearchScratch& scratch, std::span<float> vector) const {
    const LibrarySearchSettings& settings = library_.settings;
    spectra::SearchOptions options{.top_k = settings.neighbours,
                                   .min_matched_peaks = settings.min_matched_peaks,
                                   .precursor_window = settings.precursor_window,
                                   .accept = {}};
    if (!settings.any_ion_mode && query.ion_mode != mass::IonMode::kUnknown) {
      options.accept = [&](std::uint32_t place) {
        const mass::IonMode mode = library_.spectra[place].ion_mode;
        return mode == query.ion_mode || mode == mass::IonMode::kUnknown;
      };
    }
    const auto prepared = index_.similarity().prepare(query.spectrum->peaks, query.precursor_mz);
    double sum = 0;
    const auto hits = index_.search(prepared, options, scratch);
    for (const auto& hit : hits) sum += hit.score;
    for (const auto& hit : hits) {
      add_molecule(library_.spectra[hit.spectrum].molecule, static_cast<float>(hit.score / sum), vector);
    }
  }

  void add_molecule(std::uint32_t molecule, float weight, std::span<float> vector) const {
    if (!library_.vectors.empty()) {
      const float* row = library_.vectors.data() + molecule * width();
      for (std::size_t d = 0; d < vector.size(); ++d) vector[d] += weight * row[d];
      return;
    }
    const std::uint8_t* row = library_.bits.data() + molecule * (width() / 8);
    for (std::size_t d = 0; d < vector.size(); ++d) {
      if ((row[d / 8] >> (d % 8) & 1) != 0) vector[d] += weight;
    }
  }

  SpectrumLibrary library_;
  spectra::SpectrumIndex index_;
};

}  // namespace

std::shared_ptr<const SpectrumModel> load_library_model(const nn::ModelFolder& folder) {
  return std::make_shared<LibraryModel>(folder);
}

}  // namespace molbridge::retrieve
