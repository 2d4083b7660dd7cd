#include "molbridge/retrieve/jestr_model.hpp"

#include <utility>

#include "molbridge/encoders/spectrum/summed_bins.hpp"
#include "molbridge/nn/mlp.hpp"
#include "molbridge/retrieve/folder_model.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::retrieve {
namespace {

constexpr double kMaxWidth = 1 << 24;
constexpr std::size_t kMaxLayers = 64;

Error refused(const nn::ModelFolder& folder, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(folder.path + "/" + nn::kManifestFile);
}

std::vector<std::int64_t> read_widths(const nn::ModelFolder& folder) {
  std::vector<std::int64_t> widths;
  for (const double value : folder.manifest.numbers("bridge.widths")) {
    if (!(value >= 1) || value > kMaxWidth) throw refused(folder, "bridge.widths holds a bad width");
    widths.push_back(static_cast<std::int64_t>(value));
  }
  if (widths.size() < 2 || widths.size() > kMaxLayers + 1)
    throw refused(folder, "bridge.widths holds " + std::to_string(widths.size()) + " widths");
  if (widths.front() > encoders::kMaxSummedBins)
    throw refused(folder, "bridge.widths asks for " + std::to_string(widths.front()) + " bins");
  return widths;
}

nn::Mlp read_network(const nn::ModelFolder& folder) {
  const std::vector<std::int64_t> widths = read_widths(folder);
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  std::set<std::string> used;
  nn::Mlp network = nn::Mlp::read(weights, "spectrum.", widths, false, used);
  nn::require_all_used(weights, "", used);
  return network;
}

class JestrModel final : public FolderModel {
 public:
  explicit JestrModel(const nn::ModelFolder& folder)
      : FolderModel(folder, folder.path + "/" + folder.manifest.text("target.encoder"),
                    read_training_molecules(folder)),
        network_(read_network(folder)) {}

  std::uint64_t width() const override { return static_cast<std::uint64_t>(network_.outputs()); }
  bool uses_precursor() const override { return false; }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const override {
    return embed_in_blocks(queries, threads,
                           [&](std::span<const SpectrumQuery> block) { return network_.forward(bins_of(block)); });
  }

 private:
  std::vector<float> bins_of(std::span<const SpectrumQuery> queries) const {
    const auto bins = static_cast<std::size_t>(network_.inputs());
    std::vector<float> x(queries.size() * bins, 0.0F);
    for (std::size_t i = 0; i < queries.size(); ++i) {
      for (const auto& bin : encoders::summed_bins(queries[i].spectrum->peaks, network_.inputs()))
        x[i * bins + static_cast<std::size_t>(bin.index)] = bin.value;
    }
    return x;
  }

  nn::Mlp network_;
};

}  // namespace

std::shared_ptr<const SpectrumModel> load_jestr_model(const nn::ModelFolder& folder) {
  return std::make_shared<JestrModel>(folder);
}

}  // namespace molbridge::retrieve
