#include "molbridge/chem/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/readers.hpp"

namespace molbridge::chem {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<MoleculeRow> read(std::string_view text, const MoleculeReadOptions& options = {},
                              const std::string& name = "in") {
  auto reader = make_reader(LineSource::from_memory(name, text), options);
  std::vector<MoleculeRow> rows;
  while (auto row = reader->next()) rows.push_back(std::move(*row));
  return rows;
}

std::string error_of(std::string_view text, const MoleculeReadOptions& options = {}, const std::string& name = "in") {
  try {
    read(text, options, name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    return error.what();
  }
  return "no error";
}

/// "line smiles|name|id|source", or "line !failure".
std::vector<std::string> shown(const std::vector<MoleculeRow>& rows) {
  std::vector<std::string> all;
  for (const auto& row : rows) {
    const std::string line = std::to_string(row.line) + " ";
    const std::string structure = row.molblock.empty() ? row.smiles : Molecule::from_molblock(row.molblock)->smiles();
    all.push_back(line +
                  (row.failure ? "!" + *row.failure : structure + "|" + row.name + "|" + row.id + "|" + row.source));
  }
  return all;
}

std::string sdf_record(std::string_view title, std::string_view fields) {
  return std::string(title) +
         "\n  test\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 C   0  0\n"
         "    1.5000    0.0000    0.0000 O   0  0\n  1  2  1  0\nM  END\n" +
         std::string(fields) + "$$$$\n";
}

TEST(SmilesReader, NameFollowsTheStructure) {
  EXPECT_THAT(shown(read("CCO ethanol, absolute\nCO\tmethanol\n\n# note\nC\n")),
              ElementsAre("1 CCO|ethanol, absolute||", "2 CO|methanol||", "5 C|||"));
}

TEST(SmilesReader, HeaderAndExtension_AreUnderstood) {
  EXPECT_THAT(shown(read("smiles zinc_id\nCCO Z1\n", {}, "x.smi")), ElementsAre("2 CCO|Z1||"));
  EXPECT_THAT(shown(read("CCO |$a b;;$| ethanol\n", {}, "x.smi")), ElementsAre("1 CCO |$a b;;$||ethanol||"));
}

TEST(SmilesReader, Anything_IsLeftToTheParser) {
  EXPECT_THAT(shown(read("not a molecule\nCCO\n", {}, "x.smi")), ElementsAre("1 not|a molecule||", "2 CCO|||"));
}

TEST(DelimitedReader, MetFragLocalCsv_IsReadUnchanged) {
  EXPECT_THAT(
      shown(read("Identifier,MonoisotopicMass,MolecularFormula,SMILES,InChI,InChIKey,CompoundName\n"
                 "702,46.0419,C2H6O,CCO,\"InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3\",LFQSCWFLJHTTHZ-UHFFFAOYSA-N,Ethanol\n"
                 "1486,219.9694,C8H6Cl2O3,OC(=O)COc1ccc(Cl)cc1Cl,x,y,\"2,4-D\"\n")),
      ElementsAre("2 CCO|Ethanol|702|", "3 OC(=O)COc1ccc(Cl)cc1Cl|2,4-D|1486|"));
}

TEST(DelimitedReader, PubChemLiteColumns_AreReadUnchanged) {
  EXPECT_THAT(shown(read("Identifier,CompoundName,MonoisotopicMass,MolecularFormula,SMILES,InChI,InChIKey,FirstBlock,"
                         "PubMed_Count,Patent_Count\n702,Ethanol,46.0,C2H6O,CCO,\"InChI=1S/x,y\",K,K,5,6\n")),
              ElementsAre("2 CCO|Ethanol|702|"));
}

TEST(DelimitedReader, OurOwnTable) {
  EXPECT_THAT(shown(read("SMILES\tMolecularFormula\tMonoisotopicMass\tInChIKey1\tsource\tlicence\tCompoundName\n"
                         "CCO\tC2H6O\t46.041865\tLFQSCWFLJHTTHZ\thmdb4\tCC0\tEthanol\n"
                         "C\tCH4\t16.0313\tVNWKTOKETHGBQD\thmdb4\tCC0\t\n")),
              ElementsAre("2 CCO|Ethanol||hmdb4", "3 C|||hmdb4"));
}

TEST(DelimitedReader, DialectsOfSpreadsheets) {
  EXPECT_THAT(shown(read("\xEF\xBB\xBFName;Canonical SMILES;CAS\r\nEthanol;CCO;64-17-5\r\n\r\nMethane;C;\r\n")),
              ElementsAre("2 CCO|Ethanol||", "4 C|Methane||"));
  EXPECT_THAT(shown(read("id|isomeric_smiles\n1|CCO\n")), ElementsAre("2 CCO||1|"));
  EXPECT_THAT(shown(read("Smiles\nCCO\nC\n")), ElementsAre("2 CCO|||", "3 C|||"));
  EXPECT_THAT(shown(read("SMILES,Name,,\nCCO,x,,\n")), ElementsAre("2 CCO|x||"));
  EXPECT_THAT(shown(read("# made by hand\nSMILES,Name\nCCO,caf\xE9\n")), ElementsAre("3 CCO|caf\xC3\xA9||"));
  EXPECT_THAT(shown(read("#SMILES\tName\nCCO\tx\n")), ElementsAre("2 CCO|x||"));
}

TEST(DelimitedReader, Synonyms_PreferTheBest) {
  EXPECT_THAT(shown(read("canonical_smiles,SMILES,IUPAC_Name,Name\nC,CC,wrong,right\n")), ElementsAre("2 CC|right||"));
  EXPECT_EQ(normalize_column("PubChem_CID "), "pubchemcid");
}

TEST(DelimitedReader, NamedColumns_Win) {
  MoleculeReadOptions options;
  options.smiles_column = "structure";
  options.name_column = "label";
  options.id_column = "key";
  EXPECT_THAT(shown(read("SMILES,structure,label,key,Name\nC,CC,l,k,n\n", options)), ElementsAre("2 CC|l|k|"));
}

TEST(DelimitedReader, WithoutSmilesColumn_NamesWhatThereIs) {
  EXPECT_THAT(error_of("id,mass,Smiles_iso2\n1,2,CCO\n"),
              AllOf(HasSubstr("in:1"), HasSubstr("no SMILES column"), HasSubstr("id, mass, Smiles_iso2"),
                    HasSubstr("--smiles-column")));
  MoleculeReadOptions options;
  options.smiles_column = "Smile";
  EXPECT_THAT(error_of("id,SMILES\n1,CCO\n", options), AllOf(HasSubstr("no column 'Smile'"), HasSubstr("'SMILES'")));
}

TEST(DelimitedReader, BrokenRows_AreFailuresWithTheirLine) {
  EXPECT_THAT(shown(read("SMILES,Name\nCCO,\"ethanol\nC,methane\nCC,a,b\n,empty\nCO,methanol\n", {}, "x.csv")),
              ElementsAre("2 !a quote is opened and never closed", "3 C|methane||", "4 !3 columns, the header has 2",
                          "5 !no SMILES in this row", "6 CO|methanol||"));
  EXPECT_THAT(shown(read("Name,SMILES\nonly\nx,C\n")), ElementsAre("2 !1 columns, the header has 2", "3 C|x||"));
}

TEST(SdfReader, NameFromFieldOrTitle) {
  EXPECT_THAT(shown(read(sdf_record("methanol", "") +
                         sdf_record("887", "> <PUBCHEM_IUPAC_NAME>\nmethanol\n\n>  1  <CID>\n887\n\n") +
                         sdf_record("", "> <Name> (7)\nwood\nalcohol\n\n> <DATABASE>\nown\n\n"))),
              ElementsAre("1 CO|methanol||", "10 CO|methanol|887|", "25 CO|wood||own"));
}

TEST(SdfReader, LoneMolFileAndLastRecordWithoutEnd) {
  std::string mol = sdf_record("x", "");
  mol.resize(mol.size() - 5);
  EXPECT_THAT(shown(read(mol, {}, "x.mol")), ElementsAre("1 CO|x||"));
  EXPECT_THAT(shown(read(sdf_record("x", "") + "\n\n")), ElementsAre("1 CO|x||"));
}

TEST(SdfReader, DamagedRecord_CostsOnlyItself) {
  const std::string cut = "broken\n\n\n  2  1  0\n$$$$\n";
  EXPECT_THAT(shown(read(sdf_record("a", "") + cut + sdf_record("b", ""))),
              ElementsAre("1 CO|a||", "10 !no 'M  END': the record is cut short or is not a MOL block", "15 CO|b||"));
}

TEST(SdfReader, EndlessRecord_IsNotKept) {
  std::string text = "x\n\n\n  0  0  0 V2000\n";
  while (text.size() < (std::size_t{5} << 20)) text += std::string(1000, ' ') + "\n";
  text += "M  END\n$$$$\n";
  EXPECT_THAT(shown(read(text + sdf_record("b", ""))), testing::Contains(HasSubstr("CO|b")));
  EXPECT_THAT(read(text)[0].failure, testing::Optional(HasSubstr("4 MiB")));
}

TEST(Reader, Format_IsToldByNameThenContent) {
  EXPECT_EQ(detect_format("a.SDF.gz", "x", {}), MoleculeFormat::kSdf);
  EXPECT_EQ(detect_format("a.smi", "x", {}), MoleculeFormat::kSmiles);
  EXPECT_EQ(detect_format("a.tsv", "x", {}), MoleculeFormat::kDelimited);
  EXPECT_EQ(detect_format("-", "a,SMILES,b\n", {}), MoleculeFormat::kDelimited);
  EXPECT_EQ(detect_format("a.txt", "c1ccccc1 benzene\n", {}), MoleculeFormat::kSmiles);
  EXPECT_EQ(detect_format("a.txt", "\n\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\n", {}), MoleculeFormat::kSdf);
}

TEST(Reader, WhatIsNoStructureFile_IsAnErrorThatSaysWhatIs) {
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of("\n \n"), HasSubstr("is empty"));
  EXPECT_THAT(error_of(std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16)),
              AllOf(HasSubstr("binary"), HasSubstr(".sdf")));
  EXPECT_THAT(error_of(std::string("\0\0\0\0", 4), {}, "x.csv"), HasSubstr("binary"));
  EXPECT_THAT(error_of("Dear all,\nplease find\n", {}, "x.txt"), HasSubstr("no SMILES column"));
  EXPECT_THAT(error_of("{\"a\": [\"CCO\", \"C\"]}\n", {}, "x.json"), HasSubstr("known format"));
  EXPECT_THAT(error_of("<?xml version=\"1.0\"?>\n<a b=\"1,2\"/>\n"), HasSubstr("known format"));
  EXPECT_THAT(error_of("Hello, world of chemistry", {}, "x.smi"), "no error");
}

