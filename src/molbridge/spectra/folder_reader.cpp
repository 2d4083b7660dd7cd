#include "molbridge/spectra/folder_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/spectra/sniff.hpp"

namespace molbridge::spectra {
namespace {

namespace fs = std::filesystem;

struct FileEntry {
  std::string path;
  std::uint64_t size = 0;
};

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

/// Regular files below `folder`, without following links to folders (they may lead back).
std::vector<FileEntry> list_files(const std::string& folder) {
  std::vector<FileEntry> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    const auto size = entry->file_size(ignored);
    files.push_back({entry->path().string(), ignored ? 0 : static_cast<std::uint64_t>(size)});
  }
  if (error) throw Error(ErrorCode::kInput, "the folder cannot be read: " + error.message()).in_file(folder);
  std::sort(files.begin(), files.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return files;
}

/// An ending that only spectrum files have: such a file is never passed over in silence.
bool must_be_spectra(const std::string& path) {
  const Format format = sniff_name(path);
  return format != Format::kAuto && format != Format::kJson;
}

class FolderReader final : public SpectrumReader {
 public:
  FolderReader(const std::string& path, const ReadOptions& options) : files_(list_files(path)), options_(options) {
    for (const FileEntry& file : files_) bytes_total_ += file.size;
    if (!open_next() && !failed_file_) {
      throw Error(ErrorCode::kInput, "no spectrum file in this folder")
          .in_file(path)
          .remedy("Formats: MGF, MSP, MassBank, MassSpecGym TSV, JSON, mzML, mzXML, each also as .gz");
    }
  }

  std::optional<Record> next() override;
  ReadCounts counts() const override { return counts_; }
  std::uint64_t bytes_read() const override { return bytes_done_ + (current_ ? current_->bytes_read() : 0); }
  std::uint64_t bytes_total() const override { return bytes_total_; }

 private:
  bool open_next();
  bool open_file(const FileEntry& file);
  void close_current();
  Record renumbered(Record record) const;

  std::vector<FileEntry> files_;
  ReadOptions options_;
  std::size_t next_file_ = 0;
  std::unique_ptr<SpectrumReader> current_;
  std::optional<SkippedSpectrum> failed_file_;
  ReadCounts counts_;       // of current_ too
  ReadCounts counts_done_;  // of the files before it
  std::uint64_t index_base_ = 0;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_done_ = 0;
};

/// Opens the file if it holds spectra (of the wanted format, where one is wanted).
bool FolderReader::open_file(const FileEntry& file) {
  try {
    auto source = LineSource::open(file.path);
    const std::string_view head = source->peek(kSniffBytes);
    const Format format = sniff_content(head);
    const bool wanted = options_.format == Format::kAuto ? format != Format::kAuto : format == options_.format;
    if (!wanted && (!must_be_spectra(file.path) || format != Format::kAuto)) return false;
    current_ = open_spectra(std::move(source), file.path, options_);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) throw;
    if (must_be_spectra(file.path)) {
      failed_file_ = SkippedSpectrum{file.path, index_base_, file.path, 0, error.what(), true};
    }
    return false;
  }
}

bool FolderReader::open_next() {
  while (next_file_ < files_.size() && !failed_file_) {
    const FileEntry& file = files_[next_file_++];
    if (open_file(file)) return true;
    bytes_done_ += file.size;
  }
  return false;
}

void FolderReader::close_current() {
  counts_done_ = counts_;
  index_base_ = counts_.spectra + counts_.skipped + counts_.ms1;
  bytes_done_ += files_[next_file_ - 1].size;
  current_.reset();
}

Record FolderReader::renumbered(Record record) const {
  std::visit(
      [&](auto& entry) {
        const bool by_index = entry.id == "index=" + std::to_string(entry.index);
        entry.index += index_base_;
        if (by_index) entry.id = "index=" + std::to_string(entry.index);
      },
      record);
  return record;
}

std::optional<Record> FolderReader::next() {
  for (;;) {
    if (failed_file_) {
      ++counts_.skipped;
      ++counts_done_.skipped;
      ++index_base_;
      Record record = std::move(*failed_file_);
      failed_file_.reset();
      return record;
    }
    if (!current_ && !open_next()) {
      if (failed_file_) continue;
      return std::nullopt;
    }
    auto record = current_->next();
    const ReadCounts part = current_->counts();
    counts_ = {counts_done_.spectra + part.spectra, counts_done_.skipped + part.skipped, counts_done_.ms1 + part.ms1};
    if (record) return renumbered(std::move(*record));
    close_current();
  }
}

}  // namespace

std::unique_ptr<SpectrumReader> open_folder(const std::string& path, const ReadOptions& options) {
  return std::make_unique<FolderReader>(path, options);
}

}  // namespace molbridge::spectra
