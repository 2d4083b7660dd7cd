#pragma once
// Vectors of candidates in the molecule space of a model, and scores of whole lists. Private to the audit.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/eval/leak_checks.hpp"
#include "molbridge/eval/leak_statistics.hpp"

namespace molbridge::service {

/// Rows of the table of an audit, encoded once each. Memory: D / 8 bytes per candidate for bits, 4 D else. Threads: const use is safe.
class AuditSpace {
 public:
  /// Every candidate that parses, by its standardised structure.
  static AuditSpace standard(std::span<const eval::LeakCandidate> table, const encoders::MoleculeEncoder& encoder,
                             bank::Similarity similarity, std::size_t threads, Progress& progress);
  /// Every string as it is given, by a network over SMILES. Requires reads_strings(encoder).
  static AuditSpace as_given(std::span<const eval::LeakCandidate> table, const encoders::MoleculeEncoder& encoder,
                             bank::Similarity similarity, std::size_t threads, Progress& progress);
  static bool reads_strings(const encoders::MoleculeEncoder& encoder);

  /// Scores of the list by a query [D].
  eval::FeatureList scores(const eval::LeakList& list, std::span<const float> query) const;
  /// Shapes: [D].
  std::vector<float> vector(std::uint32_t row) const;

 private:
  AuditSpace(bank::Dtype dtype, std::size_t width, std::size_t rows, bank::Similarity similarity);
  std::byte* at(std::size_t row) { return rows_.data() + row * stride_; }
  const std::byte* at(std::size_t row) const { return rows_.data() + row * stride_; }

  bank::Dtype dtype_;
  std::size_t width_;
  std::size_t stride_;
  bank::Similarity similarity_;
  std::vector<std::byte> rows_;
};

}  // namespace molbridge::service
