#include "molbridge/service/specbridge_import.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "molbridge/bridges/residual_mapper.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/nn/pickle.hpp"
#include "molbridge/service/specbridge_parts.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;

constexpr std::array kTokenizerFiles = {
    "tokenizer.json",          "vocab.json",       "merges.txt", "vocab.txt", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json"};
/// Pins what the vector of a molecule is, whatever the folder that the tokenizer came from says.
constexpr const char* kPooling = "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}\n";

std::string sizes_text(const std::string& what, std::uint64_t parameters) {
  return what + ", " + format_count(parameters) + " parameters";
}

class SpecbridgeImport {
 public:
  explicit SpecbridgeImport(const nn::Weights& weights)
      : weights_(weights),
        parts_(sort_specbridge_tensors(weights_)),
        config_(encoders::infer_dreams_config(weights_, retrieve::kSpecbridgeDreams)) {
    check_spectrum_parts();
    report_.notes = parts_.notes;
    report_.dropped = parts_.dropped;
  }

  const SpecbridgeImportReport& report() const { return report_; }

  void write(const SpecbridgeImportOptions& options) {
    const bool with_molecules = !options.molecule_encoder.empty();
    if (with_molecules) {
      check_molecule_config(weights_, parts_, options.molecule_encoder);
      report_.notes.push_back(compare_molecule_encoder(weights_, parts_, options.molecule_encoder));
    } else {
      report_.notes.push_back(
          "the checkpoint holds no tokenizer: the model embeds spectra, but ranks no molecules; --molecule-encoder DIR "
          "names the Hugging Face folder with it");
    }
    const std::string encoder_folder = options.output + "/" + retrieve::kSpecbridgeMoleculeFolder;
    write_molecule_encoder(encoder_folder, options);
    std::string digest;
    if (with_molecules) digest = encoders::make_molecule_encoder(encoder_folder)->digest();
    write_model(digest, options);
    retrieve::SpectrumModel::load(options.output);  // what was written opens
  }

 private:
  /// Reads head and mapper as the model will, so that nothing is written of a checkpoint that does not fit together.
  void check_spectrum_parts() {
    std::set<std::string> used;
    const auto head = bridges::ProjectionHead::read(weights_, retrieve::kSpecbridgeHead, nn::Precision::kFloat32, used);
    const auto mapper =
        bridges::ResidualMapper::read(weights_, retrieve::kSpecbridgeMapper, nn::Precision::kFloat32, used);
    for (const std::string& name : parts_.spectrum) {
      if (used.contains(name) || name.starts_with(retrieve::kSpecbridgeDreams)) continue;
      throw Error(ErrorCode::kModel, "tensor " + name + " belongs to no block of the mapper that is whole")
          .in_file(weights_.files().front());
    }
    describe_sizes(head, mapper);
    std::vector<std::string> dreams;
    std::copy_if(parts_.spectrum.begin(), parts_.spectrum.end(), std::back_inserter(dreams),
                 [](const std::string& name) { return name.starts_with(retrieve::kSpecbridgeDreams); });
    std::vector<std::string> molecule;
    for (const auto& [name, own] : parts_.molecule) molecule.push_back(own);
    report_.parts = {sizes_text("spectrum encoder: DreaMS, " + std::to_string(config_.layers) + " layers of width " +
                                    format_count(static_cast<std::uint64_t>(config_.d_model())),
                                count_values(weights_, dreams)),
                     sizes_text("projection head and residual mapper: " + sizes_,
                                count_values(weights_, {used.begin(), used.end()})),
                     sizes_text("molecule encoder: RoBERTa", count_values(weights_, molecule))};
    molecule.insert(molecule.end(), parts_.spectrum.begin(), parts_.spectrum.end());
    report_.tensors = molecule.size();
    report_.parameters = count_values(weights_, molecule);
    for (const std::string& name : molecule) report_.bytes += weights_.at(name).bytes.size();
  }

  void describe_sizes(const bridges::ProjectionHead& head, const bridges::ResidualMapper& mapper) {
    const auto text = [](std::int64_t size) { return format_count(static_cast<std::uint64_t>(size)); };
    sizes_ = text(head.inputs()) + (head.hidden() > 0 ? " to " + text(head.hidden()) : "") + " to " +
             text(head.outputs()) + " to " + text(mapper.outputs()) + ", " + std::to_string(mapper.blocks()) +
             (mapper.blocks() == 1 ? " block" : " blocks") +
             (mapper.blocks() > 0 ? " of width " + text(mapper.hidden()) : "");
    manifest_sizes_ = {{"head.inputs", head.inputs()},     {"head.hidden", head.hidden()},
                       {"head.outputs", head.outputs()},   {"mapper.outputs", mapper.outputs()},
                       {"mapper.blocks", mapper.blocks()}, {"mapper.hidden", mapper.hidden()}};
  }

  void write_molecule_encoder(const std::string& folder, const SpecbridgeImportOptions& options) const {
    make_folders(folder + "/1_Pooling");
    if (!options.molecule_encoder.empty()) {
      write_file_atomically(folder + "/config.json", read_text_file(options.molecule_encoder + "/config.json"));
      for (const char* name : kTokenizerFiles) {
        const std::string path = options.molecule_encoder + "/" + name;
        if (file_exists(path)) write_file_atomically(folder + "/" + name, read_text_file(path));
      }
    }
    write_file_atomically(folder + "/1_Pooling/config.json", kPooling);
    nn::SafetensorsWriter writer;
    for (const auto& [name, own] : parts_.molecule) {
      const nn::TensorView& view = weights_.at(own);
      writer.add_view(name, view.type, view.shape, view.bytes, [this, own = own] { weights_.release(own); });
    }
    writer.set_metadata("format", "pt");
    writer.write(folder + "/model.safetensors");
  }

  void write_model(const std::string& encoder_digest, const SpecbridgeImportOptions& options) const {
    nn::ModelFolderWriter writer;
    ConfigWriter& manifest = writer.manifest;
    manifest.text("kind", retrieve::kSpecbridgeKind);
    manifest.text(
        "name", options.name.empty() ? fs::path(options.output).lexically_normal().filename().string() : options.name);
    manifest.text("licence", options.licence);
    manifest.text("source", options.origin);
    manifest.text("tool_version", version());
    manifest.text("checkpoint.file", fs::path(weights_.files().front()).filename().string());
    manifest.text("checkpoint.sha256", sha256_file(weights_.files().front()));
    if (const auto step = training_step()) manifest.integer("checkpoint.step", *step);
    manifest.text("target.encoder", retrieve::kSpecbridgeMoleculeFolder);
    manifest.text("target.encoder_digest", encoder_digest);
    manifest.integer("input.padded_to", options.padded_to);
    encoders::write_dreams_config(config_, manifest);
    for (const auto& [key, size] : manifest_sizes_) manifest.integer(key, size);
    for (const std::string& name : parts_.spectrum) {
      const nn::TensorView& view = weights_.at(name);
      writer.weights.add_view(name, view.type, view.shape, view.bytes, [this, name] { weights_.release(name); });
    }
    writer.write(options.output);
  }

  std::optional<std::int64_t> training_step() const {
    const auto* node = weights_.tree() != nullptr ? weights_.tree()->find("step") : nullptr;
    return node != nullptr ? node->as_int() : std::nullopt;
  }

  const nn::Weights& weights_;
  SpecbridgeParts parts_;
  encoders::DreamsConfig config_;
  std::string sizes_;
  std::vector<std::pair<std::string, std::int64_t>> manifest_sizes_;
  SpecbridgeImportReport report_;
};

}  // namespace

bool is_specbridge_checkpoint(const nn::Weights& weights) {
  return weights.has(std::string(retrieve::kSpecbridgeMapper) + "W.weight") &&
         weights.has(std::string(retrieve::kSpecbridgeDreams) + "ff_peak.ff.0.weight");
}

SpecbridgeImportReport describe_specbridge(const nn::Weights& weights) { return SpecbridgeImport(weights).report(); }

SpecbridgeImportReport import_specbridge(const nn::Weights& weights, const SpecbridgeImportOptions& options) {
  SpecbridgeImport import(weights);
  import.write(options);
  return import.report();
}

}  // namespace molbridge::service
