#include "molbridge/service/embed_job.hpp"

#include <algorithm>
#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/bank_job.hpp"
#include "molbridge/service/molecule_stream.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;

/// An input that cannot be read is part of the job too: it may be there at the next run.
std::string digest_or_reason(const std::string& path) {
  try {
    return content_digest(path);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
    return "unreadable";
  }
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string input_digest(const std::string& input) {
  if (!folder_exists(input)) return digest_or_reason(input);
  Sha256 hash;
  for (const std::string& file : files_below(input)) {
    hash.update(file.substr(input.size()) + "\n" + digest_or_reason(file) + "\n");
  }
  return hash.finish();
}

Json options_json(const EmbedOptions& options, const Embedder& embedder) {
  Json json = Json::object();
  for (const auto& [key, value] : embedder.settings()) json[key] = value;
  if (options.normalize) json["normalize"] = "yes";
  if (options.kind == EmbedKind::kSpectra) {
    json["from"] = options.from;
    json["profile"] = options.centroid ? "centroided" : "refused";
  } else if (options.kind == EmbedKind::kMolecules) {
    json["smiles_column"] = options.reading.smiles_column;
    json["name_column"] = options.reading.name_column;
    json["id_column"] = options.reading.id_column;
  } else {
    json["column"] = options.column;
    json["id_column"] = options.id_column;
  }
  return json;
}

}  // namespace

std::map<std::string, std::string> embed_metadata(const EmbedOptions& options, const Embedder& embedder,
                                                  const std::string& digest) {
  return {{"content", "molbridge embeddings"},
          {"kind", std::string(name(options.kind))},
          {"model", embedder.name()},
          {"model_digest", digest},
          {"options", options_json(options, embedder).dump()},
          {"tool_version", std::string(version())}};
}

std::string embed_job_digest(const EmbedOptions& options, const std::map<std::string, std::string>& metadata) {
  Sha256 hash;
  const auto put = [&hash](const std::string& text) { hash.update(std::to_string(text.size()) + ":" + text + "\n"); };
  put("molbridge embed 1");
  for (const auto& [key, value] : metadata) {
    put(key);
    put(value);
  }
  for (const std::string& input : options.inputs) {
    put(input);
    if (is_repeatable(input)) put(input_digest(input));
  }
  return hash.finish();
}

}  // namespace molbridge::service
