#pragma once
// DreaMS as published (Lightning checkpoint, plain state dict, TorchScript export, safetensors) and as a model folder of this program.
// Format page: docs/formats/dreams.md.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/encoders/spectrum/dreams.hpp"

namespace molbridge::encoders {

inline constexpr const char* kDreamsKind = "dreams";

/// Keys below [dreams] of a manifest. Errors of reading: kModel with file and key.
void write_dreams_config(const DreamsConfig& config, ConfigWriter& manifest);
DreamsConfig read_dreams_config(const Config& manifest);

/// How the tensors of a published file are called in a model folder (without prefix), and what is left out.
struct DreamsTensors {
  std::vector<std::pair<std::string, std::string>> kept;  ///< name in the file, name in the folder
  std::vector<std::string> dropped;                       ///< one line each, with the reason
};
/// Errors: kModel naming tensors that belong to no DreaMS network this program knows.
DreamsTensors sort_dreams_tensors(const nn::Weights& weights, const std::string& prefix);

struct OpenedDreams {
  std::shared_ptr<const DreamsEncoder> encoder;
  DreamsConfig config;
  /// SHA-256 hex of weights, configuration, input convention, n and head; not of the precision. Cost: that of hashing the tensors where it is no
  /// model folder.
  std::string digest() const;

  std::string weights_digest;  ///< of a model folder's manifest; empty: hash the tensors
  std::vector<std::string> files;
};

/// [input] of the manifest of a network that was trained here: the n highest peaks it was trained on, and whether padding is part of its input.
void write_dreams_input(const DreamsOptions& options, ConfigWriter& manifest);
/// `options` with what the manifest says: its padding tokens, and its peaks where `options.peaks` is 0. Errors: kModel.
DreamsOptions read_dreams_input(const Config& manifest, DreamsOptions options);

/// A published file, or a model folder. `options.peaks` 0 stands for what the folder says, or 100; whether there are padding tokens is always what
/// it says. Errors: kModel.
OpenedDreams open_dreams(const std::string& path, const DreamsOptions& options);

}  // namespace molbridge::encoders
