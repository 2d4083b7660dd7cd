#include "molbridge/service/molecule_stream.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "molbridge/core/files.hpp"

namespace molbridge::service {

bool is_repeatable(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool is_stream = std::filesystem::is_fifo(status) || std::filesystem::is_character_file(status) ||
                         std::filesystem::is_socket(status);
  return path != "-" && !is_stream;
}

MoleculeStream::MoleculeStream(std::vector<std::string> files, chem::MoleculeReadOptions options)
    : files_(std::move(files)), options_(std::move(options)) {
  MOLBRIDGE_CHECK(!files_.empty(), "no files");
  bool all_known = true;
  for (const std::string& file : files_) {
    if (!is_repeatable(file)) {
      all_known = false;
      continue;
    }
    chem::open_molecules(file, options_);  // a bad file at the end of the list is told now and not after hours
    bytes_total_ += file_size(file);
  }
  if (!all_known) bytes_total_ = 0;
  reader_ = chem::open_molecules(files_.front(), options_);
}

std::optional<chem::MoleculeRow> MoleculeStream::next() {
  for (;;) {
    if (auto row = reader_->next()) return row;
    if (position_ + 1 == files_.size()) return std::nullopt;
    bytes_before_ += reader_->bytes_total();
    reader_ = chem::open_molecules(files_[++position_], options_);
  }
}

std::optional<double> MoleculeStream::share_done() const {
  if (bytes_total_ == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(bytes_before_ + reader_->bytes_read()) / static_cast<double>(bytes_total_));
}

}  // namespace molbridge::service
