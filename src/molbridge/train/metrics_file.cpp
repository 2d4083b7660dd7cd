#include "molbridge/train/metrics_file.hpp"

#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::train {
namespace {

constexpr const char* kHeader = "step\tepoch\tloss\tlearning_rate\tgradient_norm\n";

/// The rows up to `last_step`; an incomplete last line (a kill in the middle of a write) is dropped.
std::string kept_rows(const std::string& path, std::int64_t last_step) {
  std::string kept = kHeader;
  if (!file_exists(path)) return kept;
  const std::string text = read_text_file(path);
  std::size_t begin = text.find('\n');
  while (begin != std::string::npos && begin + 1 < text.size()) {
    const std::size_t end = text.find('\n', begin + 1);
    if (end == std::string::npos) break;
    const std::string line = text.substr(begin + 1, end - begin);
    const auto step = parse_int(line.substr(0, line.find('\t')));
    if (!step || *step > last_step) break;
    kept += line;
    begin = end;
  }
  return kept;
}

}  // namespace

MetricsFile::MetricsFile(std::string path, std::int64_t last_step) : path_(std::move(path)) {
  write_file_atomically(path_, kept_rows(path_, last_step));
  out_.open(path_, std::ios::app);
  if (!out_) throw Error(ErrorCode::kOutput, "cannot append").in_file(path_);
}

void MetricsFile::append(const MetricsRow& row) {
  out_ << row.step << '\t' << format_fixed(row.epoch, 3) << '\t' << format_fixed(row.loss, 6) << '\t'
       << format_shortest(row.learning_rate) << '\t' << format_fixed(row.gradient_norm, 6) << '\n';
  out_.flush();
  if (!out_) throw Error(ErrorCode::kOutput, "cannot append").in_file(path_);
}

}  // namespace molbridge::train
