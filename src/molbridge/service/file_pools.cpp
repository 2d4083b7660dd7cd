#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/molecule_import.hpp"
#include "molbridge/service/pool_row.hpp"

namespace molbridge::service {
namespace {

/// The distinct molecules of the lists with their rows, and which spelling is which.
class ListedMolecules {
 public:
  ListedMolecules(std::shared_ptr<const encoders::MoleculeEncoder> encoder, std::size_t threads)
      : encoder_(std::move(encoder)),
        threads_(threads),
        dtype_(stored_dtype(*encoder_)),
        row_bytes_(bank::row_bytes(dtype_, encoder_->width())) {}

  const encoders::MoleculeEncoder& encoder() const { return *encoder_; }
  bank::Dtype dtype() const { return dtype_; }
  const PoolMolecule& molecule(std::size_t entry) const { return entries_[entry]; }
  std::span<const std::byte> row(std::size_t entry) const {
    return std::span(rows_).subspan(entry * row_bytes_, row_bytes_);
  }
  /// nullopt for a spelling that is no molecule. Requires one that was added.
  std::optional<std::size_t> entry_of(const std::string& spelling) const { return entry_of_.at(spelling); }

  /// Returns how many of the spellings are unusable.
  std::uint64_t add(std::span<const std::string> spellings) {
    const auto parsed = standardize_all(spellings);
    std::vector<chem::Molecule> fresh;
    std::uint64_t rejected = 0;
    for (std::size_t i = 0; i < spellings.size(); ++i) {
      std::optional<std::size_t>& entry = entry_of_[spellings[i]];
      if (!parsed[i]) {
        ++rejected;
        continue;
      }
      const auto [at, is_new] = entry_of_smiles_.try_emplace(parsed[i]->names.smiles, entries_.size());
      entry = at->second;
      if (!is_new) continue;
      entries_.push_back(parsed[i]->names);
      fresh.push_back(parsed[i]->molecule);
    }
    encode(fresh);
    return rejected;
  }

 private:
  struct Parsed {
    chem::Molecule molecule;
    PoolMolecule names;
  };

  std::vector<std::optional<Parsed>> standardize_all(std::span<const std::string> spellings) const {
    constexpr std::size_t kChunk = 32;
    std::vector<std::optional<Parsed>> out(spellings.size());
    parallel_for(spellings.size(), threads_, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto molecule = chem::standardize(spellings[i]);
        if (!molecule) continue;
        if (const auto key = chem::inchikey14(*molecule)) out[i] = Parsed{*molecule, {molecule->smiles(), *key}};
      }
    });
    return out;
  }

  /// Appends a row for each.
  void encode(const std::vector<chem::Molecule>& molecules) {
    if (dtype_ != bank::Dtype::kBits) return encode_together(molecules);
    const std::size_t before = rows_.size();
    rows_.resize(before + molecules.size() * row_bytes_);
    constexpr std::size_t kChunk = 32;
    parallel_for(molecules.size(), threads_, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        auto* out = reinterpret_cast<std::uint8_t*>(rows_.data() + before + i * row_bytes_);
        encoder_->encode_bits(molecules[i], {out, row_bytes_});
      }
    });
  }

  /// Networks pack molecules by length.
  void encode_together(const std::vector<chem::Molecule>& molecules) {
    const std::size_t width = encoder_->width();
    std::vector<float> vectors(molecules.size() * width);
    encode_molecules(*encoder_, molecules, threads_, vectors);
    for (std::size_t i = 0; i < molecules.size(); ++i) {
      const auto row = stored_row(std::span(vectors).subspan(i * width, width), dtype_);
      rows_.insert(rows_.end(), row.begin(), row.end());
    }
  }

  std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
  std::size_t threads_;
  bank::Dtype dtype_;
  std::size_t row_bytes_;
  std::vector<PoolMolecule> entries_;
  std::vector<std::byte> rows_;
  std::unordered_map<std::string, std::size_t> entry_of_smiles_;
  std::unordered_map<std::string, std::optional<std::size_t>> entry_of_;
};

