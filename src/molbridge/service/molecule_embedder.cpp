// Structures as `bank build` reads them: standardised, then encoded.

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/smiles/smiles_encoder.hpp"
#include "molbridge/service/embedder.hpp"
#include "molbridge/service/molecule_import.hpp"
#include "molbridge/service/sequence_settings.hpp"

namespace molbridge::service {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

class MoleculeEmbedder : public Embedder {
 public:
  MoleculeEmbedder(std::shared_ptr<const encoders::MoleculeEncoder> encoder, std::string name, Settings settings,
                   bool keep_stereo)
      : encoder_(std::move(encoder)),
        name_(std::move(name)),
        settings_(std::move(settings)),
        keep_stereo_(keep_stereo) {}

  std::string name() const override { return name_; }
  std::string digest() const override { return encoder_->digest(); }
  std::uint64_t width() const override { return encoder_->width(); }
  Settings settings() const override {
    Settings settings = settings_;
    settings.emplace_back("stereo", keep_stereo_ ? "kept" : "removed");
    settings.emplace_back("toolkit", chem::toolkit_version());
    return settings;
  }

  void embed(std::span<EmbedItem> items, std::size_t threads, std::span<float> out) const override {
    std::vector<chem::Molecule> molecules;
    const std::vector<std::size_t> rows = standardize_all(items, threads, molecules);
    std::vector<float> vectors(molecules.size() * width());
    const std::vector<std::uint8_t> truncated = encode_molecules(*encoder_, molecules, threads, vectors);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      items[rows[i]].truncated = truncated[i] != 0;
      std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * width()), width(),
                  out.begin() + static_cast<std::ptrdiff_t>(rows[i] * width()));
    }
  }

 private:
  /// Gives the rows of the molecules that were read.
  std::vector<std::size_t> standardize_all(std::span<EmbedItem> items, std::size_t threads,
                                           std::vector<chem::Molecule>& molecules) const {
    std::vector<std::optional<chem::Molecule>> read(items.size());
    constexpr std::size_t kChunk = 16;
    parallel_for(items.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
      check_interrupt();
      for (std::size_t i = begin; i < end; ++i) {
        if (!items[i].reason.empty()) continue;
        auto molecule = standardized_molecule(std::get<chem::MoleculeRow>(items[i].content), {keep_stereo_});
        if (!molecule) items[i].reason = molecule.reason();
        if (molecule) read[i] = std::move(*molecule);
      }
    });
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!read[i]) continue;
      rows.push_back(i);
      molecules.push_back(std::move(*read[i]));
    }
    return rows;
  }

  std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
  std::string name_;
  Settings settings_;
  bool keep_stereo_;
};

}  // namespace

std::shared_ptr<const Embedder> open_molecule_embedder(const EmbedOptions& options) {
  if (!folder_exists(options.model)) {
    if (options.dtype != "f32" || !options.pooling.empty()) {
      throw Error(ErrorCode::kUsage, "--dtype and --pooling are for networks; \"" + options.model + "\" is no folder");
    }
    auto encoder = encoders::make_molecule_encoder(options.model);
    std::string name = encoder->name();
    return std::make_shared<MoleculeEmbedder>(std::move(encoder), std::move(name), Settings{}, options.keep_stereo);
  }
  const auto encoder = std::make_shared<encoders::SmilesEncoder>(options.model, sequence_options(options));
  // Not the folder's name: equal runs give equal bytes wherever the model lies.
  return std::make_shared<MoleculeEmbedder>(encoder, encoder->network().name(),
                                            sequence_settings(encoder->network(), options), options.keep_stereo);
}

}  // namespace molbridge::service
