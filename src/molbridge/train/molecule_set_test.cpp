#include "molbridge/train/molecule_set.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTable =
    "SMILES\tMolecularFormula\tInChIKey1\n"
    "CCO\tC2H6O\tLFQSCWFLJHTTHZ\n"
    "c1ccccc1\tC6H6\tUHOVQNZJYSORNB\n"
    "CC(=O)O\tC2H4O2\tQTBSBXVTEAMEQO\n"
    "COC\tC2H6O\tLCGLNKUTAGEVQW\n"
    "CCN\tC2H7N\tQUSNBJAOOMFDIB\n";

class MoleculeSetFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (fs::temp_directory_path() / ("molbridge_molecules_" + std::to_string(::getpid()))).string();
    make_folders(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) const {
    write_file_atomically(folder_ + "/" + name, text);
    return folder_ + "/" + name;
  }
  MoleculeSetOptions stated(const std::string& text) const {
    MoleculeSetOptions options;
    options.files = {write("table.tsv", text)};
    options.standardized = true;
    return options;
  }
  std::string folder_;
};

void expect_sums(const DatasetCounts& counts) {
  std::uint64_t sum = counts.used;
  for (const auto& [reason, count] : counts.skipped) sum += count;
  EXPECT_EQ(sum, counts.read);
}

TEST_F(MoleculeSetFiles, StatedTable_RowsAsTheyStand) {
  const auto set = load_molecule_set(stated(kTable), no_progress());
  EXPECT_EQ(set.smiles, (std::vector<std::string>{"CCO", "c1ccccc1", "CC(=O)O", "COC", "CCN"}));
  expect_sums(set.counts);
}

TEST_F(MoleculeSetFiles, StatedTable_WithCharges_IsStandardisedThere) {
  const auto set = load_molecule_set(
      stated("SMILES\tInChIKey1\nCC[NH3+]\tQUSNBJAOOMFDIB\nCCN\tQUSNBJAOOMFDIB\nCC[O-].[Na+]\tLFQSCWFLJHTTHZ\n"),
      no_progress());
  EXPECT_EQ(set.smiles, (std::vector<std::string>{"CCN", "CCO"}));
  expect_sums(set.counts);
}

TEST_F(MoleculeSetFiles, AnyFile_IsStandardisedAndEachMoleculeKeptOnce) {
  MoleculeSetOptions options;
  options.files = {write("some.smi", "OCC\nC1=CC=CC=C1\nc1ccccc1\nnothing\n[Na+].[O-]C(C)=O\n")};
  const auto set = load_molecule_set(options, no_progress());
  EXPECT_EQ(set.smiles, (std::vector<std::string>{"CCO", "c1ccccc1", "CC(=O)O"}));
  EXPECT_EQ(set.counts.read, 5U);
  EXPECT_EQ(set.counts.skipped.at("molecule seen before"), 1U);
  expect_sums(set.counts);
}

TEST_F(MoleculeSetFiles, HeldOut_ByKeyAndByFormula_InBothWays) {
  const std::string held_out = write("val.mgf",
                                     "BEGIN IONS\nPEPMASS=47.05\nSMILES=OCC\n40.0 1\nEND IONS\n\n"
                                     "BEGIN IONS\nPEPMASS=47.05\nSMILES=no structure\n40.0 1\nEND IONS\n");
  auto options = stated(kTable);
  for (const bool standardized : {true, false}) {
    options.standardized = standardized;
    options.held_out = held_out_compounds({held_out}, false, 1, no_progress());
    EXPECT_EQ(load_molecule_set(options, no_progress()).smiles.size(), 4U);
    options.held_out = held_out_compounds({held_out}, true, 1, no_progress());
    const auto set = load_molecule_set(options, no_progress());
    EXPECT_EQ(set.smiles, (std::vector<std::string>{"c1ccccc1", "CC(=O)O", "CCN"}));  // not dimethyl ether either
    EXPECT_EQ(set.counts.skipped.at("held out"), 2U);
    expect_sums(set.counts);
  }
}

TEST_F(MoleculeSetFiles, HeldOutFile_OfMolecules_CountsToo_WithoutAnyIsRefused) {
  const auto found = held_out_compounds({write("val.smi", "CCO\nCCN\n")}, true, 1, no_progress());
  EXPECT_EQ(found.inchikeys, (std::set<std::string>{"LFQSCWFLJHTTHZ", "QUSNBJAOOMFDIB"}));
  EXPECT_EQ(found.formulas, (std::set<std::string>{"C2H6O", "C2H7N"}));
  const std::string none = write("none.mgf", "BEGIN IONS\nPEPMASS=47.05\n40.0 1\nEND IONS\n");
  EXPECT_THROW(held_out_compounds({none}, false, 1, no_progress()), Error);
}

TEST_F(MoleculeSetFiles, Limit_DrawsBySeed) {
  std::string text = "SMILES\tInChIKey1\n";
  for (int i = 0; i < 500; ++i)
    text += std::string(static_cast<std::size_t>(i + 1), 'C') + "\tAAAAAAAAAAA" + std::to_string(100 + i) + "\n";
  auto options = stated(text);
  options.checked = 0;
  options.limit = 50;
  const auto first = load_molecule_set(options, no_progress()), again = load_molecule_set(options, no_progress());
  EXPECT_EQ(first.smiles.size(), 50U);
  EXPECT_EQ(first.smiles, again.smiles);
  EXPECT_EQ(first.counts.skipped.at("not drawn"), 450U);
  options.seed = 2;
  EXPECT_NE(load_molecule_set(options, no_progress()).smiles, first.smiles);
  double sum = 0;
  for (const auto& smiles : first.smiles) sum += static_cast<double>(smiles.size());
  EXPECT_NEAR(sum / 50, 250, 80);  // from the whole file, not from its head
}

TEST_F(MoleculeSetFiles, WrongTable_IsRefusedWithTheLine) {
  for (const char* row :
       {"OCC\tC2H6O\tLFQSCWFLJHTTHZ\n", "CCO\tC2H6O\tAAAAAAAAAAAAAA\n", "CCO\tC3H6O\tLFQSCWFLJHTTHZ\n"}) {
    auto options = stated("SMILES\tMolecularFormula\tInChIKey1\n" + std::string(row));
    options.held_out.formulas = {"C9H9"};
    try {
      load_molecule_set(options, no_progress());
      ADD_FAILURE() << row;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput);
      EXPECT_EQ(error.position().line, 2U);
    }
  }
}

TEST_F(MoleculeSetFiles, ColumnMissing_IsNamed) {
  auto options = stated("SMILES\tInChIKey1\nCCO\tLFQSCWFLJHTTHZ\n");
  EXPECT_NO_THROW(load_molecule_set(options, no_progress()));
  options.held_out.formulas = {"C9H9"};
  EXPECT_THROW(load_molecule_set(options, no_progress()), Error);
  EXPECT_THROW(load_molecule_set(stated("SMILES\nCCO\n"), no_progress()), Error);
}

TEST_F(MoleculeSetFiles, EverythingHeldOut_IsRefused) {
  auto options = stated("SMILES\tInChIKey1\nCCO\tLFQSCWFLJHTTHZ\n");
  options.held_out.inchikeys = {"LFQSCWFLJHTTHZ"};
  EXPECT_THROW(load_molecule_set(options, no_progress()), Error);
}

}  // namespace
}  // namespace molbridge::train
