#pragma once
// One row as it lies in memory, in the journal and in sorted runs of a build. Private to the bank. Format:
// docs/formats/bank.md.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/records.hpp"

namespace molbridge::bank {

/// A row read in place; the bytes must outlive it.
struct RowView {
  std::uint64_t sequence = 0;  ///< place in the input
  double mass = 0;
  RecordView record;
  std::span<const std::byte> embedding;
};

/// Order of rows in a bank: mass, InChIKey first block, SMILES, formula; then the sequence, which only duplicates share
/// the rest with.
bool row_before(const RowView& a, const RowView& b);

/// Bytes of a row with its leading size.
std::size_t encoded_row_size(const MoleculeRecord& record, std::size_t embedding_bytes);
/// Requires out.size() == encoded_row_size().
void encode_row(std::uint64_t sequence, const MoleculeRecord& record, std::span<const std::byte> embedding,
                std::span<std::byte> out);
/// `item` without its leading size. Errors: kModel when the lengths do not fit.
RowView decode_row(std::span<const std::byte> item);

/// What decides that two rows are the same molecule, and which of them came first.
struct KeyView {
  std::uint64_t sequence = 0;
  std::string_view inchikey14;
  std::string_view formula;

  bool same_molecule(const KeyView& other) const { return inchikey14 == other.inchikey14 && formula == other.formula; }
};

bool key_before(const KeyView& a, const KeyView& b);
std::size_t encoded_key_size(const KeyView& key);
void encode_key(const KeyView& key, std::span<std::byte> out);
KeyView decode_key(std::span<const std::byte> item);

/// First eight bytes as a number that orders as the text does: spares most string comparisons of a sort.
std::uint64_t text_prefix(std::string_view text);

}  // namespace molbridge::bank
