#include "molbridge/bank/check.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "molbridge/bank/file_writer.hpp"
#include "molbridge/bank/manifest.hpp"
#include "molbridge/bank/records.hpp"
#include "molbridge/core/interrupt.hpp"

namespace molbridge::bank {
namespace {

Error damaged(const std::string& file, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(file).remedy("The bank is damaged; build it again.");
}

std::uint64_t check_digest(const std::string& path, const FileDigest& expected) {
  const FileDigest found = digest_of_file(path, ErrorCode::kModel);
  if (found.bytes != expected.bytes || found.sha256 != expected.sha256) {
    throw damaged(path,
                  "SHA-256 is " + short_digest(found.sha256) + ", the manifest says " + short_digest(expected.sha256));
  }
  return found.bytes;
}

auto order_of(const MoleculeRecord& r) { return std::tie(r.mass, r.inchikey14, r.smiles, r.formula); }

/// Records in blocks; `last` is the one before the block.
void check_order(const Bank& bank, RowRange rows, MoleculeRecord& last) {
  for (auto& record : bank.records(rows)) {
    const std::uint64_t row = rows.begin++;
    if (!std::isfinite(record.mass))
      throw damaged(bank_file(bank.folder(), kMassesFile), "mass of row " + std::to_string(row) + " is not finite");
    if (row > 0 && !(order_of(last) < order_of(record))) {
      throw damaged(bank_file(bank.folder(), kRecordsFile), "rows " + std::to_string(row - 1) + " and " +
                                                                std::to_string(row) +
                                                                " are not in order of mass, InChIKey, SMILES");
    }
    last = std::move(record);
  }
}

void check_embeddings(const Bank& bank, RowRange rows, std::vector<float>& row_values) {
  if (bank.manifest().dtype == Dtype::kBits) return;  // any bits are a fingerprint
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
    bank.embedding(row, row_values);
    if (std::all_of(row_values.begin(), row_values.end(), [](float v) { return std::isfinite(v); })) continue;
    throw damaged(bank_file(bank.folder(), kEmbeddingsFile), "row " + std::to_string(row) + " is not finite");
  }
}

}  // namespace

CheckReport deep_check(const std::string& folder, Progress& progress) {
  constexpr std::uint64_t kBlock = 4096;
  const auto bank = Bank::open(folder);
  const std::string& place = bank->folder();
  const StoredManifest stored = read_manifest(place);
  CheckReport report{bank->manifest(), 0};
  report.bytes += check_digest(bank_file(place, kEmbeddingsFile), stored.embeddings);
  report.bytes += check_digest(bank_file(place, kMassesFile), stored.masses);
  report.bytes += check_digest(bank_file(place, kRecordsFile), stored.records);
  RecordsReader(bank_file(place, kRecordsFile), bank->size()).check_whole();

  progress.start("check", bank->size(), "rows");
  MoleculeRecord last;
  std::vector<float> row_values(bank->manifest().width);
  for (std::uint64_t begin = 0; begin < bank->size(); begin += kBlock) {
    check_interrupt();
    const RowRange rows{begin, std::min(bank->size(), begin + kBlock)};
    check_order(*bank, rows, last);
    check_embeddings(*bank, rows, row_values);
    progress.advance(rows.end);
  }
  progress.finish();
  return report;
}

}  // namespace molbridge::bank
