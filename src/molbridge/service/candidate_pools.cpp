#include "molbridge/service/candidate_pools.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <utility>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/eval/ranking.hpp"
#include "molbridge/service/molecule_import.hpp"

namespace molbridge::service {
namespace {

/// A row as a bank would store it: bits where the encoder gives bits, else float32.
std::vector<std::byte> encode_row(const encoders::MoleculeEncoder& encoder, const chem::Molecule& molecule) {
  if (encoder.is_binary()) {
    std::vector<std::byte> row(encoder.width() / 8);
    encoder.encode_bits(molecule, {reinterpret_cast<std::uint8_t*>(row.data()), row.size()});
    return row;
  }
  std::vector<std::byte> row(encoder.width() * sizeof(float));
  encoder.encode(molecule, {reinterpret_cast<float*>(row.data()), encoder.width()});
  return row;
}

bank::Dtype row_dtype(const encoders::MoleculeEncoder& encoder) {
  return encoder.is_binary() ? bank::Dtype::kBits : bank::Dtype::kFloat32;
}

class BankPool : public CandidatePool {
 public:
  /// `truth` is the encoded truth, used where the bank does not have it. A truth that the bank has is scored by the bank's
  /// row, as a user would see it: its structure in the query's file may be another tautomer, and spelling must not be a hint.
  BankPool(const bank::Bank& bank, const std::vector<std::uint64_t>& rows, const std::vector<std::uint64_t>& truth_rows,
           std::vector<std::byte> truth)
      : bank_(bank), truth_(std::move(truth)) {
    for (const std::uint64_t row : rows) {
      const bool is_truth = std::find(truth_rows.begin(), truth_rows.end(), row) != truth_rows.end();
      (is_truth ? truth_rows_ : others_).push_back(row);
    }
  }

  std::uint64_t size() const override { return others_.size() + 1; }
  bool truth_added() const override { return truth_rows_.empty(); }

  std::uint64_t rank_of_truth(std::span<const float> query) const override {
    std::vector<float> scores(others_.size());
    bank_.score(query, others_, scores);
    return eval::pessimistic_rank(truth_score(query), scores);
  }

 private:
  float truth_score(std::span<const float> query) const {
    if (!truth_rows_.empty()) {
      std::vector<float> scores(truth_rows_.size());
      bank_.score(query, truth_rows_, scores);
      return *std::min_element(scores.begin(), scores.end());
    }
    const bank::Dtype dtype = truth_.size() * 8 == query.size() ? bank::Dtype::kBits : bank::Dtype::kFloat32;
    return bank::Scorer(dtype, query).cosine(truth_.data());
  }

  const bank::Bank& bank_;
  std::vector<std::uint64_t> others_, truth_rows_;
  std::vector<std::byte> truth_;
};

class BankPools : public PoolSource {
 public:
  BankPools(std::shared_ptr<const bank::Bank> bank, std::shared_ptr<const encoders::MoleculeEncoder> encoder,
            std::optional<mass::Tolerance> tolerance)
      : bank_(std::move(bank)), encoder_(std::move(encoder)), tolerance_(tolerance) {}

  bool has_pool(const EvaluationQuery&) const override { return true; }

  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound, const EvaluationQuery&) const override {
    const chem::Molecule truth = chem::Molecule::from_smiles(compound.smiles).value();
    return std::make_unique<BankPool>(*bank_, rows_of(compound), bank_->rows_of_inchikey14(compound.inchikey14),
                                      encode_row(*encoder_, truth));
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

/// A candidate of a file, standardised and encoded.
struct Candidate {
  std::string inchikey14;
  std::vector<std::byte> row;
};

class FilePool : public CandidatePool {
 public:
  FilePool(bank::Dtype dtype, std::vector<const Candidate*> others, std::vector<std::byte> truth, bool truth_added)
      : dtype_(dtype), others_(std::move(others)), truth_(std::move(truth)), truth_added_(truth_added) {}

  std::uint64_t size() const override { return others_.size() + 1; }
  bool truth_added() const override { return truth_added_; }

  std::uint64_t rank_of_truth(std::span<const float> query) const override {
    const bank::Scorer scorer(dtype_, query);
    std::vector<float> scores;
    scores.reserve(others_.size());
    for (const Candidate* candidate : others_) scores.push_back(scorer.cosine(candidate->row.data()));
    return eval::pessimistic_rank(scorer.cosine(truth_.data()), scores);
  }

 private:
  bank::Dtype dtype_;
  std::vector<const Candidate*> others_;
  std::vector<std::byte> truth_;
  bool truth_added_;
};

class FilePools : public PoolSource {
 public:
  FilePools(const CandidateLists& lists, std::unordered_map<std::string, std::optional<Candidate>> candidates,
            std::shared_ptr<const encoders::MoleculeEncoder> encoder)
      : lists_(lists), candidates_(std::move(candidates)), encoder_(std::move(encoder)) {}

  bool has_pool(const EvaluationQuery& query) const override { return list_of(lists_, query) != nullptr; }

  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound,
                                         const EvaluationQuery& query) const override {
    const std::vector<std::string>* list = list_of(lists_, query);
    MOLBRIDGE_CHECK(list != nullptr, query.spectrum.id);
    std::set<std::string> seen{compound.inchikey14};
    std::vector<const Candidate*> others;
    const Candidate* listed_truth = nullptr;
    for (const std::string& smiles : *list) {
      const auto& candidate = candidates_.at(smiles);
      if (!candidate) continue;
      if (listed_truth == nullptr && candidate->inchikey14 == compound.inchikey14) listed_truth = &*candidate;
      if (seen.insert(candidate->inchikey14).second) others.push_back(&*candidate);
    }
    auto truth = listed_truth != nullptr ? listed_truth->row
                                         : encode_row(*encoder_, chem::Molecule::from_smiles(compound.smiles).value());
    return std::make_unique<FilePool>(row_dtype(*encoder_), std::move(others), std::move(truth),
                                      listed_truth == nullptr);
  }

 private:
  const CandidateLists& lists_;
  std::unordered_map<std::string, std::optional<Candidate>> candidates_;
  std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
};

using Prepared = std::vector<std::optional<Candidate>>;

/// Candidates with their rows where the encoder gives bits, else with the molecules that are still to be encoded.
void standardize_all(std::span<const std::string> smiles, const encoders::MoleculeEncoder& encoder, std::size_t threads,
                     Prepared& prepared, std::vector<std::optional<chem::Molecule>>& molecules) {
  constexpr std::size_t kChunk = 32;
  parallel_for(smiles.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto molecule = chem::standardize(smiles[i]);
      if (!molecule) continue;
      const auto key = chem::inchikey14(*molecule);
      if (!key) continue;
      prepared[i] = Candidate{*key, {}};
      if (encoder.is_binary()) {
        prepared[i]->row = encode_row(encoder, *molecule);
      } else {
        molecules[i] = *molecule;
      }
    }
  });
}

