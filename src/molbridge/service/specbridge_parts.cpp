#include "molbridge/service/specbridge_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"

namespace molbridge::service {
namespace {

constexpr std::string_view kMolecule = "chem_mdl.";
constexpr const char* kFrequencies = "spec.dreams.fourier_enc.b";
constexpr const char* kFrequencyAlias = "spec.dreams.fourier_enc.Fourier frequencies";

struct Unused {
  std::string_view start;
  std::string_view reason;
};
constexpr std::array kUnused = {
    Unused{"spec.dreams.ff_out", "head of the pre-training of DreaMS"},
    Unused{"spec.dreams.ro_out.", "head of the pre-training of DreaMS"},
    Unused{"spec.dreams.mz_masking_loss.", "loss of the pre-training of DreaMS"},
    Unused{"mapB.lv.", "variance of the Gaussian mapper, which no score uses"},
    Unused{"chem_proj.", "made and saved in training, never used"},
    Unused{"contrast.", "temperature of the loss"},
    Unused{"chem_mdl.pooler.", "random values; the vector is the hidden state of the first token"},
    Unused{"chem_mdl.embeddings.position_ids", "a list of numbers from 0"},
    Unused{"chem_mdl.embeddings.token_type_ids", "a list of zeros"},
};
constexpr std::array<std::string_view, 9> kSpectrum = {"spec.dreams.fourier_enc.b",
                                                       "spec.dreams.ff_fourier.ff.",
                                                       "spec.dreams.ff_peak.ff.",
                                                       "spec.dreams.transformer_encoder.",
                                                       "spec.proj.0.",
                                                       "spec.proj.1.",
                                                       "mapB.W.",
                                                       "mapB.blocks.",
                                                       "spec.dreams.ff_mz_token.ff."};

std::string file_of(const nn::Weights& weights) { return weights.files().empty() ? "" : weights.files().front(); }

bool starts_with_any(std::string_view name, const auto& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view start) { return name.starts_with(start); });
}

/// The frequencies stand twice; what the second name holds decides nothing, but should be the same.
void note_alias(const nn::Weights& weights, SpecbridgeParts& parts) {
  if (!weights.has(kFrequencyAlias)) {
    parts.notes.push_back("the second name of the Fourier frequencies is not in the file");
    return;
  }
  const auto size = static_cast<std::int64_t>(weights.at(kFrequencies).shape.size());
  const std::vector<std::int64_t> any(static_cast<std::size_t>(size), -1);
  const bool same = weights.at(kFrequencyAlias).shape == weights.at(kFrequencies).shape &&
                    weights.floats(kFrequencyAlias, any) == weights.floats(kFrequencies, any);
  parts.notes.push_back(same
                            ? "Fourier frequencies stand under two names, equal"
                            : "Fourier frequencies stand under two names with different values; fourier_enc.b is used");
}

[[noreturn]] void refuse_unknown(const nn::Weights& weights, const std::vector<std::string>& unknown) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> shown(unknown.begin(),
                                 unknown.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, unknown.size())));
  throw Error(ErrorCode::kModel, "holds " + format_count(unknown.size()) +
                                     " tensors that belong to no part of SpecBridge: " + join(shown, ", ") +
                                     (unknown.size() > kShown ? ", ..." : ""))
      .in_file(file_of(weights));
}

/// Name of the tensor in a Hugging Face file: bare, or below "roberta." where the file is of a masked language model.
std::string name_there(const nn::Weights& there, const std::string& name) {
  for (const std::string& candidate : {name, "roberta." + name}) {
    if (there.has(candidate)) return candidate;
  }
  return "";
}

bool has_weights(const std::string& folder) {
  for (const char* name :
       {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (file_exists(folder + "/" + name)) return true;
  }
  return false;
}

/// Largest difference; nullopt for other shapes.
std::optional<double> difference(const nn::Weights& a, const std::string& name_a, const nn::Weights& b,
                                 const std::string& name_b) {
  if (a.at(name_a).shape != b.at(name_b).shape) return std::nullopt;
  const std::vector<float> x = a.floats(name_a, a.at(name_a).shape), y = b.floats(name_b, b.at(name_b).shape);
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double here = std::abs(static_cast<double>(x[i]) - y[i]);
    largest = here <= largest ? largest : here;  // a NaN counts
  }
  return largest;
}

}  // namespace

