// Drugs and mechanisms here are common knowledge, typed in; identifiers are ChEMBL's.

#include "molbridge/corpus/chembl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "molbridge/core/error.hpp"

namespace molbridge::corpus {
namespace {

class ReadChembl : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "chembl_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static ChemblTable read(const ChemblFiles& files) { return read_chembl(files, 2, no_progress()); }
  static const DrugTargetPair& pair_of(const ChemblTable& table, const std::string& drug, const std::string& target) {
    const auto found = std::ranges::find_if(
        table.pairs, [&](const auto& pair) { return pair.drug_name == drug && pair.target_chembl_id == target; });
    if (found == table.pairs.end()) throw std::runtime_error("no pair " + drug + " " + target);
    return *found;
  }
  static std::vector<std::string> reasons(const ChemblTable& table) {
    std::vector<std::string> all;
    for (const auto& skipped : table.skipped) all.push_back(skipped.reason);
    return all;
  }

  std::string folder_;
};

constexpr std::string_view kMechanisms =
    "mec_id,molecule_chembl_id,parent_molecule_chembl_id,mechanism_of_action,target_chembl_id,action_type,max_phase\n"
    "1,CHEMBL25,CHEMBL25,Cyclooxygenase inhibitor,CHEMBL2094253,INHIBITOR,4\n"
    "2,CHEMBL521,CHEMBL521,Cyclooxygenase inhibitor,CHEMBL2094253,INHIBITOR,4\n"
    "3,CHEMBL1642,CHEMBL941,\"Bcr/Abl fusion protein, inhibitor\",CHEMBL2096618,INHIBITOR,4\n"
    "4,CHEMBL941,CHEMBL941,Tyrosine-protein kinase ABL inhibitor,CHEMBL2096618,INHIBITOR,4\n"
    "5,CHEMBL1201585,CHEMBL1201585,Receptor protein-tyrosine kinase erbB-2 inhibitor,CHEMBL1824,INHIBITOR,4\n"
    "6,CHEMBL113,CHEMBL113,Adenosine receptor antagonist,,ANTAGONIST,4\n"
    "7,CHEMBL113,CHEMBL113,Unknown,CHEMBL2094262,,4\n"
    "8,CHEMBL29,CHEMBL29,Bacterial penicillin-binding protein inhibitor,CHEMBL2354204,INHIBITOR,4\n"
    "9,CHEMBL9999,CHEMBL9999,Something inhibitor,CHEMBL1824,INHIBITOR,1\n"
    "10,CHEMBL113,CHEMBL113,,CHEMBL2094262,,4\n";
constexpr std::string_view kMolecules =
    "molecule_chembl_id\tpref_name\tmolecule_type\tcanonical_smiles\tsynonyms\n"
    "CHEMBL25\tASPIRIN\tSmall molecule\tCC(=O)Oc1ccccc1C(=O)O\tAcetylsalicylic acid|Ecotrin\n"
    "CHEMBL521\tIBUPROFEN\tSmall molecule\tCC(C)Cc1ccc(cc1)C(C)C(=O)O\tAdvil\n"
    "CHEMBL941\tIMATINIB\tSmall "
    "molecule\tCc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1\tSTI-571|CGP-57148\n"
    "CHEMBL1642\tIMATINIB MESYLATE\tSmall molecule\t"
    "CS(=O)(=O)O.Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1\tGleevec\n"
    "CHEMBL1201585\tTRASTUZUMAB\tAntibody\t\tHerceptin\n"
    "CHEMBL113\tCAFFEINE\tSmall molecule\tCN1C=NC2=C1C(=O)N(C)C(=O)N2C\t\n"
    "CHEMBL29\tPENICILLIN G\tSmall molecule\tCC1(C)SC2C(NC(=O)Cc3ccccc3)C(=O)N2C1C(=O)O\tBenzylpenicillin|Penicillin\n";
constexpr std::string_view kTargets =
    "target_chembl_id,pref_name,target_type,organism\n"
    "CHEMBL2094253,Cyclooxygenase,PROTEIN FAMILY,Homo sapiens\n"
    "CHEMBL2096618,Bcr/Abl fusion protein,CHIMERIC PROTEIN,Homo sapiens\n"
    "CHEMBL1824,Receptor protein-tyrosine kinase erbB-2,SINGLE PROTEIN,Homo sapiens\n"
    "CHEMBL2354204,Bacterial penicillin-binding protein,PROTEIN FAMILY,Bacteria\n"
    "CHEMBL2094262,Adenosine receptor,PROTEIN FAMILY,Homo sapiens\n";

TEST_F(ReadChembl, Tables_AreJoined) {
  const ChemblTable table = read({.mechanisms = {file("m.csv", kMechanisms)},
                                  .molecules = {file("d.tsv", kMolecules)},
                                  .targets = {file("t.csv", kTargets)}});
  EXPECT_EQ(table.rows, 10u);
  EXPECT_EQ(table.pairs.size(), 4u);
  EXPECT_EQ(table.merged, 1u) << "imatinib and its mesylate are one molecule";
  EXPECT_EQ(table.rows, table.pairs.size() + table.merged + table.skipped.size());
  const DrugTargetPair& aspirin = pair_of(table, "ASPIRIN", "CHEMBL2094253");
  EXPECT_EQ(aspirin.query_text, "Cyclooxygenase inhibitor. Target: Cyclooxygenase. Action: inhibitor.");
  EXPECT_EQ(aspirin.query_short, "Cyclooxygenase inhibitor. Target: Cyclooxygenase.");
  EXPECT_EQ(aspirin.query_text, pair_of(table, "IBUPROFEN", "CHEMBL2094253").query_text);
  EXPECT_EQ(aspirin.target_type, "protein family");
  EXPECT_EQ(aspirin.scaffold, "c1ccccc1");
  EXPECT_FALSE(aspirin.masked);
}

TEST_F(ReadChembl, SaltAndParent_GiveOnePair) {
  const ChemblTable table = read({.mechanisms = {file("m.csv", kMechanisms)},
                                  .molecules = {file("d.tsv", kMolecules)},
                                  .targets = {file("t.csv", kTargets)}});
  const DrugTargetPair& imatinib = pair_of(table, "IMATINIB", "CHEMBL2096618");
  EXPECT_EQ(imatinib.drug_ids, "CHEMBL941");
  EXPECT_EQ(imatinib.mechanism_of_action, "Bcr/Abl fusion protein, inhibitor");
  EXPECT_EQ(imatinib.mechanism_other, "Tyrosine-protein kinase ABL inhibitor");
}

TEST_F(ReadChembl, OwnNames_AreMasked) {
  const ChemblTable table = read({.mechanisms = {file("m.csv", kMechanisms)},
                                  .molecules = {file("d.tsv", kMolecules)},
                                  .targets = {file("t.csv", kTargets)}});
  const DrugTargetPair& penicillin = pair_of(table, "PENICILLIN G", "CHEMBL2354204");
  EXPECT_EQ(penicillin.query_text,
            "Bacterial [drug]-binding protein inhibitor. Target: Bacterial [drug]-binding protein. Organism: Bacteria. "
            "Action: inhibitor.");
  EXPECT_TRUE(penicillin.masked);
  EXPECT_EQ(table.masked, 1u);
}

TEST_F(ReadChembl, Unusable_IsCountedWithReasons) {
  const ChemblTable table = read({.mechanisms = {file("m.csv", kMechanisms)},
                                  .molecules = {file("d.tsv", kMolecules)},
                                  .targets = {file("t.csv", kTargets)}});
  EXPECT_THAT(reasons(table), testing::UnorderedElementsAre("the drug has no structure (antibody)", "no target",
                                                            "the mechanism is unknown", "no mechanism of action",
                                                            "the drug is in no file of molecules"));
  EXPECT_NE(table.skipped[0].where.find("m.csv:6"), std::string::npos);
}

TEST_F(ReadChembl, WebExport_IsReadAlone) {
  const ChemblTable table =
      read({.mechanisms = {file(
                "web.csv",
                "\"Parent Molecule ChEMBL ID\";\"Parent Molecule Name\";\"Parent Molecule Type\";\"Max Phase\";"
                "\"Smiles\";\"Mechanism of Action\";\"Target ChEMBL ID\";\"Target Name\";\"Action Type\";"
                "\"Target Type\";\"Target Organism\";\"Synonyms\"\n"
                "\"CHEMBL113\";\"CAFFEINE\";\"Small molecule\";\"4\";\"CN1C=NC2=C1C(=O)N(C)C(=O)N2C\";"
                "\"Adenosine receptor antagonist; \"\"non-selective\"\"\";\"CHEMBL2094262\";\"Adenosine "
                "receptor\";\"ANTAGONIST\";\"PROTEIN FAMILY\";\"Homo sapiens\";\"Guaranine|Theine\"\n"
                "\"CHEMBL1201585\";\"TRASTUZUMAB\";\"Antibody\";\"4\";\"\";\"erbB-2 inhibitor\";"
                "\"CHEMBL1824\";\"erbB-2\";\"INHIBITOR\";\"SINGLE PROTEIN\";\"Homo sapiens\";\"\"\n")},
            .molecules = {},
            .targets = {}});
  ASSERT_EQ(table.pairs.size(), 1u);
  EXPECT_EQ(table.pairs[0].query_text,
            "Adenosine receptor antagonist; \"non-selective\". Target: Adenosine receptor. Action: antagonist.");
  EXPECT_EQ(table.pairs[0].inchikey14, "RYYVLZVUVIJVGH");
  EXPECT_THAT(reasons(table), testing::ElementsAre("the drug has no structure (antibody)"));
}

TEST_F(ReadChembl, TableIds_JoinAsWell) {
  const ChemblTable table =
      read({.mechanisms = {file("m.tsv",
                                "mec_id\tmolregno\tmechanism_of_action\ttid\taction_type\n1\t77\tCyclooxygenase "
                                "inhibitor\t5\tINHIBITOR\n")},
            .molecules = {file("d.tsv", "molregno\tpref_name\tcanonical_smiles\n77\tASPIRIN\tCC(=O)Oc1ccccc1C(=O)O\n")},
            .targets = {file("t.tsv",
                             "tid\tchembl_id\tpref_name\ttarget_type\torganism\n5\tCHEMBL2094253\tCyclooxygenase\t"
                             "PROTEIN FAMILY\tHomo sapiens\n")}});
  EXPECT_EQ(pair_of(table, "ASPIRIN", "CHEMBL2094253").target_name, "Cyclooxygenase");
}

TEST_F(ReadChembl, ApiPages_AreJoined) {
  const ChemblTable table = read(
      {.mechanisms = {file("m1.json",
                           R"({"mechanisms": [{"molecule_chembl_id": "CHEMBL25", "target_chembl_id": "CHEMBL221",
            "mechanism_of_action": "Cyclooxygenase-1 inhibitor", "action_type": "INHIBITOR", "max_phase": 4,
            "parent_molecule_chembl_id": null, "mechanism_refs": [{"ref_id": "1"}]}], "page_meta": {"next": "x"}})"),
                      file("m2.json", R"({"mechanisms": [{"molecule_chembl_id": "CHEMBL941",
            "mechanism_of_action": "ABL inhibitor STI571", "target_chembl_id": "CHEMBL1862"}], "page_meta": {}})")},
       .molecules = {file("d.json", R"({"molecules": [
            {"molecule_chembl_id": "CHEMBL25", "pref_name": "ASPIRIN", "molecule_type": "Small molecule",
             "molecule_structures": {"canonical_smiles": "CC(=O)Oc1ccccc1C(=O)O"}, "molecule_synonyms": []},
            {"molecule_chembl_id": "CHEMBL941", "pref_name": "IMATINIB",
             "molecule_structures": {"canonical_smiles": "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"},
             "molecule_synonyms": [{"molecule_synonym": "STI-571", "syn_type": "RESEARCH_CODE"}]}]})")},
       .targets = {file("t.json", R"({"targets": [{"target_chembl_id": "CHEMBL221", "pref_name": "Cyclooxygenase-1",
            "target_type": "SINGLE PROTEIN", "organism": "Homo sapiens", "target_components": [{"accession": "P23219",
            "target_component_synonyms": [{"component_synonym": "PTGS1", "syn_type": "GENE_SYMBOL"}]}]}]})")}});
  const DrugTargetPair& aspirin = pair_of(table, "ASPIRIN", "CHEMBL221");
  EXPECT_EQ(aspirin.query_short, "Cyclooxygenase-1 inhibitor. Target: Cyclooxygenase-1, gene PTGS1.");
  EXPECT_EQ(aspirin.uniprot, "P23219");
  EXPECT_EQ(aspirin.max_phase, "4");
  EXPECT_EQ(pair_of(table, "IMATINIB", "CHEMBL1862").query_text, "ABL inhibitor [drug].");
}

