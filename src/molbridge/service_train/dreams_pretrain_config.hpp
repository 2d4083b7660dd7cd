#pragma once
// Keys of a config of the kind "dreams-pretrain". Everything absent is as DreaMS was published.

#include "molbridge/core/config.hpp"
#include "molbridge/train/masked_mz_task.hpp"

namespace molbridge::service_train {

/// How the frequencies of the Fourier features are made.
struct FrequencySettings {
  std::string kind = "published";          ///< or "geometric"
  double shortest = 1e-4, longest = 1000;  ///< periods, Th
  std::int64_t count = 512;                ///< of "geometric"

  std::vector<float> list() const;
};

struct DreamsPretrainSettings {
  train::PretrainingOptions data;
  train::DreamsSizes sizes;
  FrequencySettings frequencies;
  std::int64_t fourier_depth = 5,
               fourier_hidden = 512;  ///< linear layers of the Fourier branch, and the width between them
  train::DreamsDropout dropout;
  train::MaskedMzOptions task;
  std::int64_t validation_spectra = 0;  ///< that are looked at; 0: all
};

/// Errors: kUsage with key and range.
DreamsPretrainSettings read_dreams_pretrain(const Config& config);
void write_dreams_pretrain(const DreamsPretrainSettings& settings, ConfigWriter& out);

}  // namespace molbridge::service_train