SpecbridgeParts sort_specbridge_tensors(const nn::Weights& weights) {
  SpecbridgeParts parts;
  std::vector<std::string> unknown;
  std::map<std::string, std::uint64_t> dropped;
  for (const auto& [name, view] : weights.tensors()) {
    const auto unused = std::find_if(kUnused.begin(), kUnused.end(),
                                     [&, &key = name](const Unused& one) { return key.starts_with(one.start); });
    if (name == kFrequencyAlias) continue;
    if (unused != kUnused.end()) {
      ++dropped[std::string(unused->start) + (unused->start.back() == '.' ? "*: " : ": ") +
                std::string(unused->reason)];
    } else if (starts_with_any(name, kSpectrum)) {
      parts.spectrum.push_back(name);
    } else if (name.starts_with(kMolecule)) {
      parts.molecule[name.substr(kMolecule.size())] = name;
    } else {
      unknown.push_back(name);
    }
  }
  if (!unknown.empty()) refuse_unknown(weights, unknown);
  note_alias(weights, parts);
  for (const auto& [line, count] : dropped) {
    parts.dropped.push_back(line + " (" + format_count(count) + (count == 1 ? " tensor)" : " tensors)"));
  }
  parts.dropped.insert(parts.dropped.end(), weights.dropped().begin(), weights.dropped().end());
  return parts;
}

std::uint64_t count_values(const nn::Weights& weights, const std::vector<std::string>& names) {
  std::uint64_t values = 0;
  for (const std::string& name : names) {
    const nn::TensorView& view = weights.at(name);
    values += view.bytes.size() / nn::element_size(view.type);
  }
  return values;
}

std::string compare_molecule_encoder(const nn::Weights& weights, const SpecbridgeParts& parts,
                                     const std::string& folder) {
  if (!has_weights(folder)) return "molecule encoder: " + folder + " holds no weights to compare with";
  const nn::Weights there = nn::Weights::open(folder);
  std::uint64_t equal = 0, different = 0, absent = 0;
  double largest = 0;
  for (const auto& [name, own] : parts.molecule) {
    const std::string other = name_there(there, name);
    const auto found = other.empty() ? std::nullopt : difference(weights, own, there, other);
    if (!found) {
      ++absent;
    } else if (*found == 0) {
      ++equal;
    } else {
      ++different;
      largest = *found <= largest ? largest : *found;
    }
  }
  const std::string all = "molecule encoder: of " + format_count(parts.molecule.size()) + " tensors ";
  if (different == 0 && absent == 0) return all + "all equal those in " + folder;
  return all + format_count(equal) + " equal those in " + folder + ", " + format_count(different) +
         " differ (by at most " + fmt::format("{:.2g}", largest) + "), " + format_count(absent) +
         " are not there; the checkpoint's are used";
}

void check_molecule_config(const nn::Weights& weights, const SpecbridgeParts& parts, const std::string& folder) {
  const std::string path = folder + "/config.json";
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorCode::kModel, why)
        .in_file(path)
        .remedy("Name the folder of the molecule encoder that the checkpoint was trained with.");
  };
  if (!file_exists(path)) throw refuse("is missing");
  const Json config = read_json_file(path);
  if (!config.is_object() || config.value("model_type", Json()) != "roberta") throw refuse("is no config of a RoBERTa");
  const auto check = [&](const char* key, std::int64_t size) {
    const Json value = config.value(key, Json());
    if (value == size) return;
    throw refuse(std::string(key) + " is " + value.dump() + ", the checkpoint has " + std::to_string(size));
  };
  const auto shape_of = [&](const std::string& name) {
    const auto& shape = weights.at(std::string(kMolecule) + name).shape;
    if (shape.size() != 2) throw Error(ErrorCode::kModel, "tensor " + name + " is no matrix").in_file(file_of(weights));
    return shape;
  };
  const auto words = shape_of("embeddings.word_embeddings.weight");
  check("vocab_size", words[0]);
  check("hidden_size", words[1]);
  check("max_position_embeddings", shape_of("embeddings.position_embeddings.weight")[0]);
  std::int64_t layers = 0;
  while (parts.molecule.contains("encoder.layer." + std::to_string(layers) + ".output.dense.weight")) ++layers;
  check("num_hidden_layers", layers);
  check("intermediate_size", shape_of("encoder.layer.0.intermediate.dense.weight")[0]);
}

}  // namespace molbridge::service
