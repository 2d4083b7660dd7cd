#pragma once
// Keys of a config of the kind "smiles-pretrain".

#include "molbridge/core/config.hpp"
#include "molbridge/train/masked_token_task.hpp"
#include "molbridge/train/molecule_set.hpp"
#include "molbridge/train/pretraining_spectra.hpp"

namespace molbridge::service_train {

struct SmilesPretrainSettings {
  train::MoleculeSetOptions data;
  std::vector<std::string> exclude;
  train::Exclusion exclude_by = train::Exclusion::kFormula;
  std::int64_t min_count = 3;  ///< molecules a token must occur in to have an id of its own
  train::MaskedTokenOptions task;
  std::string fingerprint = "morgan:radius=2,bits=2048";  ///< of the second objective
  std::int64_t validation_molecules = 2000;
};

/// Errors: kUsage with key and range.
SmilesPretrainSettings read_smiles_pretrain(const Config& config);
void write_smiles_pretrain(const SmilesPretrainSettings& settings, ConfigWriter& out);

}  // namespace molbridge::service_train