/// All molecules together, which networks pack by length.
void encode_all(const std::vector<std::optional<chem::Molecule>>& molecules, const encoders::MoleculeEncoder& encoder,
                std::size_t threads, Prepared& prepared) {
  std::vector<chem::Molecule> wanted;
  for (const auto& molecule : molecules) {
    if (molecule) wanted.push_back(*molecule);
  }
  const std::size_t width = encoder.width();
  std::vector<float> vectors(wanted.size() * width);
  encode_molecules(encoder, wanted, threads, vectors);
  std::size_t at = 0;
  for (std::size_t i = 0; i < molecules.size(); ++i) {
    if (!molecules[i]) continue;
    const auto bytes = std::as_bytes(std::span(vectors).subspan(at++ * width, width));
    prepared[i]->row.assign(bytes.begin(), bytes.end());
  }
}

Prepared prepare(std::span<const std::string> smiles, const encoders::MoleculeEncoder& encoder, std::size_t threads) {
  Prepared prepared(smiles.size());
  std::vector<std::optional<chem::Molecule>> molecules(smiles.size());
  standardize_all(smiles, encoder, threads, prepared, molecules);
  encode_all(molecules, encoder, threads, prepared);
  return prepared;
}

/// The candidates of the lists that some query asks for, in a fixed order.
std::vector<std::string> wanted_candidates(const CandidateLists& lists, const EvaluationSet& set) {
  std::set<std::string> wanted;
  for (const auto& query : set.queries) {
    if (const auto* list = list_of(lists, query)) wanted.insert(list->begin(), list->end());
  }
  return {wanted.begin(), wanted.end()};
}

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

const std::vector<std::string>* list_of(const CandidateLists& lists, const EvaluationQuery& query) {
  auto list = lists.find(query.pool_key);
  if (list == lists.end()) list = lists.find(query.spectrum.id);
  return list == lists.end() ? nullptr : &list->second;
}

CandidateLists read_candidate_lists(const std::string& path) {
  const Json json = read_json_file(path);
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorCode::kInput, why)
        .in_file(path)
        .remedy("Expected {\"query SMILES or id\": [\"candidate SMILES\", ...], ...}.");
  };
  if (!json.is_object()) throw refuse("is no candidate file");
  CandidateLists lists;
  for (const auto& [key, values] : json.items()) {
    if (!values.is_array()) throw refuse("the entry of \"" + key + "\" is not a list");
    std::vector<std::string>& list = lists[key];
    for (const auto& value : values) {
      if (!value.is_string()) throw refuse("a candidate of \"" + key + "\" is not a text");
      list.push_back(value.get<std::string>());
    }
  }
  return lists;
}

CandidateFilePools make_candidate_file_pools(const CandidateLists& lists, const EvaluationSet& set,
                                             std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                             std::size_t threads, Progress& progress) {
  const std::vector<std::string> wanted = wanted_candidates(lists, set);
  Prepared prepared(wanted.size());
  constexpr std::size_t kBlock = 4096;  // between two reports of progress
  progress.start("standardising candidates", wanted.size(), "molecules");
  for (std::size_t block = 0; block < wanted.size(); block += kBlock) {
    check_interrupt();
    const std::size_t count = std::min(kBlock, wanted.size() - block);
    Prepared part = prepare(std::span(wanted).subspan(block, count), *encoder, threads);
    std::move(part.begin(), part.end(), prepared.begin() + static_cast<std::ptrdiff_t>(block));
    progress.advance(block + count);
  }
  progress.finish();
  CandidateFilePools result;
  std::unordered_map<std::string, std::optional<Candidate>> candidates;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!prepared[i]) ++result.rejected;
    candidates.emplace(wanted[i], std::move(prepared[i]));
  }
  result.distinct = wanted.size();
  result.source = std::make_unique<FilePools>(lists, std::move(candidates), std::move(encoder));
  return result;
}

}  // namespace molbridge::service
