#include "molbridge/spectra/mzml_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "molbridge/core/files.hpp"
#include "molbridge/spectra/mzml_testing.hpp"

namespace molbridge::spectra {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;  // NOLINT: builders of documents

std::vector<double> mz_of(const Spectrum& spectrum) {
  std::vector<double> out;
  for (const Peak& peak : spectrum.peaks) out.push_back(peak.mz);
  return out;
}

std::string one_reason(std::string_view terms, std::string_view binary, int length = 3) {
  const Output out = read_text(
      mzml({spectrum(0, length, std::string(cv("MS:1000511", "ms level", "2")) + std::string(terms), binary)}));
  return out.records.size() == 1 && out.counts.skipped == 1 ? out.skipped(0).reason : "not skipped";
}

const std::string kHead = "<referenceableParamGroupList count='1'><referenceableParamGroup id='common'>" +
                          cv("MS:1001911", "Q Exactive") + cv("MS:1000529", "instrument serial number", "1331") +
                          "</referenceableParamGroup><referenceableParamGroup id='ms2'>" +
                          cv("MS:1000511", "ms level", "2") + cv("MS:1000129", "negative scan") +
                          "</referenceableParamGroup></referenceableParamGroupList>"
                          "<instrumentConfigurationList count='2'><instrumentConfiguration "
                          "id='IC1'><referenceableParamGroupRef ref='common'/>"
                          "<componentList count='1'><source order='1'>" +
                          cv("MS:1000073", "electrospray ionization") +
                          "</source></componentList></instrumentConfiguration><instrumentConfiguration id='IC2'>" +
                          cv("MS:1000031", "instrument model", "Model 2") +
                          "</instrumentConfiguration></instrumentConfigurationList>";

const std::string kRichTerms =
    "<referenceableParamGroupRef ref='ms2'/>" + cv("MS:1000127", "centroid spectrum") +
    cv("MS:1000796", "spectrum title", "a &lt;title&gt;") + cv("MS:1000285", "total ion current", "123.5") +
    "<scanList count='1'><scan>" +
    cv("MS:1000016", "scan start time", "2.5", " unitAccession='UO:0000031' unitName='minute'") +
    "<userParam name='[Vendor Extra]Resolution:' value='17500'/><scanWindowList count='1'><scanWindow>" +
    cv("MS:1000501", "scan window lower limit", "50") +
    "</scanWindow></scanWindowList></scan></scanList><precursorList count='1'><precursor "
    "spectrumRef='scan=1'><isolationWindow>" +
    cv("MS:1000827", "isolation window target m/z", "300.9") +
    cv("MS:1000828", "isolation window lower offset", "0.5") +
    cv("MS:1000829", "isolation window upper offset", "0.75") +
    "</isolationWindow><selectedIonList count='2'><selectedIon>" + cv("MS:1000744", "selected ion m/z", "300.1234") +
    cv("MS:1000041", "charge state", "2") + cv("MS:1000042", "peak intensity", "5e4") + "</selectedIon><selectedIon>" +
    cv("MS:1000744", "selected ion m/z", "310.5") + "</selectedIon></selectedIonList><activation>" +
    cv("MS:1000422", "beam-type collision-induced dissociation") +
    cv("MS:1000045", "collision energy", "35", " unitName='electronvolt'") +
    "</activation></precursor></precursorList>";

TEST(MzmlReader, RichSpectrum_TypedMembersAndFields) {
  const Output out =
      read_text(mzml({ms1_spectrum(0), spectrum(1, 2, kRichTerms, arrays({100, 150.5}, {1, 2}))}, kHead));
  ASSERT_EQ(out.records.size(), 1u);
  const Spectrum& s = out.spectrum(0);
  EXPECT_EQ(s.id, "controllerType=0 controllerNumber=1 scan=2");
  EXPECT_EQ(s.index, 1u);
  EXPECT_EQ(s.source, "run.mzML");
  EXPECT_EQ(s.ms_level, 2);
  EXPECT_EQ(s.precursor_mz, 300.1234);
  EXPECT_EQ(s.precursor_intensity, 5e4);
  EXPECT_EQ(s.charge, -2);
  EXPECT_EQ(s.ion_mode, mass::IonMode::kNegative);
  EXPECT_EQ(s.rt_seconds, 150);
  EXPECT_EQ(s.peaks, (std::vector<Peak>{{100, 1}, {150.5, 2}}));
  const std::pair<const char*, const char*> fields[] = {
      {"scans", "2"},
      {"ms_level", "2"},
      {"ionmode", "negative"},
      {"precursor_mz", "300.1234"},
      {"charge", "2"},
      {"retention_time", "150"},
      {"collision_energy", "35"},
      {"instrument", "Q Exactive"},
      {"title", "a <title>"},
      {"isolation_window", "1.25"},
      {"precursor_intensity", "5e4"},
      {"total_ion_current", "123.5"},
      {"fragmentation_mode", "beam-type collision-induced dissociation"},
      {"vendor_extra_resolution", "17500"},
  };
  for (const auto& [key, value] : fields) EXPECT_EQ(s.field(key), value) << key;
  EXPECT_EQ(out.counts.ms1, 1u);
  EXPECT_EQ(out.counts.spectra, 1u);
}

TEST(MzmlReader, PrecursorWithoutSelectedIon_IsolationTarget) {
  const std::string terms = cv("MS:1000511", "ms level", "2") + "<precursorList><precursor><isolationWindow>" +
                            cv("MS:1000827", "isolation window target m/z", "222.5") +
                            "</isolationWindow></precursor></precursorList><productList><product><isolationWindow>" +
                            cv("MS:1000827", "isolation window target m/z", "99") +
                            "</isolationWindow></product></productList>";
  EXPECT_EQ(read_text(mzml({spectrum(0, 1, terms, arrays({100}, {1}))})).spectrum(0).precursor_mz, 222.5);
}

TEST(MzmlReader, ScanNamesItsInstrument_ThatOneIsTaken) {
  const std::string terms =
      cv("MS:1000511", "ms level", "2") + "<scanList><scan instrumentConfigurationRef='IC2'/></scanList>";
  EXPECT_EQ(read_text(mzml({spectrum(0, 1, terms, arrays({100}, {1}))}, kHead)).spectrum(0).field("instrument"),
            "Model 2");
}

TEST(MzmlReader, MissingMetadata_Unknown) {
  const Output out = read_text(mzml(
      {"<spectrum defaultArrayLength='1'>" + cv("MS:1000511", "ms level", "3") + arrays({100}, {1}) + "</spectrum>"}));
  const Spectrum& s = out.spectrum(0);
  EXPECT_EQ(s.id, "index=0");
  EXPECT_EQ(s.ms_level, 3);
  EXPECT_FALSE(s.precursor_mz || s.precursor_intensity || s.rt_seconds);
  EXPECT_EQ(s.charge, 0);
  EXPECT_EQ(s.ion_mode, mass::IonMode::kUnknown);
}

TEST(MzmlReader, NoMsLevel_PrecursorDecides) {
  const Output out =
      read_text(mzml({spectrum(0, 1, precursor(300), arrays({100}, {1})), spectrum(1, 1, "", arrays({100}, {1}))}));
  EXPECT_EQ(out.counts.spectra, 1u);
  EXPECT_EQ(out.counts.ms1, 1u);
}

TEST(MzmlReader, EveryArrayEncoding_SamePeaks) {
  const std::vector<double> mz = {100, 250.5, 300.25};
  const std::vector<double> intensity = {1, 6, 1000};
  const std::string doubles = cv("MS:1000523", "64-bit float");
  const std::string floats = cv("MS:1000521", "32-bit float");
  const std::string zlib = cv("MS:1000574", "zlib compression");
  // MS-Numpress pic of 1, 6, 1000 by hand: heads 7, 7, 5 and the half bytes 1, 6, 8 E 3.
  const std::string pic("\x71\x76\x58\xe3", 4);
  const auto document = [&](const std::string& mz_array, const std::string& intensity_array) {
    return mzml({spectrum(0, 3, cv("MS:1000511", "ms level", "2"), mz_array + intensity_array)});
  };
  const std::string mz64 = array(kMzTerm + doubles, base64(raw<double>(mz)));
  const std::string documents[] = {
      document(mz64, array(kIntensityTerm + floats, base64(raw<float>(intensity)))),
      document(array(kMzTerm + floats + zlib, base64(zlib_pack(raw<float>(mz)))),
               array(kIntensityTerm + doubles + zlib, base64(zlib_pack(raw<double>(intensity))))),
      document(mz64, array(kIntensityTerm + cv("MS:1000519", "32-bit integer"), base64(raw<std::int32_t>(intensity)))),
      document(mz64, array(kIntensityTerm + doubles + cv("MS:1002313", "MS-Numpress positive integer compression"),
                           base64(pic))),
      document(mz64,
               array(kIntensityTerm + doubles + cv("MS:1002747", "... followed by zlib"), base64(zlib_pack(pic)))),
      document(mz64, array(kIntensityTerm + doubles + cv("MS:1002313", "...") + zlib, base64(zlib_pack(pic)))),
      document(array(kIntensityTerm + doubles, base64(raw<double>(intensity))), mz64),
  };
  for (const std::string& text : documents) {
    const Output out = read_text(text);
    ASSERT_EQ(out.counts.spectra, 1u) << (out.records.empty() ? "" : out.skipped(0).reason);
    EXPECT_EQ(out.spectrum(0).peaks, (std::vector<Peak>{{100, 1}, {250.5, 6}, {300.25, 1000}}));
  }
}

TEST(MzmlReader, NumpressLinearAndSlof_WithinTheirPrecision) {
  // Written by pynumpress 0.1.5 (optimal scales) for m/z 100 ... 1000 and intensities 1 ... 3e6, plain and in zlib.
  const std::string linear = "QUXQ9QAAAABoPwsRXRAhETt46gVO/jkQk6IsbgvKqo9w4t81CA==";
  const std::string linear_zlib = "eJxzdL3wlQEIMuy5BWMFFAWtK16x+v2zFJi8SCeP+9Sq/oJH9005ANq2DTA=";
  const std::string slof = "QLEqAAAAAADmCwAA7DeVdrEjW779/w==";
  const std::string slof_zlib = "eJxz2KjFAALPuBkY3phPLduoHL3v738AQwMIJA==";
  const auto check = [&](const char* mz_term, const std::string& mz, const char* intensity_term,
                         const std::string& intensity) {
    const Output out =
        read_text(mzml({spectrum(0, 7, cv("MS:1000511", "ms level", "2"),
                                 array(kMzTerm + cv(mz_term, "numpress"), mz) +
                                     array(kIntensityTerm + cv(intensity_term, "numpress"), intensity))}));
    ASSERT_EQ(out.counts.spectra, 1u);
    const double expected_mz[] = {100, 100.5, 101.25, 250.123456, 250.9, 999.987654, 1000};
    const double expected_intensity[] = {1, 0, 25, 1000, 7, 65536, 3e6};
    for (std::size_t i = 0; i < 7; ++i) {
      EXPECT_NEAR(out.spectrum(0).peaks[i].mz, expected_mz[i], 1e-6);
      EXPECT_NEAR(out.spectrum(0).peaks[i].intensity, expected_intensity[i], 2e-4 * expected_intensity[i]);
    }
  };
  check("MS:1002312", linear, "MS:1002314", slof);
  check("MS:1002746", linear_zlib, "MS:1002748", slof_zlib);
}

TEST(MzmlReader, Profile_SkippedUnlessAsked) {
  const std::string terms = cv("MS:1000511", "ms level", "2") + cv("MS:1000128", "profile spectrum");
  const std::string document = mzml({spectrum(0, 2, terms, arrays({100, 200}, {1, 2}))});
  const Output out = read_text(document);
  ASSERT_EQ(out.counts.skipped, 1u);
  EXPECT_THAT(out.skipped(0).reason, HasSubstr("profile data (2 points)"));
  EXPECT_THAT(out.skipped(0).reason, HasSubstr("msconvert run.mzML --filter"));
  EXPECT_FALSE(out.skipped(0).damaged_input);
  EXPECT_EQ(read_text(document, {.refuse_profile = false}).counts.spectra, 1u);
}

TEST(MzmlReader, ProfileThatClaimsToBeCentroids_Skipped) {
  std::vector<double> mz, intensity;
  for (int i = 0; i < 200; ++i) {
    mz.push_back(100 + 0.005 * i);
    intensity.push_back(10 + i % 7);
  }
  EXPECT_THAT(one_reason(cv("MS:1000127", "centroid spectrum"), arrays(mz, intensity), 200), HasSubstr("profile data"));
}

TEST(MzmlReader, CorruptArrays_OnlyThatSpectrumSkipped) {
  const std::string level = cv("MS:1000511", "ms level", "2");
  const auto with = [&](const std::string& binary) { return spectrum(1, 3, level, binary); };
  const std::string good = array(kIntensityTerm + kFloat64Terms, base64(raw<double>({1, 2, 3})));
  const std::pair<std::string, const char*> cases[] = {
      {arrays({100, 200, 300}, {1, 2}), "m/z array has 3 values, the intensity array 2"},
      {arrays({100, 200}, {1, 2}), "3 peaks are declared, 2 are there"},
      {array(kMzTerm + kFloat64Terms, "****") + good, "the m/z array is corrupt: no valid base64"},
      {array(kMzTerm + kFloat64Terms + cv("MS:1000574", "zlib compression"), "AAAA") + good, "zlib"},
      {array(kMzTerm + kFloat64Terms + cv("MS:1009999", "zstd compression"), "AAAA") + good,
       "packed with zstd compression"},
      {array(kMzTerm, base64("12345678")) + good, "32 or 64 bits"},
      {array(kMzTerm + kFloat64Terms + "<cvParam accession='IMS:1000101' name='external data' value='true'/>", "") +
           good,
       "imzML"},
      {array(kMzTerm + kFloat64Terms, base64(raw<double>({1, 2, 3})), " arrayLength='4'") + good,
       "declares 4 values and has 3"},
      {arrays({100, std::nan(""), 300}, {1, 2, 3}), "not a number"},
      {arrays({100, 200, 300}, {1, -2, 3}), "negative"},
      {"", "3 peaks are declared, 0 are there"},
  };
  for (const auto& [binary, reason] : cases) {
    const Output out = read_text(mzml({plain_spectrum(0), with(binary), plain_spectrum(2)}));
    ASSERT_EQ(out.records.size(), 3u) << reason;
    EXPECT_EQ(out.counts.skipped, 1u) << reason;
    EXPECT_THAT(out.skipped(1).reason, HasSubstr(reason));
    EXPECT_FALSE(out.skipped(1).damaged_input);
    EXPECT_EQ(out.skipped(1).id, "controllerType=0 controllerNumber=1 scan=2");
    EXPECT_EQ(out.spectrum(2).index, 2u);
  }
}

TEST(MzmlReader, LyingLengths_NothingAllocated) {
  const std::string lie = " arrayLength='999999999999' encodedLength2='999999999999'";
  std::string document = mzml({spectrum(0, 3, cv("MS:1000511", "ms level", "2"), arrays({1, 2, 3}, {1, 2, 3}))});
  document.replace(document.find("defaultArrayLength=\"3\""), 22, "defaultArrayLength=\"999999999999\"");
  const Output out = read_text(document);
  ASSERT_EQ(out.counts.skipped, 1u);
  EXPECT_THAT(out.skipped(0).reason, HasSubstr("999,999,999,999 peaks are declared, 3 are there"));
  EXPECT_THAT(one_reason("", array(kMzTerm + kFloat64Terms, base64(raw<double>({1, 2, 3})), lie)),
              HasSubstr("declares"));
}

TEST(MzmlReader, MorePeaksThanAllowed_Skipped) {
  const std::string document = mzml({plain_spectrum(0)});
  const Output out = read_text(document, {.max_peaks = 2});
  ASSERT_EQ(out.counts.skipped, 1u);
  EXPECT_THAT(out.skipped(0).reason, HasSubstr("more than 2"));
}

TEST(MzmlReader, EmptySpectrum_Skipped) {
  EXPECT_EQ(one_reason("", arrays({}, {}), 0), "no peaks");
  EXPECT_EQ(one_reason("", "", 0), "no peaks");
}

TEST(MzmlReader, ParameterFlood_SpectrumSkipped) {
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += "<userParam name='n' value='v'/>";
  EXPECT_THAT(one_reason(flood, arrays({1, 2, 3}, {1, 2, 3})), HasSubstr("more parameters"));
}

TEST(MzmlReader, GroupFlood_Bounded) {
  std::string head = "<referenceableParamGroup id='big'>";
  for (int i = 0; i < 10'000; ++i) head += "<userParam name='n' value='v'/>";
  head += "</referenceableParamGroup>";
  std::string references = cv("MS:1000511", "ms level", "2");
  for (int i = 0; i < 10'000; ++i) references += "<referenceableParamGroupRef ref='big'/>";
  const Output out = read_text(mzml({spectrum(0, 1, references, arrays({100}, {1}))}, head));
  ASSERT_EQ(out.counts.skipped, 1u);
  EXPECT_THAT(out.skipped(0).reason, HasSubstr("more parameters"));
}

TEST(MzmlReader, UnsortedPeaks_Sorted) {
  const Output out =
      read_text(mzml({spectrum(0, 3, cv("MS:1000511", "ms level", "2"), arrays({300, 100, 200}, {3, 1, 2}))}));
  EXPECT_THAT(mz_of(out.spectrum(0)), ElementsAre(100, 200, 300));
}

TEST(MzmlReader, OnlyChromatograms_NothingAndNoError) {
  const std::string chromatogram =
      "<chromatogramList count='1'><chromatogram id='TIC'><precursor><selectedIonList><selectedIon>" +
      cv("MS:1000744", "selected ion m/z", "3") + "</selectedIon></selectedIonList></precursor>" +
      arrays({1, 2}, {3, 4}) + "</chromatogram></chromatogramList>";
  const Output out = read_text("<mzML version='1.1.0'><run>" + chromatogram + "</run></mzML>");
  EXPECT_TRUE(out.records.empty());
  EXPECT_EQ(out.counts.spectra + out.counts.skipped + out.counts.ms1, 0u);
}

TEST(MzmlReader, LyingIndex_Ignored) {
  const std::string document =
      "<indexedmzML>" + mzml({plain_spectrum(0), plain_spectrum(1)}).substr(39) +
      "<indexList count='1'><index name='spectrum'><offset idRef='scan=1'>99999999999</offset></index>"
      "</indexList><indexListOffset>-5</indexListOffset></indexedmzML>";
  const Output out = read_text(document);
  EXPECT_EQ(out.counts.spectra, 2u);
  EXPECT_EQ(out.counts.skipped, 0u);
}

TEST(MzmlReader, OtherDocuments_RefusedAtOnce) {
  for (const char* text :
       {"<html></html>", "<mzData version='1.05'/>", "", "BEGIN IONS\n", "<mzML", "<?xml version='1.0'?>"}) {
    EXPECT_THROW(read_text(text), Error) << text;
  }
}

constexpr std::string_view kMzxmlStart =
    "<mzXML><msRun scanCount=\"3\"><msInstrument><msModel category=\"msModel\" value=\"LTQ\"/></msInstrument>";

std::string mzxml_peaks(const std::vector<double>& pairs, std::string_view attributes) {
  return "<peaks " + std::string(attributes) + " byteOrder=\"network\" contentType=\"m/z-int\">" +
         base64(raw<float>(pairs, true)) + "</peaks>";
}

TEST(MzxmlReader, NestedScans_DocumentOrderAndMetadata) {
  const std::string document =
      std::string(kMzxmlStart) + "<scan num=\"1\" msLevel=\"1\" peaksCount=\"1\">" +
      mzxml_peaks({100, 1}, "precision=\"32\"") +
      "<scan num=\"2\" msLevel=\"2\" peaksCount=\"2\" polarity=\"-\" retentionTime=\"PT1M5.5S\" "
      "collisionEnergy=\"30.0\">"
      "<precursorMz precursorIntensity=\"5e3\" precursorCharge=\"2\" activationMethod=\"HCD\" "
      "windowWideness=\"1.0\">300.25</precursorMz>" +
      mzxml_peaks({100, 1, 150.5, 2}, "precision=\"32\"") + "</scan><scan num=\"3\" msLevel=\"3\" peaksCount=\"1\">" +
      "<peaks precision=\"64\" byteOrder=\"network\" pairOrder=\"m/z-int\" compressionType=\"zlib\" "
      "compressedLen=\"9\">" +
      base64(zlib_pack(raw<double>({99.5, 7}, true))) + "</peaks></scan></scan></msRun></mzXML>";
  const Output out = read_text(document);
  ASSERT_EQ(out.counts.spectra, 2u) << (out.counts.skipped > 0 ? out.skipped(0).reason : "");
  EXPECT_EQ(out.counts.ms1, 1u);
  const Spectrum& s = out.spectrum(0);
  EXPECT_EQ(s.id, "scan=2");
  EXPECT_EQ(s.index, 1u);
  EXPECT_EQ(s.precursor_mz, 300.25);
  EXPECT_EQ(s.precursor_intensity, 5e3);
  EXPECT_EQ(s.charge, -2);
  EXPECT_EQ(s.rt_seconds, 65.5);
  EXPECT_EQ(s.ion_mode, mass::IonMode::kNegative);
  EXPECT_EQ(s.peaks, (std::vector<Peak>{{100, 1}, {150.5, 2}}));
  for (const auto& [key, value] : {std::pair{"collision_energy", "30.0"},
                                   {"fragmentation_mode", "HCD"},
                                   {"instrument", "LTQ"},
                                   {"scans", "2"},
                                   {"isolation_window", "1.0"},
                                   {"precursor_mz", "300.25"}}) {
    EXPECT_EQ(s.field(key), value) << key;
  }
  EXPECT_EQ(out.spectrum(1).ms_level, 3);
  EXPECT_EQ(out.spectrum(1).peaks, (std::vector<Peak>{{99.5, 7}}));
}

TEST(MzxmlReader, BadPeaks_Skipped) {
  const auto reason = [](const std::string& scan_attributes, const std::string& peaks) {
    const Output out = read_text("<mzXML><msRun><scan num=\"1\" msLevel=\"2\" " + scan_attributes + ">" + peaks +
                                 "</scan></msRun></mzXML>");
    return out.records.size() == 1 && out.counts.skipped == 1 ? out.skipped(0).reason : std::string("not skipped");
  };
  EXPECT_THAT(reason("centroided=\"0\" peaksCount=\"1\"", mzxml_peaks({1, 2}, "")),
              HasSubstr("profile data (1 points)"));
  EXPECT_EQ(reason("peaksCount=\"0\"", mzxml_peaks({0, 0}, "")), "no peaks");
  EXPECT_THAT(reason("peaksCount=\"2\"", mzxml_peaks({1, 2, 3}, "")), HasSubstr("odd number"));
  EXPECT_THAT(reason("peaksCount=\"5\"", mzxml_peaks({1, 2}, "")), HasSubstr("5 peaks are declared, 1 are there"));
  EXPECT_THAT(reason("", "<peaks contentType=\"mobility\">AAAA</peaks>"), HasSubstr("mobility"));
  EXPECT_THAT(reason("", "<peaks compressionType=\"zstd\">AAAA</peaks>"), HasSubstr("zstd"));
}

TEST(OpenMzml, MissingFileOrOtherFormatNamed_Refused) {
  EXPECT_THROW(open_mzml("/nonexistent/file.mzML"), Error);
  const std::string path = ::testing::TempDir() + "open_mzml_test_" + std::to_string(::getpid()) + ".mzML";
  write_file_atomically(path, mzml({plain_spectrum(0)}));
  EXPECT_THROW(open_mzml(path, {}, Format::kMzxml), Error);
  const auto reader = open_mzml(path, {}, Format::kMzml);
  EXPECT_EQ(read_all(*reader).counts.spectra, 1u);
  EXPECT_EQ(reader->bytes_read(), reader->bytes_total());
}

}  // namespace
}  // namespace molbridge::spectra
