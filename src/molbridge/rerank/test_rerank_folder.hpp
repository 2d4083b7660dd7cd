#pragma once
// For tests: folders of the second stage with made-up weights, spectra and isomers.

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/rerank/calibration.hpp"
#include "molbridge/rerank/combiner.hpp"

namespace molbridge::rerank {

/// What differs from a sound folder.
struct FolderFault {
  std::string without;   ///< tensor or key that is missing
  std::string reshaped;  ///< tensor with one row too many
  std::int64_t hidden = 8, hidden2 = 6;
  std::int64_t shortlist = 100;
};

inline Combiner test_combiner(std::uint64_t seed = 5, std::size_t hidden = 3) {
  Rng rng(seed);
  const auto random = [&](std::size_t count, double scale) {
    std::vector<float> out(count);
    for (float& value : out) value = static_cast<float>((rng.uniform() * 2 - 1) * scale);
    return out;
  };
  Combiner out;
  out.mean = random(kFeatures, 0.5);
  out.deviation.assign(kFeatures, 1.5F);
  out.linear = random(kFeatures, 0.3);
  out.hidden_weight = random(hidden * kFeatures, 0.2);
  out.hidden_bias = random(hidden, 0.2);
  out.output = random(hidden, 0.5);
  return out;
}

inline Calibration test_calibration() {
  Calibration out;
  out.tempering.weights = {0.1, 0.02, -0.01, 0, 0, 0.1, 0};
  out.coverage = 0.9;
  out.close = {0.3, {1, 0.1}};
  return out;
}

/// Sizes and random weights of a fragment network, under this name.
inline void add_random_net(nn::ModelFolderWriter& writer, const std::string& net, std::uint64_t seed,
                           const FolderFault& fault = {}) {
  Rng rng(seed);
  const auto tensor = [&](const std::string& name, std::vector<std::int64_t> shape, double scale, double at = 0) {
    if (net + "." + name == fault.without) return;
    if (net + "." + name == fault.reshaped) ++shape[0];
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(at + (rng.uniform() * 2 - 1) * scale);
    writer.weights.add(net + "." + name, nn::ElementType::kF32, shape, std::as_bytes(std::span(values)));
  };
  const std::int64_t h = fault.hidden, h2 = fault.hidden2;
  const std::vector<std::pair<std::string, std::int64_t>> sizes = {{"counts", fragment::kCounts},
                                                                   {"kind_codes", fragment::kKindCodes},
                                                                   {"neighbour_codes", fragment::kNeighbourCodes},
                                                                   {"formula_codes", fragment::kFormulaCodes},
                                                                   {"conditions", fragment::kConditions},
                                                                   {"channels", fragment::kChannels},
                                                                   {"hidden", h},
                                                                   {"hidden2", h2}};
  for (const auto& [name, value] : sizes) {
    if (net + "." + name != fault.without) writer.manifest.integer(net + "." + name, value);
  }
  tensor("kinds", {fragment::kKindCodes, h}, 0.3);
  tensor("neighbours", {fragment::kNeighbourCodes, h}, 0.3);
  tensor("formulas", {fragment::kFormulaCodes, h}, 0.3);
  tensor("losses", {fragment::kFormulaCodes, h}, 0.3);
  tensor("conditions.weight", {h, fragment::kConditions}, 0.3);
  tensor("counts.weight", {h, fragment::kCounts}, 0.3);
  tensor("counts.bias", {h}, 0.3);
  tensor("second.weight", {h2, h}, 0.5);
  tensor("second.bias", {h2}, 0.3);
  tensor("output.weight", {fragment::kChannels, h2}, 0.5);
  tensor("output.bias", {fragment::kChannels}, 0.3);
  tensor("background.weight", {1, 3}, 0.1);
  tensor("background.bias", {1}, 0, -2);
  tensor("background_total", {1}, 0, 2);
  tensor("log_width", {1}, 0, std::log(5.0));
  tensor("log_scale", {1}, 0, 0.2);
}

/// A folder of kind "reranker" that any two calls with the same arguments write alike, with a network for each seed.
inline void write_rerank_folder(const std::string& path, const FolderFault& fault = {},
                                const std::vector<std::uint64_t>& seeds = {11}) {
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", "reranker");
  for (std::size_t i = 0; i < seeds.size(); ++i)
    add_random_net(writer, i == 0 ? "fragment_net" : "fragment_net_" + std::to_string(i + 1), seeds[i], fault);
  writer.manifest.integer("rerank.shortlist", fault.shortlist);
  test_combiner().write(writer.weights);
  test_calibration().write(writer.manifest);
  writer.write(path);
}

inline FragmentScorer test_scorer(const bank::testing::TempFolder& folder) {
  write_rerank_folder(folder / "scorer");
  return FragmentScorer::read(nn::ModelFolder::open(folder / "scorer"));
}

inline std::string standard(const std::string& smiles) { return chem::standardize(smiles).value().smiles(); }

/// Caffeine at about 35 eV with three of its known fragments, the precursor, and a peak of no fragment.
inline spectra::Spectrum caffeine_spectrum() {
  spectra::Spectrum out;
  out.id = "caffeine";
  out.precursor_mz = 195.0877;
  out.peaks = {{69.0447, 5}, {77.7777, 3}, {110.0713, 20}, {138.0662, 100}, {195.0877, 80}};
  out.fields = {{"collision_energy", "collision_energy", "35 eV"}};
  return out;
}

inline retrieve::SpectrumQuery reading(const spectra::Spectrum& spectrum, const std::string& adduct = "[M+H]+") {
  const auto parsed = mass::Adduct::parse(adduct).value();
  return {&spectrum, *spectrum.precursor_mz, parsed.neutral_mass(*spectrum.precursor_mz), parsed.str(),
          parsed.ion_mode()};
}

/// Molecules of about the mass of caffeine.
inline std::vector<std::string> caffeine_rivals() {
  std::vector<std::string> out;
  for (const char* smiles : {"Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CCn1c(=O)[nH]c(=O)c2nc[nH]c21", "CN(C)c1ccc(cc1)N=NC(N)=O",
                             "Cn1c(=O)c2nc[nH]c2n(C)c1=O", "NC(=O)c1cc(N)c(C(N)=O)c(N)c1", "CCCCCCCCCC(=O)OC"})
    out.push_back(standard(smiles));
  return out;
}

}  // namespace molbridge::rerank