TEST_F(ReadChembl, DamagedJson_NamesTheLine) {
  try {
    read({.mechanisms = {file("m.json", "{\"mechanisms\": [\n")}, .molecules = {}, .targets = {}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_NE(std::string(error.what()).find("m.json:1"), std::string::npos);
  }
}

TEST_F(ReadChembl, TableWithoutMechanisms_IsRefused) {
  EXPECT_THROW(read({.mechanisms = {file("d.tsv", kMolecules)}, .molecules = {}, .targets = {}}), Error);
}

TEST_F(ReadChembl, Table_IsReadBackAsPairs) {
  const ChemblTable table = read({.mechanisms = {file("m.csv", kMechanisms)},
                                  .molecules = {file("d.tsv", kMolecules)},
                                  .targets = {file("t.csv", kTargets)}});
  PairReadOptions options;
  options.fold_column = "fold_scaffold";
  const PairTable pairs =
      read_pairs(*LineSource::from_memory("out.tsv", drug_target_tsv(table)), options, no_progress());
  ASSERT_EQ(pairs.pairs.size(), table.pairs.size());
  EXPECT_EQ(pairs.key_mismatch.count, 0u);
  for (std::size_t i = 0; i < pairs.pairs.size(); ++i) {
    EXPECT_EQ(pairs.pairs[i].text, table.pairs[i].query_text);
    EXPECT_EQ(pairs.pairs[i].fold, table.pairs[i].fold_scaffold);
    EXPECT_EQ(pairs.pairs[i].target, table.pairs[i].target_key);
  }
}

}  // namespace
}  // namespace molbridge::corpus
