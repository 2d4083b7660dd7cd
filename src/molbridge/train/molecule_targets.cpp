#include "molbridge/train/molecule_targets.hpp"

#include <algorithm>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kBlock = 1024;  // between two reports of progress

std::vector<chem::Molecule> parse(std::span<const std::string> smiles) {
  std::vector<chem::Molecule> molecules;
  for (const auto& text : smiles) molecules.push_back(chem::Molecule::from_smiles(text).value());
  return molecules;
}

}  // namespace

MoleculeTargets::MoleculeTargets(const std::vector<std::string>& smiles, const encoders::MoleculeEncoder& encoder,
                                 std::size_t threads, Progress& progress) {
  const auto width = static_cast<std::int64_t>(encoder.width());
  rows_ = torch::empty({static_cast<std::int64_t>(smiles.size()), width},
                       encoder.is_binary() ? torch::kUInt8 : torch::kFloat32);
  progress.start("encoding molecules", smiles.size(), "molecules");
  for (std::size_t begin = 0; begin < smiles.size(); begin += kBlock) {
    check_interrupt();
    const std::size_t count = std::min(kBlock, smiles.size() - begin);
    const std::vector<chem::Molecule> molecules = parse(std::span(smiles).subspan(begin, count));
    torch::Tensor block = torch::empty({static_cast<std::int64_t>(count), width});
    encoder.encode_all(molecules, threads, {block.data_ptr<float>(), static_cast<std::size_t>(block.numel())});
    rows_.slice(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(begin + count)).copy_(block);
    progress.advance(begin + count);
  }
  progress.finish();
}

torch::Tensor MoleculeTargets::rows(std::span<const std::int64_t> molecules) const {
  const torch::Tensor index =
      torch::tensor(std::vector<std::int64_t>(molecules.begin(), molecules.end()), torch::kInt64);
  return rows_.index_select(0, index).to(torch::kFloat32);
}

torch::Tensor MoleculeTargets::mean() const { return rows_.to(torch::kFloat32).mean(0); }

}  // namespace molbridge::train
