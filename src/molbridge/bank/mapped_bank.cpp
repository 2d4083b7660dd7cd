// Bank::open: a bank folder, mapped.

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/build_state.hpp"
#include "molbridge/bank/half.hpp"
#include "molbridge/bank/kernels.hpp"
#include "molbridge/bank/manifest.hpp"
#include "molbridge/bank/records.hpp"
#include "molbridge/bank/replace_folder.hpp"

namespace molbridge::bank {
namespace {

constexpr double kFormulaWindow = 1e-4;  // u; rounding of two ways to add up one formula is far below

Error damaged(const std::string& file, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(file).remedy("The bank is damaged; build it again.");
}

std::string checked_file(const std::string& folder, std::string_view file, const FileDigest& digest) {
  std::string path = bank_file(folder, file);
  if (!file_exists(path)) throw damaged(path, "is missing");
  const std::uint64_t bytes = as_model_error([&] { return file_size(path); });
  if (bytes != digest.bytes) {
    throw damaged(path, "has " + std::to_string(bytes) + " bytes, the manifest says " + std::to_string(digest.bytes));
  }
  return path;
}

/// Ends and 64 places between: an order that is wrong somewhere only is found by deep_check.
void check_ascending(std::span<const double> masses, const std::string& file) {
  constexpr std::size_t kPlaces = 65;
  double before = -std::numeric_limits<double>::infinity();
  std::size_t last_row = 0;
  for (std::size_t place = 0; place <= kPlaces && !masses.empty(); ++place) {
    const std::size_t row =
        static_cast<std::size_t>(static_cast<double>(masses.size() - 1) * (static_cast<double>(place) / kPlaces));
    if (!std::isfinite(masses[row]) || masses[row] < before) {
      throw damaged(file,
                    "masses do not ascend between rows " + std::to_string(last_row) + " and " + std::to_string(row));
    }
    before = masses[row];
    last_row = row;
  }
}

class MappedBank final : public Bank {
 public:
  MappedBank(std::string folder, const StoredManifest& stored)
      : folder_(std::move(folder)),
        manifest_(stored.manifest),
        row_bytes_(row_bytes(manifest_.dtype, manifest_.width)),
        embeddings_(checked_file(folder_, kEmbeddingsFile, stored.embeddings), embeddings_tensor(manifest_)),
        masses_(checked_file(folder_, kMassesFile, stored.masses), masses_tensor(manifest_)),
        records_(checked_file(folder_, kRecordsFile, stored.records), manifest_.count) {
    check_ascending(masses(), bank_file(folder_, kMassesFile));
  }

  const Manifest& manifest() const override { return manifest_; }
  const std::string& folder() const override { return folder_; }
  std::uint64_t size() const override { return manifest_.count; }
  std::span<const double> masses() const override {
    return {reinterpret_cast<const double*>(masses_.data().data()), static_cast<std::size_t>(manifest_.count)};
  }

  RowRange window(mass::Tolerance::Window window) const override {
    if (!(window.low <= window.high)) return {};
    const auto all = masses();
    const auto begin = std::lower_bound(all.begin(), all.end(), window.low);
    const auto end = std::upper_bound(begin, all.end(), window.high);
    return {static_cast<std::uint64_t>(begin - all.begin()), static_cast<std::uint64_t>(end - all.begin())};
  }

  std::vector<std::uint64_t> rows_of_formula(const mass::Formula& formula) const override {
    const double mass = formula.monoisotopic_mass();
    // Spellings of one formula may differ ("D2O", "[2H]2O"), so what is not equal as text is compared as a formula,
    // once each.
    std::map<std::string, bool> known{{formula.hill(), true}};
    std::vector<std::uint64_t> rows;
    for (auto& [row, text] : records_.formulas(window({mass - kFormulaWindow, mass + kFormulaWindow}))) {
      const auto [entry, fresh] = known.emplace(std::move(text), false);
      if (fresh) {
        const auto parsed = mass::Formula::parse(entry->first);
        entry->second = parsed && *parsed == formula;
      }
      if (entry->second) rows.push_back(row);
    }
    return rows;
  }

  std::vector<std::uint64_t> rows_of_inchikey14(std::string_view inchikey14) const override {
    return records_.rows_of_inchikey14(inchikey14);
  }

  MoleculeRecord record(std::uint64_t row) const override { return records({row, row + 1}).front(); }

