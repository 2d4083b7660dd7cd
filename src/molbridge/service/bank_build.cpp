#include "molbridge/service/bank_build.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <span>

#include "molbridge/bank/builder.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/bank_job.hpp"
#include "molbridge/service/molecule_import.hpp"
#include "molbridge/service/molecule_stream.hpp"
#include "molbridge/service/rejected_log.hpp"

namespace molbridge::service {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Without slashes at the end, a link followed: the builder and the list of rejected rows put their files beside it.
std::string real_folder(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const auto target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

bank::Dtype choose_dtype(const std::string& wanted, const encoders::MoleculeEncoder& encoder) {
  const bank::Dtype dtype = wanted != "auto"      ? bank::parse_dtype(wanted)
                            : encoder.is_binary() ? bank::Dtype::kBits
                                                  : bank::Dtype::kFloat16;
  if (dtype == bank::Dtype::kBits && !encoder.is_binary()) {
    throw Error(ErrorCode::kUsage, "--dtype bits needs an encoder of bits, which " + encoder.name() + " is not")
        .remedy("Take --dtype float16 or float32.");
  }
  return dtype;
}

class BankBuild {
 public:
  BankBuild(const BankBuildOptions& options, Progress& progress, const Say& say)
      : options_(options),
        progress_(progress),
        say_(say),
        folder_(real_folder(options.output)),
        encoder_(encoders::make_molecule_encoder(options.encoder)),
        dtype_(choose_dtype(options.dtype, *encoder_)),
        selection_(options.selection, options.threads, progress),
        stream_(options.molecules, options.reading) {}

  BankBuildReport run() {
    start();
    skip_safe_rows();
    try {
      take_in_all();
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kCancelled) throw;
      checkpoint();
      throw interrupted_error();
    }
    checkpoint();  // a kill while the bank is written costs nothing but the writing
    finish();
    return report_;
  }

 private:
  void start() {
    const bool repeatable = std::all_of(options_.molecules.begin(), options_.molecules.end(), is_repeatable);
    const bool resume = !options_.restart && repeatable;
    const bool unfinished = folder_exists(folder_ + ".partial");
    open_builder(resume);
    if (resume && unfinished && report_.resumed == 0) {
      say_("the unfinished build in " + folder_ +
           ".partial was of other inputs or options, or had kept nothing: starting anew");
    }
    if (report_.resumed > 0) {
      say_("continuing after " + format_count(report_.resumed) + " rows that an earlier run took in");
    }
  }

  void open_builder(bool resume) {
    bank::BuildOptions build;
    build.encoder = encoder_->name();
    build.encoder_digest = encoder_->digest();
    build.width = encoder_->width();
    build.dtype = dtype_;
    build.sources = sources();
    build.toolkit = chem::toolkit_version();
    build.job_digest = job_digest(options_, *encoder_, dtype_, selection_.digest());
    build.memory_budget = options_.memory_bytes;
    builder_ = bank::BankBuilder::create(folder_, build, resume);
    bank::ResumePoint point = builder_->resume_point();
    if (!rejected_.open(point.rejected)) {  // the list of rejected rows is gone: it can only be made again
      builder_.reset();
      builder_ = bank::BankBuilder::create(folder_, build, false);
      point = builder_->resume_point();
      rejected_.open(0);
    }
    report_.resumed = report_.read = checkpointed_rows_ = point.input_rows;
    report_.parsed = point.parsed;
    report_.rejected = point.rejected;
    report_.left_out = report_.read - report_.parsed - report_.rejected;
  }

  std::vector<std::string> sources() const {
    std::vector<std::string> out;
    for (const std::string& file : options_.molecules) out.push_back(source_name(file));
    for (const std::string& file : options_.selection.formulas_of)
      out.push_back("only formulas of " + source_name(file));
    for (const std::string& file : options_.selection.window_of) {
      out.push_back("only masses within " + format_shortest(options_.selection.ppm) + " ppm of " + source_name(file));
    }
    return out;
  }

  void skip_safe_rows() {
    progress_.start("skipping what is done", report_.resumed, "rows");
    for (std::uint64_t i = 0; i < report_.resumed; ++i) {
      check_interrupt();
      MOLBRIDGE_CHECK(stream_.next().has_value(), "the input is shorter than the checkpoint says");
      if (i % 1024 == 0) progress_.advance(i);
    }
    progress_.finish();
  }

  void take_in_all() {
    progress_.start("building " + folder_, 0, "molecules");
    last_checkpoint_ = Clock::now();
    for (auto rows = next_rows(); !rows.empty(); rows = next_rows()) {
      take_in(rows);
      show_progress();
      checkpoint_if_due();
    }
    progress_.finish();
  }

  /// Rows per batch: enough to keep threads busy, few enough that wide float vectors fit beside the builder's memory.
  std::size_t batch_size() const {
    constexpr std::uint64_t kMost = 2048;
    const std::uint64_t row_bytes =
        dtype_ == bank::Dtype::kBits ? encoder_->width() / 8 : encoder_->width() * sizeof(float);
    const std::uint64_t fitting = options_.memory_bytes / 8 / row_bytes;
    return std::clamp<std::uint64_t>(std::min(fitting, options_.checkpoint_rows), 1, kMost);
  }

  std::vector<SourceRow> next_rows() {
    std::vector<SourceRow> rows;
    rows.reserve(batch_size_);
    while (rows.size() < batch_size_) {
      auto row = stream_.next();
      if (!row) break;
      if (!file_name_ || *file_name_ != stream_.file())
        file_name_ = std::make_shared<const std::string>(stream_.file());
      rows.push_back({file_name_, std::move(*row)});
    }
    return rows;
  }

  void take_in(const std::vector<SourceRow>& rows) {
    const bool as_bits = dtype_ == bank::Dtype::kBits;
    ImportOptions import{encoder_, {options_.keep_stereo}, as_bits, options_.threads, nullptr};
    if (!selection_.takes_all()) {
      import.wanted = [this](const chem::Molecule& molecule) { return selection_.wants(molecule);
    };
  }
  const ImportedBatch batch = import_molecules(rows, import);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ImportedRow& row = batch.rows[i];
    if (!row.rejected.empty()) {
      rejected_.add(*rows[i].file, rows[i].row, row.rejected);
      ++report_.rejected;
    } else if (row.left_out) {
      ++report_.left_out;
    } else {
      add_to_bank(row.record, batch, i);
      ++report_.parsed;
    }
    ++report_.read;
  }
}

