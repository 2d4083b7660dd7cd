#pragma once
// For tests: a small bank in a folder that goes with the object, and a model without a network.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/builder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kTestEncoderDigest[] = "0123456789abcdef0123456789abcdef";

struct TestMolecule {
  std::string formula;
  std::string inchikey14;
  std::vector<float> embedding;
  std::string name = "";
};

/// Masses follow from the formulas; SMILES are placeholders. All embeddings must be of one width.
class TestBank {
 public:
  explicit TestBank(const std::vector<TestMolecule>& molecules) {
    std::string pattern = (std::filesystem::temp_directory_path() / "molbridge_test_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = pattern;
    bank::BuildOptions options;
    options.encoder = "test encoder";
    options.encoder_digest = kTestEncoderDigest;
    options.width = molecules.at(0).embedding.size();
    options.toolkit = "none";
    options.job_digest = "job";
    const auto builder = bank::BankBuilder::create(folder(), options, false);
    for (const auto& molecule : molecules) {
      const auto formula = mass::Formula::parse(molecule.formula).value();
      builder->add({"C", molecule.inchikey14, formula.hill(), formula.monoisotopic_mass(), molecule.name,
                    "test:" + molecule.inchikey14},
                   molecule.embedding);
    }
    builder->finish();
    bank_ = bank::Bank::open(folder());
  }
  ~TestBank() {
    bank_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TestBank(const TestBank&) = delete;
  TestBank& operator=(const TestBank&) = delete;

  std::string folder() const { return root_ + "/bank"; }
  const std::string& root() const { return root_; }
  const bank::Bank& operator*() const { return *bank_; }
  std::shared_ptr<const bank::Bank> shared() const { return bank_; }

 private:
  std::string root_;
  std::shared_ptr<const bank::Bank> bank_;
};

/// Embeds every spectrum as the vector it was given; remembers nothing.
class FixedModel : public SpectrumModel {
 public:
  explicit FixedModel(std::vector<float> vector, std::string digest = kTestEncoderDigest)
      : vector_(std::move(vector)), target_digest_(std::move(digest)) {}
  std::string name() const override { return "fixed"; }
  std::string digest() const override { return "feedface0000111122223333"; }
  std::string target_encoder() const override { return "morgan:radius=2,bits=4096"; }
  std::string target_encoder_digest() const override { return target_digest_; }
  std::uint64_t width() const override { return vector_.size(); }
  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t) const override {
    std::vector<float> out;
    for (std::size_t i = 0; i < queries.size(); ++i) out.insert(out.end(), vector_.begin(), vector_.end());
    return out;
  }
  const std::vector<TrainingMolecule>& training_molecules() const override { return training_; }

 private:
  std::vector<float> vector_;
  std::string target_digest_;
  std::vector<TrainingMolecule> training_;
};

}  // namespace molbridge::retrieve
