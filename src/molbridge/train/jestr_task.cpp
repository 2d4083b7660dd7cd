#include "molbridge/train/jestr_task.hpp"

#include <cmath>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/spectrum/summed_bins.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::train {

learn::GraphBatch graph_batch(const std::vector<const encoders::AtomGraph*>& graphs) {
  std::int64_t atoms = 0;
  std::vector<std::int64_t> neighbors, first_neighbors, molecules;
  std::vector<float> weights, features;
  for (const encoders::AtomGraph* graph : graphs) {
    const auto edges = static_cast<std::int64_t>(neighbors.size());
    for (const auto& neighbor : graph->neighbors) {
      neighbors.push_back(atoms + neighbor.from);
      weights.push_back(neighbor.weight);
    }
    for (const std::uint32_t offset : graph->offsets) first_neighbors.push_back(edges + offset);
    molecules.push_back(atoms);
    const std::size_t at = features.size();
    features.resize(at + graph->atoms() * static_cast<std::size_t>(encoders::kAtomFeatures));
    encoders::atom_features(*graph, std::span(features).subspan(at));
    atoms += static_cast<std::int64_t>(graph->atoms());
  }
  return {torch::tensor(features, torch::kFloat32).view({atoms, encoders::kAtomFeatures}),
          torch::tensor(neighbors, torch::kInt64), torch::tensor(weights, torch::kFloat32),
          torch::tensor(first_neighbors, torch::kInt64), torch::tensor(molecules, torch::kInt64)};
}

std::vector<encoders::AtomGraph> molecule_graphs(const std::vector<std::string>& smiles, std::size_t threads) {
  constexpr std::size_t kChunk = 64;
  std::vector<encoders::AtomGraph> graphs(smiles.size());
  parallel_for(smiles.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    check_interrupt();
    for (std::size_t i = begin; i < end; ++i) {
      const auto molecule = chem::Molecule::from_smiles(smiles[i]);
      MOLBRIDGE_CHECK(molecule, smiles[i]);
      graphs[i] = encoders::atom_graph(chem::molecular_graph(*molecule));
    }
  });
  return graphs;
}

JestrTask::JestrTask(const SpectrumDataset& dataset, JestrMolecules molecules, const JestrTaskOptions& options)
    : dataset_(dataset), molecules_(std::move(molecules)), options_(options) {
  MOLBRIDGE_CHECK(molecules_.graphs.size() >= dataset.molecules.size(), std::to_string(molecules_.graphs.size()));
  MOLBRIDGE_CHECK(options.candidate_weight == 0 || molecules_.same_formula.size() == dataset.molecules.size(),
                  "candidates without a list");
  for (const DatasetSpectrum& spectrum : dataset.spectra)
    bins_.push_back(encoders::summed_bins(spectrum.peaks, options.network.spectrum.front()));
  options_.network.molecule.inputs = encoders::kAtomFeatures;
  torch::manual_seed(options.seed);
  model_ = learn::Jestr(options_.network);
}

torch::Tensor JestrTask::embed_bins(std::span<const Bins* const> spectra) {
  torch::Tensor x = torch::zeros({static_cast<std::int64_t>(spectra.size()), options_.network.spectrum.front()});
  float* row = x.data_ptr<float>();
  for (const Bins* bins : spectra) {
    for (const auto& bin : *bins) row[bin.index] = bin.value;
    row += x.size(1);
  }
  return model_->embed_spectra(x);
}

torch::Tensor JestrTask::embed(const std::vector<DatasetSpectrum>& spectra) {
  std::vector<Bins> bins;
  std::vector<const Bins*> views;
  for (const DatasetSpectrum& spectrum : spectra)
    bins.push_back(encoders::summed_bins(spectrum.peaks, options_.network.spectrum.front()));
  for (const Bins& one : bins) views.push_back(&one);
  return embed_bins(views);
}

torch::Tensor JestrTask::embed_molecules(const std::vector<const encoders::AtomGraph*>& graphs) {
  return model_->embed_molecules(graph_batch(graphs));
}

bool JestrTask::wants_candidates(const StepContext& context) const {
  return options_.candidate_weight > 0 && context.step >= options_.candidates_from_step;
}

std::pair<std::vector<std::int64_t>, std::vector<const encoders::AtomGraph*>> JestrTask::draw_candidates(
    std::span<const std::int64_t> examples, const StepContext& context) const {
  std::vector<std::int64_t> places;
  std::vector<const encoders::AtomGraph*> graphs;
  if (!wants_candidates(context)) return {places, graphs};
  Rng rng(options_.seed, "candidates " + std::to_string(context.step) + " " + std::to_string(context.part));
  for (std::size_t i = 0; i < examples.size(); ++i) {
    std::vector<std::int64_t> others = molecules_.same_formula[static_cast<std::size_t>(group_of(examples[i]))];
    rng.shuffle(std::span(others));
    const auto most = static_cast<std::size_t>(options_.candidates_per_spectrum);
    if (others.size() > most) others.resize(most);
    for (const std::int64_t other : others) {
      places.push_back(static_cast<std::int64_t>(i));
      graphs.push_back(&molecules_.graphs[static_cast<std::size_t>(other)]);
    }
  }
  return {places, graphs};
}

torch::Tensor JestrTask::contrast(const torch::Tensor& z, const torch::Tensor& y,
                                  std::span<const std::int64_t> examples) const {
  std::vector<std::int64_t> group;
  for (const std::int64_t example : examples) group.push_back(group_of(example));
  const torch::Tensor groups = options_.exact ? torch::Tensor() : torch::tensor(group, torch::kInt64);
  // info_nce() averages the two directions, JESTR adds them.
  return 2 * info_nce(z, y, torch::tensor(std::log(options_.temperature), torch::kFloat32), groups);
}

StepLoss JestrTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  std::vector<const Bins*> spectra;
  std::vector<const encoders::AtomGraph*> graphs;
  for (const std::int64_t example : examples) {
    spectra.push_back(&bins_[static_cast<std::size_t>(example)]);
    graphs.push_back(&molecules_.graphs[static_cast<std::size_t>(group_of(example))]);
  }
  const auto [places, others] = draw_candidates(examples, context);
  graphs.insert(graphs.end(), others.begin(), others.end());  // one pass: the norms see all atoms of the step
  const torch::Tensor z = embed_bins(spectra), molecules = embed_molecules(graphs);
  const auto count = static_cast<std::int64_t>(examples.size());
  StepLoss out{contrast(z, molecules.narrow(0, 0, count), examples), {}};
  if (!wants_candidates(context)) return out;
  out.terms.emplace_back("contrastive", out.total.item<double>());
  if (others.empty()) return out;
  const torch::Tensor cosine =
      torch::cosine_similarity(z.index_select(0, torch::tensor(places, torch::kInt64)),
                               molecules.narrow(0, count, static_cast<std::int64_t>(others.size())), 1)
          .mean();
  out.terms.emplace_back("candidates", cosine.item<double>());
  out.total = out.total + options_.candidate_weight * cosine;
  return out;
}

}  // namespace molbridge::train
