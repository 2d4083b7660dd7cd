#pragma once
// The config of a SpecBridge run, resolved.

#include <string>

#include "molbridge/service_train/spectrum_data.hpp"
#include "molbridge/train/specbridge_task.hpp"

namespace molbridge::service_train {

struct SpecbridgeSettings {
  SpectrumDataSettings data;
  std::string encoder_weights;     ///< published file or model folder of DreaMS
  bool encoder_is_random = false;  ///< its sizes, but fresh weights: the control without pre-training
  train::DreamsDropout dropout;
  train::SpecbridgeNetOptions net;
  train::SpecbridgeTaskOptions task;
  std::string negatives_bank;
  train::HardNegativeOptions negatives;
};

/// Errors: kUsage with key and range, also for objectives that contradict each other.
SpecbridgeSettings read_specbridge(const Config& config);
void write_specbridge(const SpecbridgeSettings& settings, ConfigWriter& out);

}  // namespace molbridge::service_train
