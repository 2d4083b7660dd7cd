#include "molbridge/train/fingerprint_ffn_task.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/learn/fingerprint_ffn.hpp"

namespace molbridge::train {
namespace {

encoders::BinnedSpectrum build_encoder(const SpectrumDataset& dataset, const encoders::BinnedSpectrumOptions& options) {
  encoders::BinnedSpectrumBuilder builder(options);
  for (const auto& spectrum : dataset.spectra) builder.add(spectrum.input(), spectrum.molecule);
  return builder.build();
}

std::vector<float> balanced_weights(const SpectrumDataset& dataset, double balance) {
  std::vector<double> count(dataset.molecules.size(), 0);
  for (const auto& spectrum : dataset.spectra) count[spectrum.molecule] += 1;
  double sum = 0;
  for (const auto& spectrum : dataset.spectra) sum += std::pow(count[spectrum.molecule], -balance);
  const double scale = static_cast<double>(dataset.spectra.size()) / sum;
  std::vector<float> weights;
  weights.reserve(dataset.spectra.size());
  for (const auto& spectrum : dataset.spectra) {
    weights.push_back(static_cast<float>(scale * std::pow(count[spectrum.molecule], -balance)));
  }
  return weights;
}

/// Collects a learn::SparseBatch.
class SparseRows {
 public:
  void start() { offsets_.push_back(static_cast<std::int64_t>(indices_.size())); }
  void add(const encoders::SparseFeature& feature) {
    indices_.push_back(feature.index);
    values_.push_back(feature.value);
  }
  learn::SparseBatch batch() const {
    return {torch::tensor(indices_, torch::kInt64), torch::tensor(offsets_, torch::kInt64),
            torch::tensor(values_, torch::kFloat32)};
  }

