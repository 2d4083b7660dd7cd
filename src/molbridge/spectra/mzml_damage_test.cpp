// Truncated and corrupt mzML and mzXML: whole spectra before the break come out, then one record says where; nothing crashes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "molbridge/core/rng.hpp"
#include "molbridge/spectra/mzml_testing.hpp"

namespace molbridge::spectra {
namespace {

using ::testing::HasSubstr;
using namespace testing;  // NOLINT: builders of documents

const std::string& sample_mzml() {
  static const std::string document = mzml({plain_spectrum(0), ms1_spectrum(1), plain_spectrum(2)});
  return document;
}

std::string sample_mzxml() {
  std::string document = "<?xml version=\"1.0\"?>\n<mzXML><msRun scanCount=\"2\">\n";
  for (const char* number : {"1", "2"}) {
    document += "<scan num=\"" + std::string(number) +
                "\" msLevel=\"2\" peaksCount=\"2\" polarity=\"+\" retentionTime=\"PT65.5S\">\n<precursorMz "
                "precursorCharge=\"1\">300.25"
                "</precursorMz>\n<peaks precision=\"32\" byteOrder=\"network\" contentType=\"m/z-int\">" +
                base64(raw<float>({100, 1, 150.5, 2}, true)) + "</peaks>\n</scan>\n";
  }
  return document + "</msRun>\n</mzXML>\n";
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// Checks every beginning of a document whose scans end with `scan_end`.
void check_cuts(const std::string& document, std::string_view scan_end, std::string_view root_end) {
  std::size_t num_read = 0;
  for (std::size_t length = 0; length < document.size(); ++length) {
    const std::string_view cut = std::string_view(document).substr(0, length);
    SCOPED_TRACE(length);
    try {
      const Output out = read_text(cut);
      ++num_read;
      const bool whole = cut.find(root_end) != std::string_view::npos;
      ASSERT_EQ(out.counts.spectra + out.counts.ms1, count(cut, scan_end));
      ASSERT_EQ(out.counts.skipped, whole ? 0u : 1u);
      ASSERT_EQ(out.records.size(), out.counts.spectra + out.counts.skipped);
      if (whole) continue;
      const SkippedSpectrum& last = out.skipped(out.records.size() - 1);
      EXPECT_TRUE(last.damaged_input);
      EXPECT_EQ(last.index, count(cut, scan_end));
      EXPECT_GT(last.line, 0u);
      EXPECT_THAT(last.reason, HasSubstr("ends too early"));
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInput);
      ASSERT_EQ(num_read, 0u) << "a longer beginning was refused than one that was read";
    }
  }
  EXPECT_GT(num_read, document.size() / 2);
}

TEST(MzmlDamage, CutAtEveryByte_WholeSpectraThenOneRecord) { check_cuts(sample_mzml(), "</spectrum>", "</mzML>"); }
TEST(MzmlDamage, MzxmlCutAtEveryByte_WholeSpectraThenOneRecord) { check_cuts(sample_mzxml(), "</scan>", "</mzXML>"); }

TEST(MzmlDamage, CutInsideASpectrum_RecordNamesItAndThePlace) {
  const std::string& document = sample_mzml();
  const Output out = read_text(document.substr(0, document.rfind("</binaryDataArray>")));
  ASSERT_EQ(out.records.size(), 2u);
  const SkippedSpectrum& last = out.skipped(1);
  EXPECT_EQ(last.id, "controllerType=0 controllerNumber=1 scan=3");
  EXPECT_THAT(last.reason,
              HasSubstr("the file is damaged in spectrum controllerType=0 controllerNumber=1 scan=3 (line "));
  EXPECT_THAT(last.reason, HasSubstr("byte "));
}

TEST(MzmlDamage, ListShorterThanDeclared_OneRecord) {
  const Output out = read_text(mzml_start(5) + plain_spectrum(0) + kMzmlEnd);
  ASSERT_EQ(out.records.size(), 2u);
  EXPECT_TRUE(out.skipped(1).damaged_input);
  EXPECT_THAT(out.skipped(1).reason, HasSubstr("declares 5 spectra and has 1"));
}

TEST(MzmlDamage, ListLongerThanDeclared_Read) {
  EXPECT_EQ(read_text(mzml_start(0) + plain_spectrum(0) + kMzmlEnd).records.size(), 1u);
}

TEST(MzmlDamage, SomethingAfterTheDocument_OneRecord) {
  const Output out = read_text(sample_mzml() + std::string(100, '\0'));
  ASSERT_EQ(out.records.size(), 3u);
  EXPECT_TRUE(out.skipped(2).damaged_input);
  EXPECT_THAT(out.skipped(2).reason, HasSubstr("after the last spectrum"));
}

TEST(MzmlDamage, EntityBomb_OneErrorAndNoWork) {
  const std::string bomb = "<!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
  EXPECT_THROW(read_text(bomb + sample_mzml()), Error);
}

/// Reading must end and its totals agree; whatever the bytes.
void check_survives(const std::string& document) {
  try {
    const Output out = read_text(document);
    ASSERT_EQ(out.records.size(), out.counts.spectra + out.counts.skipped);
    for (const Record& record : out.records) {
      const auto* read = std::get_if<Spectrum>(&record);
      ASSERT_FALSE(read != nullptr && read->peaks.empty());
    }
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::kInput) << error.what();
  }
}

TEST(MzmlDamage, EveryByteFlipped_Survives) {
  for (const std::string& document : {sample_mzml(), sample_mzxml()}) {
    for (std::size_t i = 0; i < document.size(); ++i) {
      for (const unsigned mask : {0x01u, 0x10u, 0x80u}) {
        std::string flipped = document;
        flipped[i] = static_cast<char>(static_cast<unsigned char>(flipped[i]) ^ mask);
        check_survives(flipped);
      }
    }
  }
}

TEST(MzmlDamage, PiecesRemovedAndRepeated_Survives) {
  Rng rng(7);
  for (const std::string& document : {sample_mzml(), sample_mzxml()}) {
    for (int i = 0; i < 1500; ++i) {
      std::string edited = document;
      const std::size_t at = rng.below(edited.size());
      const std::size_t length = 1 + rng.below(60);
      if (rng.below(2) == 0) {
        edited.erase(at, length);
      } else {
        edited.insert(rng.below(edited.size()), document.substr(at, length));
      }
      check_survives(edited);
    }
  }
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(MzmlDamage, GzipWholeAndCut_SpectraThenOneRecord) {
  std::vector<std::string> spectra;
  for (int i = 0; i < 200; ++i) spectra.push_back(plain_spectrum(i));
  const std::string packed = gzip(mzml(spectra));
  EXPECT_EQ(read_text(packed).counts.spectra, 200u);
  const Output out = read_text(packed.substr(0, packed.size() * 3 / 4));
  EXPECT_GT(out.counts.spectra, 50u);
  EXPECT_LT(out.counts.spectra, 200u);
  ASSERT_EQ(out.counts.skipped, 1u);
  const SkippedSpectrum& last = out.skipped(out.records.size() - 1);
  EXPECT_TRUE(last.damaged_input);
  EXPECT_THAT(last.reason, HasSubstr("gzip"));
}

}  // namespace
}  // namespace molbridge::spectra