  std::vector<MoleculeRecord> records(RowRange rows) const override {
    MOLBRIDGE_CHECK(rows.begin <= rows.end && rows.end <= size(),
                    std::to_string(rows.begin) + " to " + std::to_string(rows.end));
    std::vector<MoleculeRecord> out;
    out.reserve(rows.size());
    records_.visit(rows, [&](std::uint64_t row, const RecordView& view) {
      out.push_back({std::string(view.smiles), std::string(view.inchikey14), std::string(view.formula), masses()[row],
                     std::string(view.name), std::string(view.source_id)});
    });
    return out;
  }

  std::span<const std::byte> stored_row(std::uint64_t row) const override {
    return {row_at(row), static_cast<std::size_t>(row_bytes_)};
  }

  void embedding(std::uint64_t row, std::span<float> out) const override {
    MOLBRIDGE_CHECK(out.size() == manifest_.width, std::to_string(out.size()));
    const std::byte* bytes = row_at(row);
    switch (manifest_.dtype) {
      case Dtype::kFloat32: std::copy_n(reinterpret_cast<const float*>(bytes), out.size(), out.begin()); return;
      case Dtype::kFloat16:
        floats_from_halves({reinterpret_cast<const std::uint16_t*>(bytes), out.size()}, out);
        return;
      case Dtype::kBits: break;
    }
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<float>((static_cast<unsigned>(bytes[i / 8]) >> (i % 8)) & 1U);
  }

  using Bank::score;
  void score(Similarity similarity, std::span<const float> query, std::span<const std::uint64_t> rows,
             std::span<float> scores) const override {
    MOLBRIDGE_CHECK(
        query.size() == manifest_.width && rows.size() == scores.size(),
        std::to_string(query.size()) + ", " + std::to_string(rows.size()) + ", " + std::to_string(scores.size()));
    const Scorer scorer(manifest_.dtype, query);
    for (std::size_t i = 0; i < rows.size(); ++i) scores[i] = scorer.score(similarity, row_at(rows[i]));
  }

 private:
  const std::byte* row_at(std::uint64_t row) const {
    MOLBRIDGE_CHECK(row < size(), std::to_string(row) + " of " + std::to_string(size()));
    return embeddings_.data().data() + row * row_bytes_;
  }

  std::string folder_;
  Manifest manifest_;
  std::uint64_t row_bytes_;
  MappedTensor embeddings_;
  MappedTensor masses_;
  RecordsReader records_;
};

/// Where to read: the folder itself, or the old bank that a process had set aside when it died.
std::string readable_folder(const std::string& folder) {
  const std::string aside = replaced_folder_path(folder);
  std::error_code error;
  const bool exists = std::filesystem::exists(folder, error);
  return !exists && file_exists(bank_file(aside, kManifestFile)) ? aside : folder;
}

Error not_a_bank(const std::string& folder) {
  const auto error = [&](const std::string& message, const std::string& remedy) {
    return Error(ErrorCode::kModel, message).in_file(folder).remedy(remedy);
  };
  if (folder_exists(partial_folder_path(folder))) {
    return error("the build of this bank was interrupted",
                 "Run the same 'molbridge bank build' again: it continues where it stopped.");
  }
  if (file_exists(folder))
    return error("is a file; a bank is a folder", "Name the folder that 'molbridge bank build' made.");
  if (!folder_exists(folder)) return error("there is no such bank", "Make it with 'molbridge bank build'.");
  return error("is not a bank: " + std::string(kManifestFile) + " is missing",
               "Name a folder that 'molbridge bank build' made.");
}

/// Which folder stands under a name. The time of change is part of it, since the number of a removed folder is soon
/// used again.
struct Identity {
  dev_t device;
  ino_t number;
  std::int64_t seconds;
  std::int64_t nanoseconds;
  bool operator==(const Identity&) const = default;
};

std::optional<Identity> identity(const std::string& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
}

std::shared_ptr<const Bank> open_once(const std::string& folder) {
  const std::string place = readable_folder(folder);
  if (!file_exists(bank_file(place, kManifestFile))) throw not_a_bank(folder);
  return std::make_shared<MappedBank>(place, read_manifest(place));
}

}  // namespace

std::shared_ptr<const Bank> Bank::open(const std::string& folder) {
  constexpr int kTries = 100;  // each needs a bank that was replaced within the milliseconds of an opening
  const std::string plain = plain_folder(folder);
  for (int i = 1;; ++i) {
    const auto before = identity(plain);
    const auto settled = [&] { return i == kTries || (before && before == identity(plain)); };
    try {
      auto bank = open_once(plain);
      if (settled()) return bank;
    } catch (const Error&) {
      if (settled()) throw;
    }
  }
}

}  // namespace molbridge::bank
