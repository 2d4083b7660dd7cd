#include "molbridge/service_train/folds.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::service_train {

bool Folds::leaves_out(const std::string& formula) const {
  return folds > 0 && train::fold_of_formula(formula, folds) == fold;
}

Folds read_folds(const Config& config) {
  const ConfigReader read(config);
  const std::int64_t folds = read.integer("data.folds", 0, 0, 1000);
  if (folds == 0 && config.has("data.fold"))
    throw Error(ErrorCode::kUsage, "data.fold needs data.folds").in_file(config.name());
  if (folds == 1)
    throw Error(ErrorCode::kUsage, "data.folds must be 0 or at least 2: one fold is everything").in_file(config.name());
  return {folds, folds > 0 ? read.integer("data.fold", 0, 0, folds - 1) : 0};
}

void write_folds(const Folds& folds, ConfigWriter& out) {
  if (folds.folds == 0) return;
  out.integer("data.folds", folds.folds);
  out.integer("data.fold", folds.fold);
}

}  // namespace molbridge::service_train
