#pragma once
// A bank: embeddings of molecules on disk, sorted by monoisotopic mass, with their records. Read side.
//
// A mass window is one contiguous slice of rows: read it, dot it, keep the best. No approximate index, no loss of
// recall. The folder is memory-mapped; opening costs milliseconds at any size. Format page: docs/formats/bank.md.
// Threads: const use is safe from several threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/bank/vector_table.hpp"
#include "molbridge/mass/formula.hpp"
#include "molbridge/mass/tolerance.hpp"

namespace molbridge::bank {

/// Storage of a row. kBits packs a 0/1 vector into D/8 bytes (bit i in byte i/8 at position i%8): exact for
/// fingerprints, 16 times smaller than float16.
enum class Dtype { kFloat32, kFloat16, kBits };
std::string_view name(Dtype dtype);
Dtype parse_dtype(std::string_view text);

/// What the embeddings are, from the manifest. `encoder_digest` decides whether a model may search this bank.
struct Manifest {
  std::string encoder;         ///< human-readable, "morgan:radius=2,bits=4096"
  std::string encoder_digest;  ///< SHA-256 hex
  std::uint64_t width = 0;     ///< D
  Dtype dtype = Dtype::kFloat32;
  std::uint64_t count = 0;  ///< N
  std::vector<std::string> sources;
  std::string toolkit;  ///< chem::toolkit_version() of the build
  std::string tool_version;
  std::string digest;  ///< SHA-256 of everything above and of the data files' digests: the identity of this bank
};

/// A molecule of the bank. The formula and the mass are those of the standardised structure.
struct MoleculeRecord {
  std::string smiles;
  std::string inchikey14;
  std::string formula;  ///< Hill
  double mass = 0;      ///< monoisotopic, u
  std::string name;
  std::string source_id;  ///< "source:id" of the first row that brought it
};

/// A row and its cosine with the query.
struct Hit {
  std::uint64_t row = 0;
  float score = 0;
  std::uint64_t rank = 0;  ///< pessimistic: number of rows of the pool with a score >= this one
};

class Bank : public VectorTable {
 public:
  /// Checks the manifest, the sizes of all files against it and that masses ascend at the ends; not every byte.
  /// Errors: kModel when missing, incomplete (an interrupted build: says how to resume), damaged or of a newer format.
  static std::shared_ptr<const Bank> open(const std::string& folder);

  virtual const Manifest& manifest() const = 0;
  virtual const std::string& folder() const = 0;
  std::uint64_t width() const override { return manifest().width; }
  virtual std::span<const double> masses() const = 0;  ///< [N], ascending

  /// Rows whose mass lies in the window, both ends included. Cost: two binary searches.
  virtual RowRange window(mass::Tolerance::Window masses) const = 0;
  /// Rows of exactly that formula, ascending. The window of its mass (1e-4 u) filtered by the stored formula.
  virtual std::vector<std::uint64_t> rows_of_formula(const mass::Formula& formula) const = 0;
  /// Row of that InChIKey first block, all of them if isotopologues share it; empty if absent.
  virtual std::vector<std::uint64_t> rows_of_inchikey14(std::string_view inchikey14) const = 0;

  virtual MoleculeRecord record(std::uint64_t row) const = 0;
  virtual std::vector<MoleculeRecord> records(RowRange rows) const = 0;

  /// The row as it lies in the bank, in manifest().dtype, for what works through all of them; empty where rows are computed.
  virtual std::span<const std::byte> stored_row(std::uint64_t) const { return {}; }
};

/// Exact top-k of a pool. Order: score descending, then InChIKey ascending is the caller's business; here row
/// ascending, which is deterministic. Rank is pessimistic (ties count against). k is capped at the pool's size.
std::vector<Hit> top_k(const Bank& bank, std::span<const float> query, std::span<const std::uint64_t> rows,
                       std::size_t k);
std::vector<Hit> top_k(const Bank& bank, std::span<const float> query, RowRange rows, std::size_t k);

}  // namespace molbridge::bank
