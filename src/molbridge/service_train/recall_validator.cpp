#include "molbridge/service_train/recall_validator.hpp"

#include <algorithm>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/ranking.hpp"
#include "molbridge/mass/formula.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/train/losses.hpp"
#include "molbridge/train/molecule_targets.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::size_t kBlock = 256;  // spectra embedded together

service::EvaluationCompound compound_of(const train::DatasetMolecule& molecule) {
  return {molecule.inchikey14, molecule.smiles, mass::Formula::parse(molecule.formula).value(), molecule.mass, 0};
}

std::unique_ptr<service::PoolSource> pool_source(const std::shared_ptr<const bank::Bank>& bank,
                                                 const std::shared_ptr<const encoders::MoleculeEncoder>& encoder,
                                                 const ValidationSettings& settings, std::uint64_t seed) {
  auto source = settings.pool == "formula"
                    ? service::make_formula_pools(bank, encoder)
                    : service::make_mass_pools(bank, encoder, mass::Tolerance::ppm(settings.ppm));
  if (settings.cap == 0) return source;
  return service::make_capped_pools(std::move(source), static_cast<std::uint64_t>(settings.cap), seed);
}

void require_same_space(const bank::Bank& bank, const encoders::MoleculeEncoder& encoder, const std::string& folder) {
  if (bank.manifest().encoder_digest == encoder.digest()) return;
  throw Error(ErrorCode::kModel, "the bank is of the encoder " + bank.manifest().encoder + " (" +
                                     short_digest(bank.manifest().encoder_digest) + "), the target is " +
                                     encoder.name() + " (" + short_digest(encoder.digest()) + ")")
      .in_file(folder)
      .remedy("Build one: molbridge bank build MOLECULES --encoder " + encoder.name() + " -o DIR");
}

using Figures = std::array<double, 4>;
constexpr std::array<const char*, 4> kNames{"mrr", "recall_at_1", "recall_at_5", "recall_at_20"};

Figures figures_of(std::uint64_t rank) {
  return {1.0 / static_cast<double>(rank), rank <= 1 ? 1.0 : 0, rank <= 5 ? 1.0 : 0, rank <= 20 ? 1.0 : 0};
}

}  // namespace

ValidationSettings read_validation(const Config& config) {
  const ConfigReader read(config);
  ValidationSettings out;
  out.files = config.texts("validation.spectra");
  out.share = read.number("validation.share", out.share, 0, 0.9);
  out.bank = config.text("validation.bank", "");
  out.pool = config.text("validation.pool", out.pool);
  out.ppm = read.number("validation.ppm", out.ppm, 1e-3, 1e4);
  out.cap = read.integer("validation.cap", out.cap, 0, 1 << 30);
  out.max_spectra = read.integer("validation.max_spectra", out.max_spectra, 0, 1 << 30);
  if (out.pool != "formula" && out.pool != "ppm")
    throw Error(ErrorCode::kUsage, "validation.pool must be formula or ppm, not \"" + out.pool + "\"")
        .in_file(config.name());
  return out;
}

void write_validation(const ValidationSettings& settings, ConfigWriter& out) {
  out.texts("validation.spectra", settings.files);
  out.number("validation.share", settings.share);
  out.text("validation.bank", settings.bank);
  out.text("validation.pool", settings.pool);
  out.number("validation.ppm", settings.ppm);
  out.integer("validation.cap", settings.cap);
  out.integer("validation.max_spectra", settings.max_spectra);
}

std::vector<train::DatasetSpectrum> validation_spectra(const train::SpectrumDataset& data, std::int64_t most) {
  std::vector<std::vector<std::size_t>> of_molecule(data.molecules.size());
  for (std::size_t i = 0; i < data.spectra.size(); ++i) of_molecule[data.spectra[i].molecule].push_back(i);
  std::vector<train::DatasetSpectrum> out;
  for (const auto& members : of_molecule) {
    const std::size_t count = most == 0 ? members.size() : std::min(members.size(), static_cast<std::size_t>(most));
    for (std::size_t k = 0; k < count; ++k) out.push_back(data.spectra[members[k * members.size() / count]]);
  }
  return out;
}

std::vector<std::unique_ptr<service::CandidatePool>> validation_pools(
    const train::SpectrumDataset& data, const ValidationSettings& settings,
    const std::shared_ptr<const bank::Bank>& bank, const std::shared_ptr<const encoders::MoleculeEncoder>& encoder,
    std::uint64_t seed) {
  const auto source = pool_source(bank, encoder, settings, seed);
  std::vector<std::unique_ptr<service::CandidatePool>> pools;
  for (const auto& molecule : data.molecules) pools.push_back(source->pool_of(compound_of(molecule), {}));
  return pools;
}

