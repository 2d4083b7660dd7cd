#include "molbridge/service/model_info.hpp"

#include <algorithm>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/nn/pickle.hpp"
#include "molbridge/retrieve/two_stage.hpp"
#include "molbridge/service/import_plan.hpp"
#include "molbridge/service/specbridge_import.hpp"
#include "molbridge/service/transformer_tensors.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;

void count_tensors(ModelInfo& info, const nn::Weights& weights, bool list) {
  std::map<std::string, ModelGroupInfo> groups;
  for (const auto& [name, tensor] : weights.tensors()) {
    const std::uint64_t count = tensor.bytes.size() / nn::element_size(tensor.type);
    ModelGroupInfo& group = groups[name.substr(0, name.find('.'))];
    ++group.tensors;
    group.parameters += count;
    info.parameters += count;
    info.bytes += tensor.bytes.size();
    ++info.types[std::string(nn::name(tensor.type))];
    if (list) info.tensors.push_back({name, std::string(nn::name(tensor.type)), shape_text(tensor.shape)});
  }
  for (auto& [name, group] : groups) {
    group.name = name;
    info.groups.push_back(group);
  }
  info.dropped = weights.dropped();
}

/// What a training run wrote about itself, one level deep, in short form.
void add_hyper_parameters(ModelInfo& info, const nn::Weights& weights) {
  constexpr std::size_t kLength = 100, kMost = 200;
  const nn::pickle::Node* root = weights.tree();
  const nn::pickle::Node* tree = root != nullptr ? root->find("hyper_parameters") : nullptr;
  if (tree == nullptr) return;
  for (const auto& [key, value] : tree->pairs) {
    if (info.hyper_parameters.size() >= kMost) break;
    const nn::pickle::Node* state = value->state;
    if (value->kind != nn::pickle::Kind::kObject || state == nullptr || !state->is_dict_like()) {
      info.hyper_parameters.emplace_back(key->text, nn::pickle::describe(*value, kLength));
      continue;
    }
    for (const auto& [inner_key, inner] : state->pairs) {
      if (info.hyper_parameters.size() >= kMost) break;
      info.hyper_parameters.emplace_back(key->text + "." + inner_key->text, nn::pickle::describe(*inner, kLength));
    }
  }
}

ModelFileInfo file_info(const std::string& folder, const std::string& name, const Config& manifest, bool check) {
  ModelFileInfo file{.name = name, .bytes = file_size(folder + "/" + name), .digest = "", .state = "not covered"};
  const std::string key = nn::digest_key(name);
  if (!manifest.has(key)) return file;
  file.digest = manifest.text(key);
  file.state = "not checked";
  if (check || file.bytes <= nn::kHashedAtOpening) {
    file.state = sha256_file(folder + "/" + name) == file.digest ? "holds" : "differs";
  }
  return file;
}

/// Files of parts are those of the parts.
void add_files(ModelInfo& info, const Config& manifest, bool check) {
  std::vector<std::string> keys;
  std::error_code error;
  for (fs::recursive_directory_iterator it(info.path, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (info.kind == retrieve::kTwoStageKind && nn::is_model_folder(it->path().string()))
      it.disable_recursion_pending();
    if (!it->is_regular_file(ignored)) continue;
    const std::string name = fs::relative(it->path(), info.path, ignored).string();
    if (name != nn::kManifestFile) info.files.push_back(file_info(info.path, name, manifest, check));
    keys.push_back(nn::digest_key(name));
  }
  std::sort(info.files.begin(), info.files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const std::string& key : manifest.keys("files")) {
    const std::string full = key.starts_with("files.") ? key : "files." + key;
    if (std::find(keys.begin(), keys.end(), full) != keys.end()) continue;
    info.files.push_back({full.substr(6), 0, manifest.text(full), "missing"});
  }
}

/// Lines of model.toml as they are, but the digests of the files.
void add_manifest(ModelInfo& info, const std::string& path) {
  std::string table;
  const std::string text = read_text_file(path);
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with('[') && line.ends_with(']')) table = std::string(line.substr(1, line.size() - 2)) + ".";
    const std::size_t equal = line.find('=');
    if (line.starts_with('#') || line.starts_with('[') || equal == std::string_view::npos || table == "files.")
      continue;
    info.manifest.emplace_back(table + std::string(trim(line.substr(0, equal))),
                               std::string(trim(line.substr(equal + 1))));
  }
}

ModelInfo describe_folder(const ModelInfoOptions& options);

