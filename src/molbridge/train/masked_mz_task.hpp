#pragma once
// DreaMS' pre-training: the m/z of hidden peaks are told from the rest of the spectrum, as classes of equal width; optionally also which of two
// spectra of one file was eluted first. Source: Bushuiev et al., DreaMS; docs/training.md.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/train/dreams_module.hpp"
#include "molbridge/train/masked_peaks.hpp"
#include "molbridge/train/pretraining_spectra.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

struct MaskedMzOptions {
  PeakMaskingOptions masking;
  double focal_gamma = 5;
  double entropy_smoothing = 0;  ///< times the mean entropy of the predictions, taken from the loss
  double order_weight = 0;       ///< of the retention order, 0.2 as published; the masked m/z have the rest of 1
  double shift_probability = 0;  ///< in training, of adding one number to every m/z of a spectrum; 0.2 as published
  double shift_max = 50;         ///< Th, of that number
  std::uint64_t seed = 1;
};

/// Class of an m/z, round half to even; what lies behind the last class is in it.
std::int64_t mz_class(double mz, double bin, std::int64_t classes);

/// Mean of (1 - p)^gamma (-log p), p the probability of the true class, minus `entropy_smoothing` times the mean entropy of the predictions. In float32
/// at least. Shapes: logits [M, C], classes [M] int64; zero for M = 0.
torch::Tensor focal_loss(const torch::Tensor& logits, const torch::Tensor& classes, double gamma,
                         double entropy_smoothing = 0);

/// Spectra with hidden peaks, and what was hidden.
struct MaskedSpectra {
  std::vector<encoders::DreamsTokens> tokens;
  torch::Tensor rows;     ///< [M] int64, of the hidden peaks among the tokens of the batch
  torch::Tensor classes;  ///< [M] int64
};

/// Examples are `spectra.training`. The data must outlive the task. Not thread-safe.
class MaskedMzTask : public Task {
 public:
  /// Requires the heads that the options need.
  MaskedMzTask(std::shared_ptr<DreamsModule> module, const PretrainingSpectra& spectra, const MaskedMzOptions& options);

  torch::nn::Module& module() override { return *module_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(spectra_.training.size()); }
  std::int64_t group_of(std::int64_t example) const override;
  /// Terms: "masked_mz" and, with that objective, "order". Masks, shifts and pairs follow from seed, step and part.
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;

  /// `shift`: with the shifts of training.
  MaskedSpectra mask(std::span<const PretrainingSpectrum* const> spectra, Rng& rng, bool shift) const;
  DreamsModule& network() { return *module_; }
  const MaskedMzOptions& options() const { return options_; }

 private:
  std::vector<const PretrainingSpectrum*> with_partners(std::span<const std::int64_t> examples, Rng& rng,
                                                        std::vector<std::size_t>& partner_of) const;
  torch::Tensor order_loss(const torch::Tensor& precursors, std::span<const PretrainingSpectrum* const> spectra,
                           std::span<const std::size_t> partner_of) const;

  std::shared_ptr<DreamsModule> module_;
  const PretrainingSpectra& spectra_;
  MaskedMzOptions options_;
  std::vector<std::vector<std::int64_t>> timed_;  ///< of each file, the training spectra with a retention time
};

/// Held-out spectra with masks that are always the same.
class MaskedMzValidator : public Validator {
 public:
  /// `most`: spectra that are looked at, evenly spread; 0: all.
  MaskedMzValidator(MaskedMzTask& task, const std::vector<PretrainingSpectrum>& spectra, std::int64_t most);
  /// "loss" (focal), "cross_entropy" in nats, "top_1" and "top_5", shares of the hidden peaks whose class is the first or among the first five.
  std::vector<std::pair<std::string, double>> measure() override;

 private:
  MaskedMzTask& task_;
  std::vector<const PretrainingSpectrum*> spectra_;  ///< by length
};

}  // namespace molbridge::train
