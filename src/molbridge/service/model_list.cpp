#include "molbridge/service/model_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "molbridge/core/config.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/two_stage.hpp"
#include "molbridge/service/installation.hpp"
#include "molbridge/service/model_cache.hpp"
#include "molbridge/service/model_registry.hpp"

namespace molbridge::service {
namespace fs = std::filesystem;
namespace {

std::uint64_t size_or_zero(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::uint64_t folder_size(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) sum += size_or_zero(entry.path());
  }
  return sum;
}

/// Stages of a model of two, as "bridge: fingerprint-ffn".
std::vector<std::string> parts_of(const fs::path& folder) {
  std::vector<std::string> parts;
  for (const char* part : {retrieve::kBridgeFolder, retrieve::kRerankFolder}) {
    parts.push_back(part + (": " + nn::read_model_manifest((folder / part).string()).text("kind")));
  }
  return parts;
}

/// A model folder by its manifest; its weights are not opened.
ListedModel model_folder(const fs::path& folder, ModelState state) {
  ListedModel model;
  model.name = folder.filename().string();
  model.folder = folder.string();
  model.state = state;
  model.bytes_here = folder_size(folder);
  model.size = model.bytes_here;
  try {
    const Config manifest = Config::read((folder / nn::kManifestFile).string(), true);
    model.kind = manifest.text("kind", "");
    model.licence = manifest.text("licence", "");
    if (model.kind == retrieve::kTwoStageKind) model.parts = parts_of(folder);
  } catch (const Error& e) {
    model.problem = e.message();
  }
  return model;
}

std::vector<fs::path> folders_in(const fs::path& parent) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.is_directory(ignored)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void add_model_folders(const fs::path& parent, ModelState state, ModelList& list) {
  for (const fs::path& folder : folders_in(parent)) {
    if (file_exists((folder / nn::kManifestFile).string())) list.models.push_back(model_folder(folder, state));
  }
}

void add_shipped(ModelList& list) {
  for (const std::string& root : installation_roots()) {
    const std::size_t before = list.models.size();
    add_model_folders(fs::path(root) / "models", ModelState::kShipped, list);
    if (list.models.size() > before) return;  // the same rule as find_shipped(): the nearest root counts
  }
}

/// What a pull would find: the sizes of the registry, else those that an earlier pull noted.
void judge_files(const RegistryEntry& entry, ListedModel& model) {
  PulledModel pulled;
  try {
    pulled = read_pulled(model.folder);
  } catch (const Error& e) {
    model.problem = e.message();
  }
  std::size_t right = 0;
  std::uint64_t total = 0;
  for (const RegistryFile& file : entry.files) {
    const fs::path path = fs::path(model.folder) / file.name;
    const PulledFile* noted = pulled.find(file.name);
    const bool here = file_exists(path.string());
    const std::uint64_t size = here ? size_or_zero(path) : size_or_zero(path.string() + ".part");
    std::optional<std::uint64_t> expected = file.size;
    if (!expected && noted != nullptr) expected = noted->size;
    if (here && size == expected.value_or(size)) ++right;
    model.bytes_here += size;
    total += expected.value_or(0);
    model.size_known = model.size_known && expected;
  }
  model.size = total;
  if (right == entry.files.size()) {
    model.state = ModelState::kPulled;
  } else if (model.bytes_here > 0) {
    model.state = ModelState::kPartial;
  }
}

ListedModel registered(const RegistryEntry& entry, const std::string& root) {
  ListedModel model;
  model.name = entry.name;
  model.kind = entry.kind;
  model.description = entry.description;
  model.licence = entry.licence;
  model.source = entry.source;
  model.folder = cached_model_folder(root, entry.name);
  judge_files(entry, model);
  if (model.state == ModelState::kNotPulled) model.folder.clear();
  return model;
}

std::string_view name_of(ModelState state) {
  switch (state) {
    case ModelState::kShipped: return "shipped";
    case ModelState::kReady: return "ready";
    case ModelState::kPulled: return "pulled";
    case ModelState::kPartial: return "partial";
    case ModelState::kNotPulled: return "not pulled";
  }
  return "not pulled";
}

std::string state_text(const ListedModel& model) {
  if (!model.problem.empty()) return "damaged";
  if (model.state != ModelState::kPartial) return std::string(name_of(model.state));
  return "partial, " + format_size(model.bytes_here);
}

void append_row(const ListedModel& model, std::string& out) {
  std::string size = model.size > 0 ? format_size(model.size) : "unknown";
  if (model.size > 0 && !model.size_known) size += "+";
  out +=
      fmt::format("{:<28} {:<16} {:>9}  {:<20} {}\n", model.name, model.kind, size, state_text(model), model.licence);
  for (const std::string& part : model.parts) out += "  " + part + "\n";
}

void append_group(const ModelList& list, const std::string& title, bool here, std::string& out) {
  std::string rows;
  for (const ListedModel& model : list.models) {
    if ((model.state != ModelState::kNotPulled) == here) append_row(model, rows);
  }
  if (rows.empty()) return;
  out += (out.empty() ? "" : "\n") + title + "\n";
  out += fmt::format("{:<28} {:<16} {:>9}  {:<20} {}\n", "name", "kind", "size", "state", "licence") + rows;
}

}  // namespace

ModelList list_models(const ModelListOptions& options) {
  const ModelRegistry registry = ModelRegistry::load(options.registries);
  ModelList list;
  list.cache = cache_root(options.cache);
  add_shipped(list);
  add_model_folders(fs::path(list.cache) / "models", ModelState::kReady, list);
  for (const RegistryEntry& entry : registry.entries()) list.models.push_back(registered(entry, list.cache));
  return list;
}

std::string to_text(const ModelList& list) {
  std::string out;
  append_group(list, "Here (" + list.cache + " and what ships with molbridge):", true, out);
  append_group(list, "To fetch (molbridge model pull NAME):", false, out);
  for (const ListedModel& model : list.models) {
    if (!model.problem.empty()) out += "\n" + model.folder + ": " + model.problem + "\n";
  }
  return out;
}

std::string to_json(const ModelList& list) {
  Json models = Json::array();
  for (const ListedModel& model : list.models) {
    Json one = {{"name", model.name},       {"kind", model.kind},     {"state", name_of(model.state)},
                {"licence", model.licence}, {"source", model.source}, {"description", model.description}};
    one["folder"] = model.folder.empty() ? Json() : Json(model.folder);
    one["size"] = model.size;
    one["size_known"] = model.size_known;
    one["bytes_here"] = model.bytes_here;
    if (!model.parts.empty()) one["parts"] = model.parts;
    if (!model.problem.empty()) one["problem"] = model.problem;
    models.push_back(std::move(one));
  }
  const Json whole = {{"cache", list.cache}, {"models", std::move(models)}};
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return format_fixed(value, decimals) + " " + kUnits[unit];
}

}  // namespace molbridge::service
