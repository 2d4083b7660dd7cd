#include "molbridge/service/molecule_import.hpp"

#include <filesystem>
#include <optional>
#include <span>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::service {
namespace {

std::string source_id(const SourceRow& source) {
  const chem::MoleculeRow& row = source.row;
  if (!row.source.empty() && !row.id.empty()) return row.source + ":" + row.id;
  if (!row.source.empty()) return row.source;
  if (!row.id.empty()) return row.id;
  return std::filesystem::path(*source.file).filename().string() + ":" + std::to_string(row.line);
}

class Importer {
 public:
  Importer(const std::vector<SourceRow>& rows, const ImportOptions& options) : sources_(rows), options_(options) {
    const std::size_t width = options.encoder->width();
    batch_.rows.resize(rows.size());
    if (options.as_bits) {
      batch_.bits.resize(rows.size() * width / 8);
    } else {
      batch_.vectors.resize(rows.size() * width);
      molecules_.resize(rows.size());
    }
  }

  ImportedBatch run() {
    constexpr std::size_t kChunk = 16;  // small, so that threads finish together
    parallel_for(sources_.size(), options_.threads, kChunk, [this](std::size_t begin, std::size_t end) {
      check_interrupt();
      for (std::size_t i = begin; i < end; ++i) import_row(i);
    });
    if (!options_.as_bits) encode_all();
    return std::move(batch_);
  }

 private:
  /// A defect that one molecule of millions provokes must not end the import: it rejects that row and says so.
  void import_row(std::size_t index) {
    ImportedRow& out = batch_.rows[index];
    try {
      out.rejected = fill(index, out);
    } catch (const Error& e) {
      out.rejected = e.message();
    }
  }

  /// Returns the reason to reject the row, or "".
  std::string fill(std::size_t index, ImportedRow& out) {
    bank::MoleculeRecord& record = out.record;
    const SourceRow& source = sources_[index];
    const auto molecule = standardized_molecule(source.row, options_.standardize);
    if (!molecule) return molecule.reason();
    out.left_out = options_.wanted && !options_.wanted(*molecule);
    if (out.left_out) return "";
    const auto key = chem::inchikey14(*molecule);
    if (!key) return key.reason();
    record.smiles = molecule->smiles();
    record.inchikey14 = *key;
    record.formula = molecule->formula().hill();
    record.mass = molecule->monoisotopic_mass();
    record.name = source.row.name;
    record.source_id = source_id(source);
    if (options_.as_bits) {
      const std::size_t bytes = options_.encoder->width() / 8;
      options_.encoder->encode_bits(*molecule, std::span(batch_.bits).subspan(index * bytes, bytes));
    } else {
      molecules_[index] = *molecule;
    }
    return "";
  }

  /// All molecules of the batch together: networks pack them by length.
  void encode_all() {
    std::vector<chem::Molecule> molecules;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < molecules_.size(); ++i) {
      if (!molecules_[i] || !batch_.rows[i].rejected.empty()) continue;
      molecules.push_back(*molecules_[i]);
      rows.push_back(i);
    }
    const std::size_t width = options_.encoder->width();
    std::vector<float> vectors(molecules.size() * width);
    try {
      encode_molecules(*options_.encoder, molecules, options_.threads, vectors);
    } catch (const Error& e) {
      if (e.code() == ErrorCode::kCancelled) throw;
      return encode_one_by_one(molecules, rows);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  batch_.vectors.begin() + static_cast<std::ptrdiff_t>(rows[i] * width));
    }
  }

  /// Finds the molecule that the encoder cannot take.
  void encode_one_by_one(const std::vector<chem::Molecule>& molecules, const std::vector<std::size_t>& rows) {
    const std::size_t width = options_.encoder->width();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      try {
        options_.encoder->encode(molecules[i], std::span(batch_.vectors).subspan(rows[i] * width, width));
      } catch (const Error& e) {
        if (e.code() == ErrorCode::kCancelled) throw;
        batch_.rows[rows[i]].rejected = e.message();
      }
    }
  }

  const std::vector<SourceRow>& sources_;
  const ImportOptions& options_;
  ImportedBatch batch_;
  std::vector<std::optional<chem::Molecule>> molecules_;  ///< that wait for encode_all()
};

}  // namespace

Result<chem::Molecule> standardized_molecule(const chem::MoleculeRow& row, const chem::StandardizeOptions& options) {
  if (row.failure) return Failure{*row.failure};
  if (row.molblock.empty()) return chem::standardize(row.smiles, options);
  const auto given = chem::Molecule::from_molblock(row.molblock);
  if (!given) return Failure{given.reason()};
  return chem::standardize(*given, options);
}

std::vector<std::uint8_t> encode_molecules(const encoders::MoleculeEncoder& encoder,
                                           std::span<const chem::Molecule> molecules, std::size_t threads,
                                           std::span<float> out) {
  constexpr std::size_t kBlock = 1024;  // between two looks at an interrupt
  const std::size_t width = encoder.width();
  std::vector<std::uint8_t> truncated;
  for (std::size_t begin = 0; begin < molecules.size(); begin += kBlock) {
    check_interrupt();
    const std::size_t count = std::min(kBlock, molecules.size() - begin);
    const auto cut =
        encoder.encode_all(molecules.subspan(begin, count), threads, out.subspan(begin * width, count * width));
    truncated.insert(truncated.end(), cut.begin(), cut.end());
  }
  return truncated;
}

ImportedBatch import_molecules(const std::vector<SourceRow>& rows, const ImportOptions& options) {
  return Importer(rows, options).run();
}

}  // namespace molbridge::service
