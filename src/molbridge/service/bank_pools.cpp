#include <algorithm>
#include <optional>
#include <utility>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/pool_row.hpp"

namespace molbridge::service {
namespace {

class BankPool : public CandidatePool {
 public:
  /// A truth that the bank has is scored by the bank's row, as a user would see it: its structure in the query's file may be another
  /// tautomer, and spelling must not be a hint.
  BankPool(const bank::Bank& bank, const encoders::MoleculeEncoder* encoder, const std::vector<std::uint64_t>& rows,
           const EvaluationCompound& compound)
      : bank_(bank), compound_{compound.smiles, compound.inchikey14} {
    const std::vector<std::uint64_t> truth_rows = bank.rows_of_inchikey14(compound.inchikey14);
    for (const std::uint64_t row : rows) {
      const bool is_truth = std::find(truth_rows.begin(), truth_rows.end(), row) != truth_rows.end();
      (is_truth ? truth_rows_ : others_).push_back(row);
    }
    if (truth_rows_.empty() && encoder != nullptr) added_row_ = added_row(*encoder);
  }

  std::uint64_t size() const override { return others_.size() + 1; }
  bool truth_added() const override { return truth_rows_.empty(); }

  PoolScores scores(std::span<const float> query) const override {
    PoolScores out{truth_score(query), std::vector<float>(others_.size())};
    bank_.score(query, others_, out.others);
    return out;
  }

  PoolMolecule truth() const override { return truth_rows_.empty() ? compound_ : molecule(truth_rows_.front()); }
  PoolMolecule other(std::size_t index) const override { return molecule(others_.at(index)); }

  /// Rows of a window lie together, so runs of them are read at once.
  std::vector<PoolMolecule> others() const override {
    std::vector<PoolMolecule> out;
    out.reserve(others_.size());
    for (std::size_t i = 0; i < others_.size();) {
      std::size_t end = i + 1;
      while (end < others_.size() && others_[end] == others_[end - 1] + 1) ++end;
      for (bank::MoleculeRecord& record : bank_.records({others_[i], others_[end - 1] + 1}))
        out.push_back({std::move(record.smiles), std::move(record.inchikey14)});
      i = end;
    }
    return out;
  }

  std::vector<float> truth_embedding() const override {
    const bank::Manifest& manifest = bank_.manifest();
    return truth_rows_.empty() ? unpacked_row(added_row_, manifest.dtype, manifest.width)
                               : embedding(truth_rows_.front());
  }
  std::vector<float> other_embedding(std::size_t index) const override { return embedding(others_.at(index)); }

  void keep(std::span<const std::size_t> others) override {
    std::vector<std::uint64_t> kept;
    for (const std::size_t index : others) kept.push_back(others_.at(index));
    others_ = std::move(kept);
  }

 private:
  PoolMolecule molecule(std::uint64_t row) const {
    bank::MoleculeRecord record = bank_.record(row);
    return {std::move(record.smiles), std::move(record.inchikey14)};
  }

  std::vector<float> embedding(std::uint64_t row) const {
    std::vector<float> out(bank_.manifest().width);
    bank_.embedding(row, out);
    return out;
  }

  /// In the storage of the others, so that rounding is no hint either.
  std::vector<std::byte> added_row(const encoders::MoleculeEncoder& encoder) const {
    return encoded_row(encoder, chem::Molecule::from_smiles(compound_.smiles).value(), bank_.manifest().dtype);
  }

  float truth_score(std::span<const float> query) const {
    if (truth_rows_.empty()) {
      MOLBRIDGE_CHECK(!added_row_.empty(), "pools without an encoder score nothing");
      return bank::Scorer(bank_.manifest().dtype, query).cosine(added_row_.data());
    }
    std::vector<float> scores(truth_rows_.size());
    bank_.score(query, truth_rows_, scores);
    return *std::min_element(scores.begin(), scores.end());
  }

  const bank::Bank& bank_;
  PoolMolecule compound_;
  std::vector<std::uint64_t> others_, truth_rows_;
  std::vector<std::byte> added_row_;  // of a truth that the bank lacks
};

class BankPools : public PoolSource {
 public:
  BankPools(std::shared_ptr<const bank::Bank> bank, std::shared_ptr<const encoders::MoleculeEncoder> encoder,
            std::optional<mass::Tolerance> tolerance)
      : bank_(std::move(bank)), encoder_(std::move(encoder)), tolerance_(tolerance) {}

  bool has_pool(const EvaluationQuery&) const override { return true; }

  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound, const EvaluationQuery&) const override {
    return std::make_unique<BankPool>(*bank_, encoder_.get(), rows_of(compound), compound);
  }

 private:
  std::vector<std::uint64_t> rows_of(const EvaluationCompound& compound) const {
    if (!tolerance_) return bank_->rows_of_formula(compound.formula);
    const bank::RowRange range = bank_->window(tolerance_->around(compound.mass));
    std::vector<std::uint64_t> rows;
    for (std::uint64_t row = range.begin; row < range.end; ++row) rows.push_back(row);
    return rows;
  }

  std::shared_ptr<const bank::Bank> bank_;
  std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
  std::optional<mass::Tolerance> tolerance_;  // nullopt: by formula
};

}  // namespace

std::unique_ptr<PoolSource> make_mass_pools(std::shared_ptr<const bank::Bank> bank,
                                            std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                            mass::Tolerance tolerance) {
  return std::make_unique<BankPools>(std::move(bank), std::move(encoder), tolerance);
}

std::unique_ptr<PoolSource> make_formula_pools(std::shared_ptr<const bank::Bank> bank,
                                               std::shared_ptr<const encoders::MoleculeEncoder> encoder) {
  return std::make_unique<BankPools>(std::move(bank), std::move(encoder), std::nullopt);
}

}  // namespace molbridge::service
