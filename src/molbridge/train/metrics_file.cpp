#include "molbridge/train/metrics_file.hpp"

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::train {
namespace {

struct KeptRows {
  std::string header, rows;
};

/// The header and the rows up to `last_step`; an incomplete last line (a kill in the middle of a write) is dropped.
KeptRows kept_rows(const std::string& path, std::int64_t last_step) {
  if (!file_exists(path) || last_step == 0) return {};
  const std::string text = read_text_file(path);
  std::size_t end = text.find('\n');
  if (end == std::string::npos) return {};
  KeptRows kept{text.substr(0, end + 1), ""};
  for (std::size_t begin = end + 1; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string line = text.substr(begin, end + 1 - begin);
    const auto step = parse_int(line.substr(0, line.find('\t')));
    if (!step || *step > last_step) break;
    kept.rows += line;
  }
  return kept.rows.empty() ? KeptRows{} : kept;
}

std::string header_of(const NamedValues& values) {
  std::string header = "step\tepoch";
  for (const auto& [name, value] : values) header += "\t" + name;
  return header + "\n";
}

}  // namespace

MetricsFile::MetricsFile(std::string path, std::int64_t last_step) : path_(std::move(path)) {
  KeptRows kept = kept_rows(path_, last_step);
  header_ = std::move(kept.header);
  write_file_atomically(path_, header_ + kept.rows);
  out_.open(path_, std::ios::app);
  if (!out_) throw Error(ErrorCode::kOutput, "cannot append").in_file(path_);
}

void MetricsFile::append(std::int64_t step, double epoch, const NamedValues& values) {
  const std::string header = header_of(values);
  if (header_.empty()) out_ << header;
  MOLBRIDGE_CHECK(header_.empty() || header_ == header, path_ + " has the columns " + header_ + ", not " + header);
  header_ = header;
  out_ << step << '\t' << format_fixed(epoch, 3);
  for (const auto& [name, value] : values) out_ << '\t' << format_shortest(value);
  out_ << '\n';
  out_.flush();
  if (!out_) throw Error(ErrorCode::kOutput, "cannot append").in_file(path_);
}

}  // namespace molbridge::train