 private:
  std::vector<std::int64_t> indices_, offsets_;
  std::vector<float> values_;
};

std::vector<std::int32_t> bits_of(std::span<const std::byte> packed) {
  std::vector<std::int32_t> bits;
  for (std::size_t byte = 0; byte < packed.size(); ++byte) {
    for (auto rest = std::to_integer<unsigned>(packed[byte]); rest != 0; rest &= rest - 1)
      bits.push_back(static_cast<std::int32_t>(byte * 8) + std::countr_zero(rest));
  }
  return bits;
}

std::vector<std::vector<std::int32_t>> bits_of(const MoleculeTargets& targets, std::size_t molecules) {
  std::vector<std::vector<std::int32_t>> out;
  for (std::size_t i = 0; i < molecules; ++i) {
    const std::vector<std::int64_t> one{static_cast<std::int64_t>(i)};
    const torch::Tensor row = targets.rows(one);
    std::vector<std::int32_t>& bits = out.emplace_back();
    for (std::int64_t d = 0; d < row.size(1); ++d) {
      if (row.data_ptr<float>()[d] != 0) bits.push_back(static_cast<std::int32_t>(d));
    }
  }
  return out;
}

}  // namespace

FingerprintFfnModuleImpl::FingerprintFfnModuleImpl(const learn::FingerprintFfnOptions& options,
                                                   const FingerprintFfnTaskOptions& task) {
  for (std::int64_t m = 0; m < task.members; ++m)
    members_.push_back(register_module("member" + std::to_string(m), learn::FingerprintFfn(options)));
  if (task.candidates_weight > 0)
    log_temperature_ = register_parameter("log_temperature", torch::full({}, std::log(task.temperature)));
}

FingerprintFfnTask::FingerprintFfnTask(const SpectrumDataset& dataset, const MoleculeTargets& targets,
                                       const FingerprintFfnTaskOptions& options, const HardNegatives* negatives,
                                       const SimulatedSpectra& simulated)
    : dataset_(dataset), targets_(targets), negatives_(negatives), options_(options) {
  MOLBRIDGE_CHECK((negatives != nullptr) == (options.candidates_weight > 0), "negatives where they have a weight");
  encoder_ = std::make_unique<encoders::BinnedSpectrum>(build_encoder(dataset, options.input));
  features_.reserve(dataset.spectra.size());
  for (const auto& spectrum : dataset.spectra) features_.push_back(encoder_->encode(spectrum.input()));
  MOLBRIDGE_CHECK(simulated.spectra.empty() || negatives != nullptr, "simulated spectra need negatives");
  for (const auto& spectrum : simulated.spectra) {
    simulated_features_.push_back(encoder_->encode(spectrum.input()));
    simulated_lenders_.push_back(static_cast<std::int64_t>(spectrum.molecule));
  }
  simulated_rows_ = simulated.rows;
  weights_ = balanced_weights(dataset, options.balance);
  if (negatives != nullptr) target_bits_ = bits_of(targets, dataset.molecules.size());
  torch::manual_seed(options.seed);
  model_ = FingerprintFfnModule(learn::FingerprintFfnOptions{.inputs = encoder_->num_features(),
                                                             .hidden = options.hidden,
                                                             .layers = options.layers,
                                                             .outputs = targets.width(),
                                                             .dropout = options.dropout,
                                                             .trained_prior = negatives != nullptr},
                                options);
  for (const learn::FingerprintFfn& member : model_->members())
    learn::FingerprintFfn(member)->set_output_prior(targets.mean());
}

learn::SparseBatch FingerprintFfnTask::batch_of(const Lesson& lesson, std::size_t member) const {
  SparseRows rows;
  const std::string net = member == 0 ? "" : " member " + std::to_string(member);
  Rng rng(options_.seed, "peak dropout " + lesson.stream + net);
  for (const Features* features : lesson.features) {
    rows.start();
    for (const auto& feature : *features) {
      if (options_.peak_dropout > 0 && rng.uniform() < options_.peak_dropout) continue;
      rows.add(feature);
    }
  }
  return rows.batch();
}

FingerprintFfnTask::Candidates FingerprintFfnTask::candidates_of(
    const std::vector<const Bits*>& truths, const std::vector<std::vector<std::uint64_t>>& rows) const {
  Candidates out;
  out.present = torch::zeros({static_cast<std::int64_t>(truths.size()), negatives_->per_example()}, torch::kBool);
  bool* present = out.present.data_ptr<bool>();
  for (std::size_t i = 0; i < truths.size(); ++i) {
    out.lists.add(*truths[i]);
    for (std::size_t c = 0; c < static_cast<std::size_t>(negatives_->per_example()); ++c) {
      const bool holds = c < rows[i].size();
      out.lists.add(holds ? bits_of(negatives_->bank().stored_row(rows[i][c])) : Bits{});
      *present++ = holds;
    }
  }
  return out;
}

FingerprintFfnTask::Lesson FingerprintFfnTask::measured_lesson(std::span<const std::int64_t> examples,
                                                               const StepContext& context) const {
  Lesson out;
  out.stream = std::to_string(context.step) + (context.part == 0 ? "" : " part " + std::to_string(context.part));
  out.weights = torch::empty({static_cast<std::int64_t>(examples.size())});
  std::vector<std::int64_t> molecules;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto example = static_cast<std::size_t>(examples[i]);
    out.features.push_back(&features_[example]);
    out.weights.data_ptr<float>()[i] = weights_[example];
    molecules.push_back(group_of(examples[i]));
  }
  out.bits = targets_.rows(molecules);
  if (negatives_ == nullptr) return out;
  std::vector<const Bits*> truths;
  for (const std::int64_t molecule : molecules) truths.push_back(&target_bits_[static_cast<std::size_t>(molecule)]);
  out.candidates = candidates_of(truths, negatives_->draw_rows(molecules, context.step, context.part));
  return out;
}

