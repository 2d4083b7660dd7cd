#include "molbridge/service/embed.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "molbridge/core/byte_stream.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/embed_inputs.hpp"
#include "molbridge/service/embed_job.hpp"
#include "molbridge/service/embedder.hpp"
#include "molbridge/service/embedding_file.hpp"
#include "molbridge/service/embedding_spool.hpp"
#include "molbridge/service/molecule_stream.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string place(const EmbedItem& item) {
  std::string out = item.source;
  if (item.line > 0) out += ":" + std::to_string(item.line);
  return item.id.empty() ? out : out + " (" + item.id + ")";
}

void scale_to_length_one(std::span<float> row) {
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) * static_cast<double>(value);
  const double length = std::sqrt(sum);
  for (float& value : row) value = length > 0 ? static_cast<float>(static_cast<double>(value) / length) : 0;
}

/// Collects items to batches, embeds them, and hands the rows on in order.
class EmbedRun {
 public:
  EmbedRun(const EmbedOptions& options, Progress& progress, const std::function<void(const std::string&)>& say)
      : options_(options),
        progress_(progress),
        say_(say),
        format_(embedding_format(options.format, options.output)),
        to_file_(options.output != "-" && (is_repeatable(options.output) || !file_exists(options.output))) {
    if (!to_file_ && format_ != EmbeddingFormat::kTsv) {
      throw Error(ErrorCode::kUsage, "standard output and pipes take TSV only")
          .remedy("Name a file: -o OUT.safetensors or -o OUT.npy.");
    }
    embedder_ = open_embedder(options);
  }

  EmbedReport run() {
    open_output_or_spool();
    progress_.start("embedding", 0, std::string(name(options_.kind) == "text" ? "texts" : name(options_.kind)));
    try {
      report_.failed_inputs =
          for_each_item(options_, [this](EmbedItem item, auto share) { push(std::move(item), share); });
      flush();
    } catch (const Error& e) {
      if (e.code() == ErrorCode::kCancelled && spool_) {
        spool_->checkpoint();
        throw interrupted_error();
      }
      throw;
    }
    progress_.finish();
    finish();
    return report_;
  }

 private:
  void open_output_or_spool() {
    report_.encoder = embedder_->name();
    report_.width = embedder_->width();
    if (!to_file_) {
      output_ = open_output(options_.output);
      output_->write(embedding_tsv_header(report_.width));
      return;
    }
    report_.digest = embedder_->digest();
    metadata_ = embed_metadata(options_, *embedder_, report_.digest);
    const bool repeatable = std::all_of(options_.inputs.begin(), options_.inputs.end(), is_repeatable);
    const bool resume = repeatable && !options_.restart;
    spool_ =
        std::make_unique<EmbeddingSpool>(options_.output, embed_job_digest(options_, metadata_), report_.width, resume);
    skip_ = report_.resumed = spool_->rows();
    if (spool_->discarded()) {
      say_("the unfinished run in " + options_.output +
           ".partial was of other inputs, another model or other options: starting anew");
    }
    if (report_.resumed > 0)
      say_("continuing after " + format_count(report_.resumed) + " rows that an earlier run made");
  }

  void push(EmbedItem item, std::optional<double> share) {
    check_interrupt();
    ++report_.read;
    if (skip_ > 0) {
      --skip_;
      return;
    }
    share_ = share;
    batch_bytes_ += item.bytes();
    batch_.push_back(std::move(item));
    constexpr std::size_t kMostItems = 512, kMostBytes = std::size_t{32} << 20;
    if (batch_.size() >= kMostItems || batch_bytes_ >= kMostBytes || batch_.size() >= options_.checkpoint_rows) flush();
  }

  void flush() {
    if (batch_.empty()) return;
    const std::size_t width = report_.width;
    std::vector<float> vectors(batch_.size() * width);
    embedder_->embed(batch_, options_.threads, vectors);
    for (std::size_t i = 0; i < batch_.size(); ++i) finish_row(batch_[i], std::span(vectors).subspan(i * width, width));
    hand_on(vectors);
    done_ += batch_.size();
    batch_.clear();
    batch_bytes_ = 0;
    show_progress();
    checkpoint_if_due();
  }

  void finish_row(EmbedItem& item, std::span<float> row) {
    if (item.reason.empty() && options_.normalize) scale_to_length_one(row);
    const auto finite = [](float value) { return std::isfinite(value); };
    if (item.reason.empty() && !std::all_of(row.begin(), row.end(), finite)) item.reason = "the vector is not finite";
    if (item.reason.empty()) return count_truncated(item);
    tally_.add(item.reason, place(item));
    std::fill(row.begin(), row.end(), std::numeric_limits<float>::quiet_NaN());
    ++failed_here_;
  }

