#include "molbridge/service_train/jestr_validator.hpp"

#include <algorithm>
#include <unordered_map>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::size_t kBlock = 256;  // spectra, or molecules, embedded together

torch::Tensor places(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64); }

}  // namespace

JestrValidator::JestrValidator(const train::SpectrumDataset& data, const ValidationSettings& settings,
                               train::JestrTask& task, const JobContext& context)
    : task_(task), spectra_(validation_spectra(data, settings.max_spectra)) {
  if (spectra_.empty())
    throw Error(ErrorCode::kUsage, "no spectrum is left for validation")
        .remedy("Raise validation.share, name files in validation.spectra, or set validation.share = 0.");
  make_pools(data, settings, context);
}

void JestrValidator::make_pools(const train::SpectrumDataset& data, const ValidationSettings& settings,
                                const JobContext& context) {
  std::vector<std::string> smiles;
  for (const auto& molecule : data.molecules) smiles.push_back(molecule.smiles);
  const auto count = static_cast<std::int64_t>(smiles.size());
  std::unordered_map<std::string, std::int64_t> place_of;
  double sizes = 0;
  if (settings.bank.empty()) {
    const torch::Tensor all = torch::arange(count, torch::kInt64);
    for (std::int64_t i = 0; i < count; ++i) pools_.push_back(all.masked_select(all != i));
    sizes = static_cast<double>(count) * static_cast<double>(count);
  } else {
    const auto bank = bank::Bank::open(settings.bank);
    for (const auto& pool : validation_pools(data, settings, bank, nullptr, context.seed)) {
      std::vector<std::int64_t> others;
      for (const auto& other : pool->others()) {
        const auto [at, is_new] = place_of.try_emplace(other.inchikey14, static_cast<std::int64_t>(smiles.size()));
        if (is_new) smiles.push_back(other.smiles);
        others.push_back(at->second);
      }
      sizes += static_cast<double>(others.size() + 1);
      pools_.push_back(places(others));
    }
  }
  graphs_ = train::molecule_graphs(smiles, context.threads);
  context.say("validation: " + format_count(spectra_.size()) + " spectra of " + format_count(data.molecules.size()) +
              " molecules held out of training, pools of " + format_fixed(sizes / static_cast<double>(count), 1) +
              " molecules in the mean");
}

torch::Tensor JestrValidator::embed_molecules() {
  std::vector<torch::Tensor> parts;
  for (std::size_t begin = 0; begin < graphs_.size(); begin += kBlock) {
    check_interrupt();
    std::vector<const encoders::AtomGraph*> block;
    for (std::size_t i = begin; i < std::min(graphs_.size(), begin + kBlock); ++i) block.push_back(&graphs_[i]);
    parts.push_back(train::normalized(task_.embed_molecules(block).to(torch::kFloat32)));
  }
  return torch::cat(parts);
}

std::vector<std::pair<std::string, double>> JestrValidator::measure() {
  const torch::Tensor molecules = embed_molecules();
  RecallFigures figures;
  for (std::size_t begin = 0; begin < spectra_.size(); begin += kBlock) {
    check_interrupt();
    const auto first = spectra_.begin() + static_cast<std::ptrdiff_t>(begin);
    const std::vector<train::DatasetSpectrum> block(
        first, first + static_cast<std::ptrdiff_t>(std::min(kBlock, spectra_.size() - begin)));
    const torch::Tensor vectors = train::normalized(task_.embed(block).to(torch::kFloat32));
    for (std::size_t i = 0; i < block.size(); ++i) {
      const std::size_t truth = block[i].molecule;
      const torch::Tensor vector = vectors[static_cast<std::int64_t>(i)];
      const torch::Tensor scores = molecules.index_select(0, pools_[truth]).matmul(vector);
      const torch::Tensor own = molecules[static_cast<std::int64_t>(truth)].dot(vector);
      figures.add(truth, 1 + static_cast<std::uint64_t>((scores >= own).sum().item<std::int64_t>()));
    }
  }
  return figures.means();
}

}  // namespace molbridge::service_train