void RecallFigures::add(std::size_t molecule, std::uint64_t rank) {
  const Figures figures = figures_of(rank);
  auto& [sums, count] = compounds_[molecule];
  for (std::size_t f = 0; f < figures.size(); ++f) sums[f] += figures[f];
  ++count;
}

std::vector<std::pair<std::string, double>> RecallFigures::means() const {
  std::vector<std::pair<std::string, double>> out;
  for (std::size_t f = 0; f < kNames.size(); ++f) {
    double sum = 0;
    for (const auto& [molecule, entry] : compounds_) sum += entry.first[f] / entry.second;
    out.emplace_back(kNames[f], sum / static_cast<double>(compounds_.size()));
  }
  return out;
}

RecallValidator::RecallValidator(const train::SpectrumDataset& data, const ValidationSettings& settings,
                                 const std::shared_ptr<const encoders::MoleculeEncoder>& encoder, Embed embed,
                                 std::uint64_t seed)
    : embed_(std::move(embed)), spectra_(validation_spectra(data, settings.max_spectra)) {
  if (spectra_.empty())
    throw Error(ErrorCode::kUsage, "no spectrum is left for validation")
        .remedy("Raise validation.share, name files in validation.spectra, or set validation.share = 0.");
  if (!settings.bank.empty()) {
    bank_ = bank::Bank::open(settings.bank);
    require_same_space(*bank_, *encoder, settings.bank);
  }
  make_pools(data, settings, *encoder, seed);
}

void RecallValidator::make_pools(const train::SpectrumDataset& data, const ValidationSettings& settings,
                                 const encoders::MoleculeEncoder& encoder, std::uint64_t seed) {
  if (bank_ == nullptr) {
    std::vector<std::string> smiles;
    for (const auto& molecule : data.molecules) smiles.push_back(molecule.smiles);
    molecules_ = train::normalized(train::MoleculeTargets(smiles, encoder, 1, no_progress()).all());
    return;
  }
  // Pools need the encoder only while they are made.
  const std::shared_ptr<const encoders::MoleculeEncoder> borrowed(&encoder, [](const auto*) {});
  pools_ = validation_pools(data, settings, bank_, borrowed, seed);
}

std::uint64_t RecallValidator::rank(std::size_t spectrum, const torch::Tensor& vector) const {
  const std::size_t truth = spectra_[spectrum].molecule;
  if (bank_ != nullptr)
    return pools_[truth]->rank_of_truth({vector.data_ptr<float>(), static_cast<std::size_t>(vector.numel())});
  const torch::Tensor scores = molecules_.matmul(vector);
  const torch::Tensor above = scores >= scores[static_cast<std::int64_t>(truth)];
  return static_cast<std::uint64_t>(above.sum().item<std::int64_t>());  // the truth is one of them
}

std::vector<std::pair<std::string, double>> RecallValidator::measure() {
  RecallFigures figures;
  for (std::size_t begin = 0; begin < spectra_.size(); begin += kBlock) {
    check_interrupt();
    const std::size_t end = std::min(spectra_.size(), begin + kBlock);
    const torch::Tensor vectors = embed_({spectra_.begin() + static_cast<std::ptrdiff_t>(begin),
                                          spectra_.begin() + static_cast<std::ptrdiff_t>(end)})
                                      .to(torch::kFloat32)
                                      .contiguous();
    for (std::size_t i = begin; i < end; ++i)
      figures.add(spectra_[i].molecule, rank(i, vectors[static_cast<std::int64_t>(i - begin)]));
  }
  return figures.means();
}

std::string RecallValidator::describe() const {
  double sizes = 0;
  for (const auto& pool : pools_) sizes += static_cast<double>(pool->size());
  const std::size_t molecules = pools_.empty() ? static_cast<std::size_t>(molecules_.size(0)) : pools_.size();
  const double mean = pools_.empty() ? static_cast<double>(molecules) : sizes / static_cast<double>(molecules);
  return "validation: " + format_count(spectra_.size()) + " spectra of " + format_count(molecules) +
         " molecules held out of training, pools of " + format_fixed(mean, 1) + " molecules in the mean";
}

}  // namespace molbridge::service_train