TEST(Reader, GzipAndMissingFile) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("molbridge_reader_" + std::to_string(::getpid()) + ".csv.gz"))
          .string();
  gzFile file = gzopen(path.c_str(), "wb");
  const std::string text = "SMILES,Name\nCCO,ethanol\n";
  gzwrite(file, text.data(), static_cast<unsigned int>(text.size()));
  gzclose(file);
  auto reader = open_molecules(path);
  EXPECT_EQ(reader->next()->name, "ethanol");
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->bytes_read(), reader->bytes_total());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 6);
  auto cut = open_molecules(path);
  EXPECT_EQ(cut->next()->name, "ethanol");
  EXPECT_THROW(cut->next(), Error);
  std::filesystem::remove(path);
  EXPECT_THROW(open_molecules(path), Error);
}

TEST(Reader, CutOrFlippedAnywhere_EndsInRowsOrAnError) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"a.csv", "Identifier,SMILES,Name\n1,CCO,\"a \"\"b\"\", c\nd\"\n2,C,x\n"},
      {"a.smi", "CCO ethanol\nC |x| y\n"},
      {"a.sdf", sdf_record("t", "> <Name>\nwood\n\n> <CID>\n7\n\n") + sdf_record("u", "")},
      {"a", "# c\nSMILES;id\nC;1\n"}};
  for (const auto& [name, text] : files) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      EXPECT_NE(error_of(text.substr(0, i), {}, name), "") << name << i;
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x2a);
      EXPECT_NE(error_of(flipped, {}, name), "") << name << i;
    }
  }
}

TEST(CleanText, ControlsAndEncodings) {
  EXPECT_EQ(clean_text(" a\tb\x01 "), "a b");
  EXPECT_EQ(clean_text("na\xC3\xAFve"), "na\xC3\xAFve");
  EXPECT_EQ(clean_text("na\xEFve"), "na\xC3\xAFve");
  EXPECT_EQ(clean_text("\xC0\xAF"), "\xC3\x80\xC2\xAF");  // overlong, so not UTF-8
  EXPECT_THAT(clean_text(std::string(5'000, 'x')), SizeIs(1'000));
}

}  // namespace
}  // namespace molbridge::chem
