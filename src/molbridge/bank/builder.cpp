#include "molbridge/bank/builder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <optional>

#include "molbridge/bank/bank_writer.hpp"
#include "molbridge/bank/build_state.hpp"
#include "molbridge/bank/half.hpp"
#include "molbridge/bank/kernels.hpp"
#include "molbridge/bank/replace_folder.hpp"
#include "molbridge/bank/row_buffer.hpp"
#include "molbridge/bank/run_file.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"

namespace molbridge::bank {
namespace {

using RowRun = DecodedRun<RowView, decode_row>;
using KeyRun = DecodedRun<KeyView, decode_key>;

/// Above the size from which malloc takes memory from the system and gives it back when freed.
constexpr std::uint64_t kLargestBlock = std::uint64_t{64} << 20;
constexpr std::uint64_t kSmallestBlock = std::uint64_t{64} << 10;
constexpr std::uint64_t kSmallestRead = std::uint64_t{64} << 10;
constexpr std::uint64_t kLargestRead = std::uint64_t{8} << 20;
constexpr std::uint64_t kLongestText = std::uint64_t{1} << 20;

std::string job_of(const BuildOptions& options) {
  return sha256("molbridge-bank-build 1\n" + options.job_digest + "\n" + options.encoder_digest + "\n" +
                std::to_string(options.width) + "\n" + std::string(name(options.dtype)));
}

/// Every component is finite, and stays so when stored. Compares the bits of magnitudes: one pass that vectorises.
bool storable(std::span<const float> embedding, Dtype dtype) {
  constexpr std::uint32_t kInfinity = 0x7f800000;
  constexpr std::uint32_t kRoundsToInfiniteHalf = 0x477ff000;
  std::uint32_t largest = 0;
  for (const float value : embedding) largest = std::max(largest, std::bit_cast<std::uint32_t>(value) & 0x7fffffff);
  return largest < (dtype == Dtype::kFloat16 ? kRoundsToInfiniteHalf : kInfinity);
}

void check_record(const MoleculeRecord& record) {
  MOLBRIDGE_CHECK(std::isfinite(record.mass), record.smiles);
  const std::size_t longest = std::max({record.smiles.size(), record.inchikey14.size(), record.formula.size(),
                                        record.name.size(), record.source_id.size()});
  MOLBRIDGE_CHECK(longest <= kLongestText, std::to_string(longest) + " bytes in a text of a record");
}

class Builder final : public BankBuilder {
 public:
  Builder(const std::string& folder, const BuildOptions& options, bool resume)
      : folder_(checked_target(folder)), options_(options), partial_(folder_), buffer_(new_buffer(options)) {
    recover_target(folder_);
    const std::string job = job_of(options);
    std::optional<BuildState> state;
    if (resume) state = partial_.load(job);
    partial_.clean(state);
    if (state) {
      state_ = *state;
      load_journal();
    }
    state_.job = job;
  }

  ResumePoint resume_point() const override { return state_.point; }

  void add(const MoleculeRecord& record, std::span<const float> embedding) override {
    MOLBRIDGE_CHECK(options_.dtype != Dtype::kBits && embedding.size() == options_.width,
                    std::to_string(embedding.size()));
    MOLBRIDGE_CHECK(storable(embedding, options_.dtype), "embedding of " + record.smiles);
    if (options_.dtype == Dtype::kFloat32) return add_stored(record, std::as_bytes(embedding));
    halves_.resize(embedding.size());
    halves_from_floats(embedding, halves_);
    add_stored(record, std::as_bytes(std::span<const std::uint16_t>(halves_)));
  }

  void add_bits(const MoleculeRecord& record, std::span<const std::uint8_t> packed_bits) override {
    MOLBRIDGE_CHECK(options_.dtype == Dtype::kBits && packed_bits.size() * 8 == options_.width,
                    std::to_string(packed_bits.size()));
    add_stored(record, std::as_bytes(packed_bits));
  }

  void checkpoint(const ResumePoint& point) override {
    for (const auto part : buffer_->take_unsaved()) {
      if (!journal_)
        journal_.emplace(FileWriter::append(partial_.journal_file(state_.runs.size()), state_.journal_bytes));
      journal_->write(part);
    }
    if (journal_) {
      journal_->sync();
      state_.journal_bytes = journal_->size();
    }
    state_.point = point;
    partial_.save(state_);
  }

  BuildReport finish(Progress& progress) override {
    check_target(folder_);
    if (!buffer_->empty()) spill(false);  // no checkpoint will name this run
    buffer_.reset();                      // the merge has its own needs
    const std::vector<bool> dropped = find_duplicates();
    BuildReport report;
    report.added = state_.added;
    report.merged = static_cast<std::uint64_t>(std::count(dropped.begin(), dropped.end(), true));
    report.written = report.added - report.merged;
    write_bank(dropped, report.written, progress);
    put_in_place(partial_.new_bank(), folder_);
    partial_.remove();
    return report;
  }

 private:
  /// Before anything is made beside it.
  static std::string checked_target(const std::string& folder) {
    std::string plain = plain_folder(folder);
    check_target(plain);
    return plain;
  }

