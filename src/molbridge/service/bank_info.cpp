#include "molbridge/service/bank_info.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "molbridge/bank/check.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/resource_usage.hpp"

namespace molbridge::service {
namespace {

std::uint64_t folder_bytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  }
  return bytes;
}

}  // namespace

BankInfoReport describe_bank(const BankInfoOptions& options, Progress& progress) {
  const auto bank = bank::Bank::open(options.bank);
  if (options.check) bank::deep_check(options.bank, progress);
  BankInfoReport report;
  report.folder = bank->folder();
  report.manifest = bank->manifest();
  if (bank->size() > 0) {
    report.mass_min = bank->masses().front();
    report.mass_max = bank->masses().back();
  }
  report.bytes = folder_bytes(bank->folder());
  report.checked = options.check;
  return report;
}

std::string to_text(const BankInfoReport& report) {
  const bank::Manifest& m = report.manifest;
  std::string out;
  const auto line = [&out](std::string_view key, const std::string& value) {
    out += fmt::format("{:<16}{}\n", key, value);
  };
  line("bank", report.folder);
  line("molecules", format_count(m.count));
  if (m.count > 0) line("masses", format_fixed(report.mass_min, 4) + " to " + format_fixed(report.mass_max, 4) + " u");
  line("encoder", m.encoder);
  line("encoder digest", m.encoder_digest);
  line("rows", fmt::format("{} x {}", m.width, bank::name(m.dtype)));
  line("size on disk", format_bytes(report.bytes));
  line("sources", join(m.sources, ", "));
  line("toolkit", m.toolkit);
  line("written by", "molbridge " + m.tool_version);
  line("digest", m.digest);
  if (report.checked) line("check", "every byte and every row is as it should be");
  return out;
}

std::string to_json(const BankInfoReport& report) {
  const bank::Manifest& m = report.manifest;
  Json json;
  json["bank"] = report.folder;
  json["digest"] = m.digest;
  json["count"] = m.count;
  json["mass_min"] = report.mass_min;
  json["mass_max"] = report.mass_max;
  json["encoder"] = m.encoder;
  json["encoder_digest"] = m.encoder_digest;
  json["width"] = m.width;
  json["dtype"] = bank::name(m.dtype);
  json["bytes"] = report.bytes;
  json["sources"] = m.sources;
  json["toolkit"] = m.toolkit;
  json["tool_version"] = m.tool_version;
  json["checked"] = report.checked;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace molbridge::service
