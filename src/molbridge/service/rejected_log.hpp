#pragma once
// The list of rows that an import refused. Survives a kill together with the checkpoints of the build. Private to the
// service.

#include <cstdint>
#include <memory>
#include <string>

#include "molbridge/chem/reader.hpp"

namespace molbridge::service {

/// TSV with the columns file, line, reason, text. Kept beside the bank as "<bank>.rejected.tsv" until the bank is
/// whole. Not thread-safe. Errors: kOutput.
class RejectedLog {
 public:
  explicit RejectedLog(const std::string& bank_folder);
  ~RejectedLog();
  RejectedLog(const RejectedLog&) = delete;
  RejectedLog& operator=(const RejectedLog&) = delete;

  /// Keeps the first `rows` rows of an earlier run; what follows is dropped. False when there are not as many.
  bool open(std::uint64_t rows);
  void add(const std::string& file, const chem::MoleculeRow& row, const std::string& reason);
  /// Everything added so far is on the disk afterwards.
  void sync();
  /// Moves the list into the finished bank and returns its path; an empty one is removed and gives "".
  std::string move_into_bank();

 private:
  void write(std::string_view text);
  void flush();
  std::string bank_folder_;
  std::string path_;
  std::string buffer_;
  int fd_ = -1;
  std::uint64_t rows_ = 0;
};

}  // namespace molbridge::service