  static std::unique_ptr<RowBuffer> new_buffer(const BuildOptions& options) {
    return std::make_unique<RowBuffer>(std::clamp(options.memory_budget / 4, kSmallestBlock, kLargestBlock));
  }

  void load_journal() {
    RunReader journal(partial_.journal_file(state_.runs.size()), state_.journal_bytes, kLargestRead);
    while (journal.next()) {
      const auto item = journal.item();
      const auto size = static_cast<std::uint32_t>(item.size());
      const auto room = buffer_->allocate(sizeof(size) + item.size());
      std::copy_n(reinterpret_cast<const std::byte*>(&size), sizeof(size), room.begin());
      std::copy(item.begin(), item.end(), room.begin() + sizeof(size));
      decode_row(item);  // refuses a damaged one here and not in the middle of the merge
    }
    buffer_->mark_saved();
  }

  void add_stored(const MoleculeRecord& record, std::span<const std::byte> embedding) {
    check_record(record);
    encode_row(state_.added++, record, embedding, buffer_->allocate(encoded_row_size(record, embedding.size())));
    if (buffer_->bytes() >= options_.memory_budget) spill(true);
  }

  /// Writes what is in memory as the next run. It counts from the next checkpoint on; until then the journal has these
  /// rows.
  void spill(bool synced) {
    const std::size_t run = state_.runs.size();
    RunSizes sizes;
    {
      FileWriter rows = FileWriter::append(partial_.rows_file(run), 0);
      for (const auto item : buffer_->sorted_rows())
        rows.write({item.data() - sizeof(std::uint32_t), item.size() + sizeof(std::uint32_t)});
      sizes.rows_bytes = rows.close(synced).bytes;
    }
    sizes.keys_bytes = write_keys(partial_.keys_file(run), synced);
    state_.runs.push_back(sizes);
    state_.journal_bytes = 0;
    journal_.reset();
    buffer_->clear();
  }

  std::uint64_t write_keys(const std::string& path, bool synced) const {
    FileWriter keys = FileWriter::append(path, 0);
    std::vector<std::byte> encoded;
    for (const auto item : buffer_->sorted_keys()) {
      const RowView row = decode_row(item);
      const KeyView key{row.sequence, row.record.inchikey14, row.record.formula};
      encoded.resize(encoded_key_size(key));
      encode_key(key, encoded);
      keys.write(encoded);
    }
    return keys.close(synced).bytes;
  }

  std::size_t read_bytes() const {
    const std::uint64_t share = options_.memory_budget / (2 * std::max<std::size_t>(1, state_.runs.size()));
    return std::clamp(share, kSmallestRead, kLargestRead);
  }

  /// By sequence: true for a row whose molecule came before.
  std::vector<bool> find_duplicates() const {
    std::vector<KeyRun> runs;
    for (std::size_t run = 0; run < state_.runs.size(); ++run) {
      runs.emplace_back(RunReader(partial_.keys_file(run), state_.runs[run].keys_bytes, read_bytes()));
    }
    std::vector<bool> dropped(state_.added, false);
    std::string inchikey14;
    std::string formula;
    bool first = true;
    merge_sorted(runs, key_before, [&](const KeyView& key) {
      MOLBRIDGE_CHECK(key.sequence < dropped.size(), std::to_string(key.sequence));
      if (!first && key.same_molecule({0, inchikey14, formula})) {
        dropped[key.sequence] = true;
        return;
      }
      first = false;
      inchikey14 = key.inchikey14;
      formula = key.formula;
    });
    return dropped;
  }

  void write_bank(const std::vector<bool>& dropped, std::uint64_t count, Progress& progress) const {
    constexpr std::uint64_t kReportEvery = 4096;
    std::vector<RowRun> runs;
    for (std::size_t run = 0; run < state_.runs.size(); ++run) {
      runs.emplace_back(RunReader(partial_.rows_file(run), state_.runs[run].rows_bytes, read_bytes()));
    }
    std::error_code ignored;
    std::filesystem::remove_all(partial_.new_bank(), ignored);
    BankWriter writer(partial_.new_bank(), options_, count);
    progress.start("write bank", count, "rows");
    std::uint64_t written = 0;
    merge_sorted(runs, row_before, [&](const RowView& row) {
      check_interrupt();
      if (dropped.at(row.sequence)) return;
      writer.add(row);
      if (++written % kReportEvery == 0) progress.advance(written);
    });
    progress.note("index");
    writer.finish();
    progress.advance(written);
    progress.finish();
  }

  std::string folder_;
  BuildOptions options_;
  PartialFolder partial_;
  BuildState state_;
  std::unique_ptr<RowBuffer> buffer_;
  std::optional<FileWriter> journal_;
  std::vector<std::uint16_t> halves_;
};

}  // namespace

std::unique_ptr<BankBuilder> BankBuilder::create(const std::string& folder, const BuildOptions& options, bool resume) {
  check_shape(options.dtype, options.width);
  return std::make_unique<Builder>(folder, options, resume);
}

}  // namespace molbridge::bank
