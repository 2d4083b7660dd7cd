#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMgf = "BEGIN IONS\nTITLE=m\n100.5 1\nEND IONS\n";
constexpr std::string_view kMsp = "Name: p\nNum Peaks: 1\n100.5 1\n\n";
constexpr std::string_view kMassBank = "ACCESSION: B\nPK$NUM_PEAK: 1\nPK$PEAK: m/z int. rel.int.\n  100.5 1 999\n//\n";
constexpr std::string_view kTable = "identifier\tmzs\tintensities\nT\t100.5\t1\n";
constexpr std::string_view kJson = "[{\"id\": \"j\", \"peaks\": [[100.5, 1]]}]";

class OpenSpectra : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("molbridge_open_" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  fs::path folder_;
};

TEST_F(OpenSpectra, EveryTextFormat_IsToldByItsContentPlainAndGzip) {
  for (const auto& [text, id] : {std::pair(kMgf, "m"), {kMsp, "p"}, {kMassBank, "B"}, {kTable, "T"}, {kJson, "j"}}) {
    for (const bool packed : {false, true}) {
      const std::string path = write("data.bin", packed ? gzip(text) : std::string(text));
      const ReadResult result = drain(*open_spectra(path));
      ASSERT_EQ(result.spectra.size(), 1u) << text;
      EXPECT_EQ(result.spectra[0].id, id);
      EXPECT_EQ(result.spectra[0].source, path);
    }
  }
}

TEST_F(OpenSpectra, StandardInput_IsReadAndSniffed) {
  const std::string path = write("in.gz", gzip(kMsp));
  const int saved = dup(STDIN_FILENO);
  const int file = open(path.c_str(), O_RDONLY);
  dup2(file, STDIN_FILENO);
  const ReadResult result = drain(*open_spectra("-"));
  dup2(saved, STDIN_FILENO);
  close(file);
  close(saved);
  ASSERT_EQ(result.spectra.size(), 1u);
  EXPECT_EQ(result.spectra[0].source, "-");
}

TEST_F(OpenSpectra, WhatIsNoSpectrumFile_ThrowsWithTheListOfFormats) {
  for (const std::string_view content :
       {std::string_view("\x01\x02\x00garbage", 10), std::string_view("hello\nworld\n"),
        std::string_view("{\"a\": [\"CCO\"]}"), std::string_view("<html></html>")}) {
    const std::string message = error_of([&] { open_spectra(write("x.json", content)); });
    EXPECT_NE(message.find("MGF, MSP, MassBank"), std::string::npos) << message;
    EXPECT_NE(message.find("x.json"), std::string::npos) << message;
  }
  EXPECT_NE(error_of([&] { open_spectra(write("x.mgf", "")); }).find("empty"), std::string::npos);
  EXPECT_NE(error_of([&] { open_spectra((folder_ / "missing").string()); }), "");
  const std::string binary = error_of([&] { open_spectra(write("x.mgf", std::string(100, '\0'))); });
  EXPECT_NE(binary.find("binary"), std::string::npos) << "the name does not make it a spectrum file";
}

TEST_F(OpenSpectra, MgfWithoutAnyRecord_IsAcceptedByItsName) {
  EXPECT_EQ(drain(*open_spectra(write("none.mgf", "COM=nothing found\n"))).num_records, 0u);
}

TEST_F(OpenSpectra, TruncatedGzip_GivesTheWholeRecordsThenOneDamagedRecord) {
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text += "BEGIN IONS\nTITLE=" + std::to_string(i * 7919 % 2003) + "\n100." + std::to_string(i) + " 1\nEND IONS\n";
  }
  const std::string packed = gzip(text);
  const ReadResult result = drain(*open_spectra(write("cut.mgf.gz", packed.substr(0, packed.size() / 2))));
  EXPECT_GT(result.spectra.size(), 100u);
  EXPECT_LT(result.spectra.size(), 2000u);
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_TRUE(result.skipped[0].damaged_input);
  EXPECT_NE(result.skipped[0].reason.find("cut.mgf.gz"), std::string::npos) << result.skipped[0].reason;
  EXPECT_EQ(result.counts.spectra, result.spectra.size());
  EXPECT_EQ(result.counts.skipped, 1u);
}