class FilePool : public CandidatePool {
 public:
  FilePool(const ListedMolecules& listed, const EvaluationCompound& compound, const std::vector<std::string>& list)
      : listed_(listed), compound_{compound.smiles, compound.inchikey14} {
    std::set<std::string> seen;
    for (const std::string& spelling : list) {
      const auto entry = listed.entry_of(spelling);
      if (!entry) continue;
      const std::string& block = listed.molecule(*entry).inchikey14;
      if (block == compound.inchikey14) {
        truths_.push_back(*entry);
      } else if (seen.insert(block).second) {
        others_.push_back(*entry);
      }
    }
    if (truths_.empty()) added_row_ = encode(compound.smiles);
  }

  std::uint64_t size() const override { return others_.size() + 1; }
  bool truth_added() const override { return truths_.empty(); }

  PoolScores scores(std::span<const float> query) const override {
    const bank::Scorer scorer(listed_.dtype(), query);
    PoolScores out;
    out.others.reserve(others_.size());
    for (const std::size_t entry : others_) out.others.push_back(scorer.cosine(listed_.row(entry).data()));
    out.truth = scorer.cosine(truth_row().data());
    for (const std::size_t entry : truths_) out.truth = std::min(out.truth, scorer.cosine(listed_.row(entry).data()));
    return out;
  }

  PoolMolecule truth() const override { return truths_.empty() ? compound_ : listed_.molecule(truths_.front()); }
  PoolMolecule other(std::size_t index) const override { return listed_.molecule(others_.at(index)); }
  std::vector<float> truth_embedding() const override { return unpacked(truth_row()); }
  std::vector<float> other_embedding(std::size_t index) const override {
    return unpacked(listed_.row(others_.at(index)));
  }

  void keep(std::span<const std::size_t> others) override {
    std::vector<std::size_t> kept;
    for (const std::size_t index : others) kept.push_back(others_.at(index));
    others_ = std::move(kept);
  }

 private:
  std::vector<std::byte> encode(const std::string& smiles) const {
    return encoded_row(listed_.encoder(), chem::Molecule::from_smiles(smiles).value(), listed_.dtype());
  }
  std::span<const std::byte> truth_row() const {
    return truths_.empty() ? std::span<const std::byte>(added_row_) : listed_.row(truths_.front());
  }
  std::vector<float> unpacked(std::span<const std::byte> row) const {
    return unpacked_row(row, listed_.dtype(), listed_.encoder().width());
  }

  const ListedMolecules& listed_;
  PoolMolecule compound_;
  std::vector<std::size_t> truths_, others_;  // entries
  std::vector<std::byte> added_row_;
};

class FilePools : public PoolSource {
 public:
  FilePools(const CandidateLists& lists, ListedMolecules listed) : lists_(lists), listed_(std::move(listed)) {}

  bool has_pool(const EvaluationQuery& query) const override { return list_of(lists_, query) != nullptr; }

  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound,
                                         const EvaluationQuery& query) const override {
    const std::vector<std::string>* list = list_of(lists_, query);
    MOLBRIDGE_CHECK(list != nullptr, query.spectrum.id);
    return std::make_unique<FilePool>(listed_, compound, *list);
  }

 private:
  const CandidateLists& lists_;
  ListedMolecules listed_;
};

/// The candidates of the lists that some query asks for, in a fixed order.
std::vector<std::string> wanted_candidates(const CandidateLists& lists, const EvaluationSet& set) {
  std::set<std::string> wanted;
  std::set<const std::vector<std::string>*> taken;
  for (const auto& query : set.queries) {
    const auto* list = list_of(lists, query);
    if (list != nullptr && taken.insert(list).second) wanted.insert(list->begin(), list->end());
  }
  return {wanted.begin(), wanted.end()};
}

}  // namespace

CandidateFilePools make_candidate_file_pools(const CandidateLists& lists, const EvaluationSet& set,
                                             std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                             std::size_t threads, Progress& progress) {
  const std::vector<std::string> wanted = wanted_candidates(lists, set);
  ListedMolecules listed(std::move(encoder), threads);
  CandidateFilePools result;
  constexpr std::size_t kBlock = 4096;  // between two reports of progress
  progress.start("encoding candidates", wanted.size(), "molecules");
  for (std::size_t block = 0; block < wanted.size(); block += kBlock) {
    check_interrupt();
    const std::size_t count = std::min(kBlock, wanted.size() - block);
    result.rejected += listed.add(std::span(wanted).subspan(block, count));
    progress.advance(block + count);
  }
  progress.finish();
  result.distinct = wanted.size();
  result.source = std::make_unique<FilePools>(lists, std::move(listed));
  return result;
}

}  // namespace molbridge::service