/// Both stages, and whether they are those that the manifest names.
void add_parts(ModelInfo& info, const ModelInfoOptions& options) {
  for (const char* part : {retrieve::kBridgeFolder, retrieve::kRerankFolder}) {
    ModelInfoOptions of_part = options;
    of_part.model += std::string("/") + part;
    if (nn::is_model_folder(of_part.model)) info.parts.push_back(describe_folder(of_part));
  }
  for (const ModelInfo& part : info.parts) {
    info.parameters += part.parameters;
    info.bytes += part.bytes;
  }
  try {
    retrieve::read_two_stage(info.path);
  } catch (const Error& e) {
    info.problem = e.what();
  }
}

ModelInfo describe_folder(const ModelInfoOptions& options) {
  ModelInfo info{.path = options.model, .form = "model folder"};
  const Config manifest = nn::read_model_manifest(options.model);
  const std::string manifest_path = options.model + "/" + nn::kManifestFile;
  info.kind = manifest.text("kind");
  info.digest = sha256_file(manifest_path);
  add_manifest(info, manifest_path);
  add_files(info, manifest, options.check);
  const std::string weights = options.model + "/" + nn::kWeightsFile;
  if (file_exists(weights)) count_tensors(info, nn::Weights::open(weights), options.tensors);
  if (info.kind == retrieve::kTwoStageKind) add_parts(info, options);
  return info;
}

std::string import_command(const std::string& path) {
  return "molbridge model import " + path + " -o " + fs::path(path).stem().string() + "-model";
}

/// Kind, sizes, what would be left out, and whether it all fits, as an import would find it.
void add_fitting(ModelInfo& info, const nn::Weights& weights, const std::string& folder) {
  try {
    if (is_specbridge_checkpoint(weights)) {
      const SpecbridgeImportReport parts = describe_specbridge(weights);
      info.kind = retrieve::kSpecbridgeKind;
      info.summary = join(parts.parts, "; ");
      info.dropped = parts.dropped;
      info.fitting = "fits; " + import_command(info.path) + " --molecule-encoder DIR";
      return;
    }
    const auto prefix = encoders::find_dreams_prefix(weights);
    const bool transformer = !prefix && file_exists(folder + "/config.json");
    if (!prefix && !transformer) {
      info.fitting = "its tensors are of no kind that this program reads";
      return;
    }
    const ImportPlan plan = prefix ? plan_dreams(weights, *prefix) : plan_transformer(weights, folder, {});
    info.kind = plan.kind;
    info.summary = plan.summary;
    info.dropped.insert(info.dropped.end(), plan.dropped.begin(), plan.dropped.end());
    info.fitting = "fits; " + import_command(info.path);
  } catch (const Error& e) {
    info.fitting = e.message();
  }
}

ModelInfo describe_published(const ModelInfoOptions& options) {
  ModelInfo info{.path = options.model, .kind = "unknown"};
  const nn::Weights weights = nn::Weights::open(options.model);
  const bool is_folder = folder_exists(options.model);
  info.form = is_folder ? "Hugging Face folder (" + weights.container() + ")" : weights.container();
  count_tensors(info, weights, options.tensors);
  add_hyper_parameters(info, weights);
  const std::string parent = fs::path(options.model).parent_path().string();
  add_fitting(info, weights, is_folder ? options.model : parent.empty() ? "." : parent);
  for (const std::string& file : weights.files()) {
    const bool hash = options.check || file_size(file) <= nn::kHashedAtOpening;
    info.files.push_back({file, file_size(file), hash ? sha256_file(file) : "", hash ? "not covered" : "not checked"});
  }
  if (info.files.size() == 1) info.digest = info.files[0].digest;
  return info;
}

}  // namespace

bool ModelInfo::whole() const {
  const bool parts_whole =
      problem.empty() && std::all_of(parts.begin(), parts.end(), [](const ModelInfo& part) { return part.whole(); });
  return parts_whole && std::none_of(files.begin(), files.end(), [](const ModelFileInfo& file) {
           return file.state == "differs" || file.state == "missing";
         });
}

ModelInfo describe_model(const ModelInfoOptions& options) {
  if (nn::is_model_folder(options.model)) return describe_folder(options);
  if (!folder_exists(options.model) && !file_exists(options.model)) {
    throw Error(ErrorCode::kModel, "no such file or folder").in_file(options.model);
  }
  return describe_published(options);
}

}  // namespace molbridge::service