  void add_to_bank(const bank::MoleculeRecord& record, const ImportedBatch& batch, std::size_t index) {
  const std::size_t width = encoder_->width();
  if (dtype_ == bank::Dtype::kBits) {
    builder_->add_bits(record, std::span(batch.bits).subspan(index * width / 8, width / 8));
  } else {
    builder_->add(record, std::span(batch.vectors).subspan(index * width, width));
  }
}

void show_progress() {
  const std::uint64_t here = report_.read - report_.resumed;
  std::string note;
  if (const auto share = stream_.share_done(); share && *share > 0.001) {
    const double left = seconds_since(started_) * (1 - *share) / *share;
    note = format_fixed(*share * 100, 0) + " % of the input";
    if (report_.resumed == 0) note += ", eta " + format_duration(left);
  }
  if (report_.rejected > 0) note += "  " + format_count(report_.rejected) + " rejected";
  progress_.note(note);
  progress_.advance(here);
}

void checkpoint_if_due() {
  constexpr double kSeconds = 30;
  if (report_.read - checkpointed_rows_ >= options_.checkpoint_rows || seconds_since(last_checkpoint_) >= kSeconds)
    checkpoint();
}

void checkpoint() {
  rejected_.sync();  // before the checkpoint that counts its rows
  builder_->checkpoint({report_.read, report_.parsed, report_.rejected});
  checkpointed_rows_ = report_.read;
  last_checkpoint_ = Clock::now();
}

Error interrupted_error() const {
  return Error(ErrorCode::kCancelled,
               "interrupted; " + format_count(report_.read) + " rows are kept in " + folder_ + ".partial")
      .remedy("Run the same command again to continue.");
}

bank::BuildReport write_bank() {
  try {
    return builder_->finish(progress_);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kCancelled) throw;
    throw interrupted_error();
  }
}

void finish() {
  const bank::BuildReport built = write_bank();
  report_.merged = built.merged;
  report_.written = built.written;
  report_.rejected_file = rejected_.move_into_bank();
  report_.encoder = encoder_->name();
  report_.dtype = std::string(bank::name(dtype_));
  report_.seconds = seconds_since(started_);
  report_.rows_per_second = static_cast<double>(report_.read - report_.resumed) / std::max(report_.seconds, 1e-9);
}

const BankBuildOptions& options_;
Progress& progress_;
const Say& say_;
std::string folder_;
std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
bank::Dtype dtype_;
BankSelection selection_;
std::size_t batch_size_ = batch_size();
MoleculeStream stream_;
RejectedLog rejected_{folder_};
std::unique_ptr<bank::BankBuilder> builder_;
BankBuildReport report_;
std::shared_ptr<const std::string> file_name_;
std::uint64_t checkpointed_rows_ = 0;
Clock::time_point started_ = Clock::now();
Clock::time_point last_checkpoint_ = Clock::now();
};  // namespace

}  // namespace molbridge::service

BankBuildReport build_bank(const BankBuildOptions& options, Progress& progress, const Say& say) {
  if (std::count(options.molecules.begin(), options.molecules.end(), "-") > 1) {
    throw Error(ErrorCode::kUsage, "standard input (-) is named twice");
  }
  return BankBuild(options, progress, say).run();
}

}  // namespace molbridge::service
