#include <fmt/format.h>

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/model_info.hpp"
#include "molbridge/service/resource_usage.hpp"

namespace molbridge::service {
namespace {

std::string row(std::string_view label, std::string_view value) {
  return value.empty() ? "" : fmt::format("{:<14}{}\n", label, value);
}

std::string types_text(const ModelInfo& info) {
  std::string out;
  for (const auto& [type, count] : info.types) out += (out.empty() ? "" : ", ") + format_count(count) + " " + type;
  return out;
}

std::string files_text(const ModelInfo& info) {
  std::string out;
  for (const ModelFileInfo& file : info.files) {
    out += fmt::format("  {:<34} {:>12}  {:<12} {}\n", file.name, format_bytes(file.bytes), file.state, file.digest);
  }
  return out;
}

}  // namespace

std::string to_text(const ModelInfo& info) {
  std::string out = row("model", info.path) + row("form", info.form) + row("kind", info.kind) +
                    row("sizes", info.summary) + row("digest", info.digest);
  out += row("parameters", format_count(info.parameters) + " in " + format_bytes(info.bytes));
  out += row("tensors", types_text(info)) + row("import", info.fitting);
  if (!info.manifest.empty()) out += "manifest\n";
  for (const auto& [key, value] : info.manifest) out += fmt::format("  {:<34} {}\n", key, value);
  if (!info.groups.empty()) out += "groups\n";
  for (const auto& group : info.groups) {
    out += fmt::format("  {:<34} {:>6} tensors {:>14} parameters\n", group.name, group.tensors,
                       format_count(group.parameters));
  }
  if (!info.dropped.empty()) out += "left out\n";
  for (const auto& line : info.dropped) out += "  " + line + "\n";
  if (!info.hyper_parameters.empty()) out += "hyper-parameters\n";
  for (const auto& [key, value] : info.hyper_parameters) out += fmt::format("  {:<34} {}\n", key, value);
  if (!info.files.empty()) out += "files\n" + files_text(info);
  if (!info.tensors.empty()) out += "tensors\n";
  for (const auto& tensor : info.tensors)
    out += fmt::format("  {:<60} {:<5} {}\n", tensor.name, tensor.type, tensor.shape);
  for (const ModelInfo& part : info.parts) out += "\n" + to_text(part);
  if (!info.problem.empty()) out += "\n" + row("damaged", info.problem);
  return out;
}

namespace {

Json json_of(const ModelInfo& info) {
  Json json = {{"path", info.path},     {"form", info.form},       {"kind", info.kind},
               {"sizes", info.summary}, {"digest", info.digest},   {"parameters", info.parameters},
               {"bytes", info.bytes},   {"import", info.fitting},  {"types", info.types},
               {"whole", info.whole()}, {"left_out", info.dropped}};
  json["manifest"] = Json::object();
  for (const auto& [key, value] : info.manifest) json["manifest"][key] = value;
  json["hyper_parameters"] = Json::object();
  for (const auto& [key, value] : info.hyper_parameters) json["hyper_parameters"][key] = value;
  json["groups"] = Json::array();
  for (const auto& group : info.groups) {
    json["groups"].push_back({{"name", group.name}, {"tensors", group.tensors}, {"parameters", group.parameters}});
  }
  json["files"] = Json::array();
  for (const auto& file : info.files) {
    json["files"].push_back(
        {{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.digest}, {"state", file.state}});
  }
  if (!info.tensors.empty()) json["tensors"] = Json::array();
  for (const auto& tensor : info.tensors) {
    json["tensors"].push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
  }
  for (const ModelInfo& part : info.parts) json["parts"].push_back(json_of(part));
  if (!info.problem.empty()) json["problem"] = info.problem;
  return json;
}

}  // namespace

std::string to_json(const ModelInfo& info) {
  return json_of(info).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace molbridge::service
