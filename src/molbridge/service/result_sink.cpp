#include "molbridge/service/result_sink.hpp"

#include <filesystem>
#include <utility>

#include "molbridge/core/files.hpp"

namespace molbridge::service {

std::string where(const Answer& answer) {
  const std::string line = answer.line > 0 ? ":" + std::to_string(answer.line) : "";
  return answer.source + line + " (" + answer.query_id + ")";
}

ResultSink::ResultSink(std::string path, ResultFormat format, const ResultLayout& layout, Provenance provenance)
    : path_(std::move(path)), format_(format), provenance_(std::move(provenance)) {
  if (path_.empty()) return;
  writer_ = make_result_writer(format_, layout, provenance_);
  output_ = open_output(path_);
  output_->write(writer_->header());
}

void ResultSink::add(Answer& answer) {
  answer.query_index = totals_.read++;
  if (answer.status == QueryStatus::kRanked) ++totals_.ranked;
  if (answer.status == QueryStatus::kNoCandidates) ++totals_.no_candidates;
  if (answer.status == QueryStatus::kSkipped) {
    ++totals_.skipped;
    skip_reasons_.add(answer.reason, where(answer));
  }
  if (!output_) return;
  if (held_) return held_->add(answer);
  output_->write(writer_->query(answer));
}

void ResultSink::hold() {
  if (!output_) return;
  std::error_code error;
  const bool is_device = std::filesystem::exists(path_, error) && !std::filesystem::is_regular_file(path_, error);
  const bool is_file = path_ != "-" && !is_device;
  held_ = std::make_unique<AnswerSpool>(
      (is_file ? std::filesystem::path(path_).parent_path() : std::filesystem::temp_directory_path(error)).string());
}

void ResultSink::finish(const std::function<void(Answer&)>& complete) {
  if (!output_) return;
  if (held_) {
    held_->replay([&](Answer& answer) {
      complete(answer);
      output_->write(writer_->query(answer));
    });
  }
  output_->write(writer_->footer(totals_));
  output_->commit();
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path_, error);  // not standard output, /dev/null, a pipe
  if (is_file && format_ == ResultFormat::kTsv)
    write_file_atomically(path_ + ".run.json", run_record(provenance_, totals_));
}

}  // namespace molbridge::service