FingerprintFfnTask::Lesson FingerprintFfnTask::simulated_lesson(std::size_t count, const StepContext& context) const {
  Lesson out;
  out.stream = "simulated " + std::to_string(context.step) + " part " + std::to_string(context.part);
  out.weights = torch::ones({static_cast<std::int64_t>(count)});
  out.bits = torch::zeros({static_cast<std::int64_t>(count), targets_.width()});
  Rng rng(options_.seed, out.stream);
  std::vector<Bits> truths;
  std::vector<std::int64_t> lenders;
  std::vector<std::uint64_t> own;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t spectrum = rng.below(simulated_features_.size());
    out.features.push_back(&simulated_features_[spectrum]);
    own.push_back(simulated_rows_[spectrum]);
    lenders.push_back(simulated_lenders_[spectrum]);
    truths.push_back(bits_of(negatives_->bank().stored_row(own.back())));
    float* row = out.bits.data_ptr<float>() + static_cast<std::int64_t>(i) * targets_.width();
    for (const std::int32_t bit : truths.back()) row[bit] = 1;
  }
  auto rows = negatives_->draw_rows(lenders, context.step, context.part);
  std::vector<const Bits*> pointers;
  for (std::size_t i = 0; i < count; ++i) {
    std::erase(rows[i], own[i]);
    pointers.push_back(&truths[i]);
  }
  out.candidates = candidates_of(pointers, rows);
  return out;
}

std::pair<torch::Tensor, torch::Tensor> FingerprintFfnTask::losses(const Lesson& lesson) {
  torch::Tensor per_bit = torch::zeros({}), ranking = torch::zeros({});
  for (std::size_t m = 0; m < model_->members().size(); ++m) {
    const learn::FingerprintFfn& member = model_->members()[m];
    const torch::Tensor logits = learn::FingerprintFfn(member)->forward(batch_of(lesson, m));
    per_bit = per_bit + fingerprint_loss(logits, lesson.bits, lesson.weights, options_.loss);
    if (negatives_ == nullptr) continue;
    const torch::Tensor scores = learn::bit_scores(member->log_odds_ratio_of(logits), lesson.candidates.lists);
    ranking = ranking + first_of_scores(scores, lesson.candidates.present, lesson.weights, model_->log_temperature());
  }
  return {per_bit, ranking};
}

StepLoss FingerprintFfnTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  const auto [per_bit, ranking] = losses(measured_lesson(examples, context));
  if (negatives_ == nullptr) return {per_bit, {}};
  const auto members = static_cast<double>(model_->members().size());
  StepLoss out{per_bit + options_.candidates_weight * ranking,
               {{"bits", per_bit.item<double>() / members}, {"candidates", ranking.item<double>() / members}}};
  if (simulated_features_.empty()) return out;
  double simulated = 0;
  if (options_.simulated_steps == 0 || context.step < options_.simulated_steps) {
    const auto count = std::max(1.0, std::round(static_cast<double>(examples.size()) * options_.simulated_share));
    const auto [bits, first] = losses(simulated_lesson(static_cast<std::size_t>(count), context));
    out.total = out.total + options_.simulated_weight * (bits + options_.candidates_weight * first);
    simulated = first.item<double>() / members;
  }
  out.terms.emplace_back("simulated_candidates", simulated);
  return out;
}

torch::Tensor FingerprintFfnTask::embed(const std::vector<DatasetSpectrum>& spectra) {
  SparseRows rows;
  for (const auto& spectrum : spectra) {
    rows.start();
    for (const auto& feature : encoder_->encode(spectrum.input())) rows.add(feature);
  }
  const learn::SparseBatch batch = rows.batch();
  std::vector<torch::Tensor> vectors;
  for (learn::FingerprintFfn member : model_->members()) vectors.push_back(member->log_odds_ratio(batch));
  return vectors.size() == 1 ? vectors.front() : torch::stack(vectors).mean(0);
}

void FingerprintFfnTask::write_model(nn::ModelFolderWriter& writer) const {
  encoders::write_binned_spectrum(*encoder_, writer.manifest, writer.weights);
  learn::write_fingerprint_ffn(model_->members(), options_.weights, writer.manifest, writer.weights);
}

}  // namespace molbridge::train
