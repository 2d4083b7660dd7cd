#pragma once
// Several structure files as one stream of rows. Private to the service.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/chem/reader.hpp"

namespace molbridge::service {

/// Not thread-safe. Errors: kInput, at construction for files that cannot be opened or have no SMILES column.
class MoleculeStream {
 public:
  MoleculeStream(std::vector<std::string> files, chem::MoleculeReadOptions options);

  /// The next row; file() says which file it is of.
  std::optional<chem::MoleculeRow> next();
  const std::string& file() const { return files_[position_]; }
  /// Share of the input's bytes taken so far, 0 to 1; nullopt when unknown (standard input).
  std::optional<double> share_done() const;

 private:
  std::vector<std::string> files_;
  chem::MoleculeReadOptions options_;
  std::size_t position_ = 0;
  std::unique_ptr<chem::MoleculeReader> reader_;
  std::uint64_t bytes_before_ = 0;  // of the files read whole
  std::uint64_t bytes_total_ = 0;   // 0 is unknown
};

/// What gives the same content when it is read again: not standard input, a pipe or a device. True for what does not exist.
bool is_repeatable(const std::string& path);

}  // namespace molbridge::service
