#pragma once
// Writes the four files of a bank from rows that come in bank order. Private to the bank. Not thread-safe. Errors:
// kOutput.

#include <cstdint>
#include <string>

#include "molbridge/bank/builder.hpp"
#include "molbridge/bank/file_writer.hpp"
#include "molbridge/bank/records.hpp"
#include "molbridge/bank/row_codec.hpp"

namespace molbridge::bank {

class BankWriter {
 public:
  /// Makes `folder`, which must not exist. `count` rows will come.
  BankWriter(const std::string& folder, const BuildOptions& options, std::uint64_t count);
  void add(const RowView& row);
  /// Syncs everything; the manifest is the last file. Requires that `count` rows came.
  void finish();

 private:
  std::string folder_;
  StoredManifest stored_;
  FileWriter embeddings_;
  FileWriter masses_;
  RecordsWriter records_;
  std::uint64_t written_ = 0;
};

}  // namespace molbridge::bank
