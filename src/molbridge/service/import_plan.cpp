#include "molbridge/service/import_plan.hpp"

#include <array>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/service/transformer_tensors.hpp"

namespace molbridge::service {
namespace {

/// What decides the tokens, the pooling, and the terms of use; everything else of a folder stays behind.
constexpr std::array kSideFiles = {"config.json",
                                   "tokenizer.json",
                                   "tokenizer_config.json",
                                   "vocab.txt",
                                   "vocab.json",
                                   "merges.txt",
                                   "added_tokens.json",
                                   "special_tokens_map.json",
                                   "sentence_bert_config.json",
                                   "modules.json",
                                   "1_Pooling/config.json",
                                   "config_sentence_transformers.json",
                                   "spiece.model",
                                   "LICENSE",
                                   "LICENSE.txt"};
constexpr std::uint64_t kMaxSideFile = std::uint64_t{128} << 20;

void list(std::string& text, const std::string& label, const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 20;
  if (names.empty()) return;
  text += "\n  " + label + " (" + std::to_string(names.size()) + "):";
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) text += "\n    " + names[i];
  if (names.size() > kShown) text += "\n    and " + std::to_string(names.size() - kShown) + " more";
}

Error misfit(const TensorSorting& sorting, const std::string& kind, const std::string& file) {
  std::string text = "the tensors are not those of a " + kind + " of the sizes in config.json";
  list(text, "missing", sorting.missing);
  list(text, "unexpected", sorting.unexpected);
  list(text, "of another shape", sorting.mismatched);
  Error error(ErrorCode::kModel, text);
  error.in_file(file);
  if (sorting.missing.empty() && sorting.mismatched.empty())
    error.remedy("--drop NAME leaves out tensors whose names begin so.");
  return error;
}

}  // namespace

std::vector<std::string> grouped(const std::vector<std::string>& names, const std::string& reason) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : names) ++counts[name.substr(0, name.find('.'))];
  std::vector<std::string> lines;
  for (const auto& [group, count] : counts) {
    lines.push_back(group + ": " + std::to_string(count) + (count == 1 ? " tensor, " : " tensors, ") + reason);
  }
  return lines;
}

ImportPlan plan_dreams(const nn::Weights& weights, const std::string& prefix) {
  const encoders::DreamsConfig config = encoders::infer_dreams_config(weights, prefix);
  encoders::DreamsTensors tensors = encoders::sort_dreams_tensors(weights, prefix);
  ImportPlan plan;
  plan.kind = encoders::kDreamsKind;
  plan.summary = std::to_string(config.layers) + " layers, width " + std::to_string(config.d_model()) + ", " +
                 std::to_string(config.heads) + " heads";
  plan.kept = std::move(tensors.kept);
  plan.dropped = std::move(tensors.dropped);
  plan.write_sizes = [config](ConfigWriter& manifest) { encoders::write_dreams_config(config, manifest); };
  return plan;
}

ImportPlan plan_transformer(const nn::Weights& weights, const std::string& folder,
                            const std::vector<std::string>& drop) {
  const TransformerSizes sizes = read_transformer_sizes(folder + "/config.json");
  const TensorSorting sorting = sort_transformer_tensors(weights, sizes, drop);
  if (!sorting.fits()) throw misfit(sorting, sizes.kind, weights.files().empty() ? folder : weights.files().front());
  ImportPlan plan;
  plan.kind = sizes.kind;
  plan.summary = std::to_string(sizes.layers) + " layers, width " + std::to_string(sizes.hidden) + ", " +
                 std::to_string(sizes.heads) + " heads, " + std::to_string(sizes.vocabulary) + " tokens";
  for (const std::string& name : sorting.kept) plan.kept.emplace_back(name, name);
  plan.dropped = grouped(sorting.dropped, "not needed for embeddings");
  plan.write_sizes = [sizes](ConfigWriter& manifest) {
    manifest.integer("network.layers", sizes.layers);
    manifest.integer("network.hidden", sizes.hidden);
    manifest.integer("network.heads", sizes.heads);
    manifest.integer("network.intermediate", sizes.intermediate);
    manifest.integer("network.vocabulary", sizes.vocabulary);
  };
  for (const char* name : kSideFiles) {
    const std::string path = folder + "/" + name;
    if (!file_exists(path)) continue;
    if (file_size(path) > kMaxSideFile) throw Error(ErrorCode::kModel, "is too large for its kind").in_file(path);
    plan.side_files[name] = path;
  }
  return plan;
}

}  // namespace molbridge::service
