#include "molbridge/service/model_import.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/biobridge_manifest.hpp"
#include "molbridge/retrieve/link_model.hpp"
#include "molbridge/service/biobridge_import.hpp"
#include "molbridge/service/import_plan.hpp"
#include "molbridge/service/model_target.hpp"
#include "molbridge/service/specbridge_import.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Error unknown_kind(const nn::Weights& weights, const std::string& source) {
  std::vector<std::string> names;
  for (const auto& [name, view] : weights.tensors()) names.push_back(name);
  std::string groups = join(grouped(names, "unknown"), "; ");
  return Error(ErrorCode::kModel, "its tensors are of no known kind: " + groups.substr(0, 500))
      .in_file(source)
      .remedy(
          "Read are DreaMS, SpecBridge and BioBridge checkpoints, and Hugging Face folders of roberta, bert, albert "
          "and esm, "
          "which "
          "need config.json beside the weights.");
}

ImportPlan make_plan(const nn::Weights& weights, const ModelImportOptions& options) {
  const std::string source = without_slash(options.source);
  const std::string folder = folder_exists(source) ? source : fs::path(source).parent_path().string();
  const std::string config = (folder.empty() ? "." : folder) + "/config.json";
  if (const auto prefix = encoders::find_dreams_prefix(weights)) return plan_dreams(weights, *prefix);
  if (is_biobridge_checkpoint(weights)) return plan_biobridge(weights, file_exists(config) ? config : "");
  if (file_exists(config)) return plan_transformer(weights, folder.empty() ? "." : folder, options.drop);
  throw unknown_kind(weights, source);
}

/// A folder beside the target that takes its place when it is whole, and goes away otherwise.
class NewFolder {
 public:
  explicit NewFolder(std::string target)
      : target_(std::move(target)), path_(target_ + "." + std::to_string(::getpid()) + ".tmp") {}
  ~NewFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::string& path() const { return path_; }

  void put_in_place() {
    sync_folder(path_);
    const std::string old = path_ + ".old";
    const bool replaces = fs::exists(target_);
    if (replaces) move(target_, old);
    try {
      move(path_, target_);
    } catch (...) {
      if (replaces) move(old, target_);
      throw;
    }
    sync_folder(fs::absolute(target_).parent_path().string());
    std::error_code ignored;
    fs::remove_all(old, ignored);
  }

 private:
  static void move(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    throw Error(ErrorCode::kOutput, std::string("cannot move here: ") + std::strerror(errno)).in_file(to);
  }
  std::string target_, path_;
};

/// Tensors go from the map of the source to the disk one by one, and leave the memory of the process again.
void add_tensors(nn::ModelFolderWriter& writer, const nn::Weights& weights, const ImportPlan& plan,
                 ModelImportReport& report) {
  for (const auto& [from, to] : plan.kept) {
    const nn::TensorView& tensor = weights.at(from);
    ++report.tensors;
    report.bytes += tensor.bytes.size();
    report.parameters += tensor.bytes.size() / nn::element_size(tensor.type);
    writer.weights.add_view(to, tensor.type, tensor.shape, tensor.bytes, [&weights, from = from] {
      check_interrupt();
      weights.release(from);
    });
  }
}

std::string default_name(const ModelImportOptions& options) {
  if (!options.name.empty()) return options.name;
  const fs::path path(without_slash(options.source));
  return folder_exists(path.string()) ? fs::absolute(path).filename().string() : path.stem().string();
}

void write_head(nn::ModelFolderWriter& writer, const ModelImportOptions& options, const ImportPlan& plan,
                const ModelImportReport& report) {
  writer.manifest.text("kind", plan.kind);
  writer.manifest.text("name", report.name);
  writer.manifest.text("licence", options.licence);
  writer.manifest.text("source", options.origin);
  writer.manifest.text("tool_version", version());
  writer.manifest.text("import.file", fs::path(without_slash(options.source)).filename().string());
  writer.manifest.text("import.container", report.container);
  writer.manifest.integer("import.tensors", static_cast<std::int64_t>(report.tensors));
  writer.manifest.integer("import.parameters", static_cast<std::int64_t>(report.parameters));
  writer.manifest.texts("import.dropped", report.dropped);
  plan.write_sizes(writer.manifest);
}

void write_encoder(const nn::Weights& weights, const ModelImportOptions& options, const std::string& folder,
                   ModelImportReport& report, Progress& progress) {
  const ImportPlan plan = make_plan(weights, options);
  report.kind = plan.kind;
  report.summary = plan.summary;
  report.container = weights.container();
  report.dropped = weights.dropped();
  report.dropped.insert(report.dropped.end(), plan.dropped.begin(), plan.dropped.end());
  nn::ModelFolderWriter writer;
  progress.start("importing " + options.source, 0, "tensors");
  add_tensors(writer, weights, plan, report);
  write_head(writer, options, plan, report);
  for (const auto& [name, path] : plan.side_files) {
    writer.add_side_file(name, read_text_file(path));
    report.side_files.push_back(name);
  }
  writer.write(folder);
  progress.finish();
}

void write_specbridge(const nn::Weights& weights, const ModelImportOptions& options, const std::string& folder,
                      ModelImportReport& report) {
  const SpecbridgeImportReport import = import_specbridge(weights, {.molecule_encoder = options.molecule_encoder,
                                                                    .output = folder,
                                                                    .name = report.name,
                                                                    .licence = options.licence,
                                                                    .origin = options.origin});
  report.kind = retrieve::kSpecbridgeKind;
  report.container = weights.container();
  report.summary = join(import.parts, "; ");
  report.dropped = import.dropped;
  report.notes = import.notes;
  report.tensors = import.tensors;
  report.parameters = import.parameters;
  report.bytes = import.bytes;
}

/// What the program would say at the first use is said now.
void try_to_open(const std::string& folder, const std::string& kind) {
  if (kind == encoders::kDreamsKind) {
    encoders::open_dreams(folder, {});
  } else if (kind == retrieve::kBiobridgeKind) {
    retrieve::LinkModel::load(folder);
  } else if (kind != retrieve::kSpecbridgeKind) {
    encoders::SequenceEncoder::open(folder);
  }
}

}  // namespace

ModelImportReport import_model(const ModelImportOptions& options, Progress& progress) {
  const std::string target = without_slash(options.output);
  check_model_target(target, options.force);
  if (nn::is_model_folder(options.source)) {
    throw Error(ErrorCode::kModel, "is a model folder already")
        .in_file(options.source)
        .remedy("Use it as it is, or copy it.");
  }
  NewFolder folder(target);
  ModelImportReport report;
  report.folder = target;
  report.name = default_name(options);
  const nn::Weights weights = nn::Weights::open(options.source);
  if (is_specbridge_checkpoint(weights)) {
    write_specbridge(weights, options, folder.path(), report);
  } else {
    write_encoder(weights, options, folder.path(), report, progress);
  }
  try_to_open(folder.path(), report.kind);
  report.digest = sha256_file(folder.path() + "/" + nn::kManifestFile);
  folder.put_in_place();
  return report;
}

}  // namespace molbridge::service