  void count_truncated(const EmbedItem& item) {
    if (!item.truncated) return;
    if (truncated_here_++ == 0) report_.first_truncated = place(item);
  }

  void hand_on(std::span<float> vectors) {
    if (spool_) return spool_->add(batch_, vectors);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      output_->write(embedding_tsv_row(batch_[i].id, vectors.subspan(i * report_.width, report_.width)));
    }
  }

  void show_progress() {
    std::string note;
    if (share_ && *share_ > 0.001) {
      note = format_fixed(*share_ * 100, 0) + " % of the input";
      if (report_.resumed == 0) note += ", eta " + format_duration(seconds_since(started_) * (1 - *share_) / *share_);
    }
    if (failed_here_ > 0) note += "  " + format_count(failed_here_) + " without vector";
    progress_.note(note);
    progress_.advance(done_);
  }

  void checkpoint_if_due() {
    constexpr double kSeconds = 10;
    if (!spool_) return;
    if (done_ - checkpointed_ < options_.checkpoint_rows && seconds_since(last_checkpoint_) < kSeconds) return;
    spool_->checkpoint();
    checkpointed_ = done_;
    last_checkpoint_ = Clock::now();
  }

  Error interrupted_error() const {
    return Error(ErrorCode::kCancelled,
                 "interrupted; " + format_count(spool_->rows()) + " rows are kept in " + options_.output + ".partial")
        .remedy("Run the same command again to continue.");
  }

  void finish() {
    report_.failed = failed_here_;
    report_.truncated = truncated_here_;
    if (spool_) {
      MOLBRIDGE_CHECK(skip_ == 0, "the input is shorter than the checkpoint says");
      spool_->checkpoint();
      report_.failed = spool_->failed();
      report_.truncated = spool_->truncated();
      write_files();
      spool_->remove();
    } else {
      output_->commit();
    }
    report_.embedded = report_.read - report_.failed;
    report_.reasons = tally_.groups();
    report_.seconds = seconds_since(started_);
  }

  /// The vectors go last: where they are, all is there.
  void write_files() {
    metadata_["rows"] = std::to_string(spool_->rows());
    metadata_["failed"] = std::to_string(spool_->failed());
    metadata_["truncated"] = std::to_string(spool_->truncated());
    report_.ids_file = options_.output + ".ids.tsv";
    copy_file(spool_->ids_file(), report_.ids_file);
    Json record = Json::object();
    for (const auto& [key, value] : metadata_) record[key] = key == "options" ? Json::parse(value) : Json(value);
    record["width"] = report_.width;
    record["inputs"] = options_.inputs;
    write_json_file(options_.output + ".run.json", record);
    write_embeddings(options_.output, format_,
                     {spool_->rows_file(), spool_->ids_file(), spool_->rows(), report_.width, metadata_});
  }

  static void copy_file(const std::string& from, const std::string& to) {
    AtomicFile out(to);
    const auto bytes = open_bytes(from);
    std::vector<std::byte> block(std::size_t{1} << 18);
    for (std::size_t got; (got = bytes->read(block)) > 0;) out.write(std::span(block).first(got));
    out.commit();
  }

  const EmbedOptions& options_;
  Progress& progress_;
  const std::function<void(const std::string&)>& say_;
  EmbeddingFormat format_;
  bool to_file_;
  std::shared_ptr<const Embedder> embedder_;
  std::map<std::string, std::string> metadata_;
  std::unique_ptr<EmbeddingSpool> spool_;  ///< for files; else
  std::unique_ptr<Output> output_;
  EmbedReport report_;
  ReasonTally tally_;
  std::vector<EmbedItem> batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t skip_ = 0, done_ = 0, checkpointed_ = 0, failed_here_ = 0, truncated_here_ = 0;
  std::optional<double> share_;
  Clock::time_point started_ = Clock::now(), last_checkpoint_ = Clock::now();
};

}  // namespace

std::string_view name(EmbedKind kind) {
  switch (kind) {
    case EmbedKind::kSpectra: return "spectra";
    case EmbedKind::kMolecules: return "molecules";
    case EmbedKind::kText: return "text";
    case EmbedKind::kProteins: return "proteins";
  }
  return "";
}

EmbedReport embed(const EmbedOptions& options, Progress& progress, const std::function<void(const std::string&)>& say) {
  if (std::count(options.inputs.begin(), options.inputs.end(), "-") > 1) {
    throw Error(ErrorCode::kUsage, "standard input (-) is named twice");
  }
  return EmbedRun(options, progress, say).run();
}

}  // namespace molbridge::service