TEST_F(OpenSpectra, Folder_IsOneSourceInNameOrder) {
  write("b.msp", kMsp);
  write("a/z.mgf", "BEGIN IONS\n1 1\nEND IONS\nBEGIN IONS\nMSLEVEL=1\n1 1\nEND IONS\n");
  write("c.txt", kMassBank);
  write("readme.txt", "no spectra here\n");
  write("table.csv", "a,b\n1,2\n");
  write("candidates.json", "{\"CCO\": [\"CCO\"]}");
  write(".hidden.mgf", kMgf);
  write("d.mgf", "\x01\x02\x03 not a spectrum\n");
  write("e.mgf", "BEGIN IONS\n1 1\nEND IONS\n");
  const ReadResult result = drain(*open_spectra(folder_.string()));
  ASSERT_EQ(result.spectra.size(), 4u);
  EXPECT_EQ(result.spectra[0].source, (folder_ / "a/z.mgf").string());
  EXPECT_EQ(result.spectra[1].id, "p");
  EXPECT_EQ(result.spectra[1].index, 2u) << "the index counts through, MS1 included";
  EXPECT_EQ(result.spectra[2].id, "B");
  ASSERT_EQ(result.skipped.size(), 1u) << "an .mgf that is none is not passed over in silence";
  EXPECT_EQ(result.skipped[0].id, (folder_ / "d.mgf").string());
  EXPECT_EQ(result.skipped[0].index, 4u);
  EXPECT_EQ(result.spectra[3].index, 5u);
  EXPECT_EQ(result.spectra[3].id, "index=5");
  EXPECT_EQ(result.counts.ms1, 1u);
  EXPECT_EQ(result.counts.spectra, 4u);
  EXPECT_EQ(result.counts.skipped, 1u);
}

TEST_F(OpenSpectra, FolderWithFormat_ReadsOnlyThatFormat) {
  write("a.msp", kMsp);
  write("b.mgf", kMgf);
  ReadOptions options;
  options.format = Format::kMgf;
  const ReadResult result = drain(*open_spectra(folder_.string(), options));
  ASSERT_EQ(result.num_records, 1u);
  EXPECT_EQ(result.spectra[0].id, "m");
}

TEST_F(OpenSpectra, FolderWithoutSpectra_Throws) {
  write("readme.txt", "nothing\n");
  EXPECT_NE(error_of([&] { open_spectra(folder_.string()); }).find("no spectrum file"), std::string::npos);
}

TEST_F(OpenSpectra, Progress_ReachesTheTotal) {
  write("a.mgf", kMgf);
  write("b.txt", "not read\n");
  auto reader = open_spectra(folder_.string());
  EXPECT_EQ(reader->bytes_total(), kMgf.size() + 9);
  drain(*reader);
  EXPECT_EQ(reader->bytes_read(), reader->bytes_total());
}

TEST(Formats, Names_GoForthAndBack) {
  for (const Format format : {Format::kAuto, Format::kMgf, Format::kMsp, Format::kMassBank, Format::kMassSpecGym,
                              Format::kMzml, Format::kMzxml, Format::kJson}) {
    EXPECT_EQ(parse_format(name(format)), format);
  }
  EXPECT_NE(error_of([] { parse_format("mgff"); }).find("did you mean mgf"), std::string::npos);
  EXPECT_EQ(output_format_of("a/b.MSP"), OutputFormat::kMsp);
  EXPECT_EQ(output_format_of("x.mgf.gz"), OutputFormat::kMgf);
  EXPECT_EQ(parse_output_format("json"), OutputFormat::kJson);
  EXPECT_NE(error_of([] { output_format_of("x.mzML"); }).find("one of mgf, msp, json"), std::string::npos);
}

}  // namespace
}  // namespace molbridge::spectra
