// What was read from one format can be written to another and read back: on random spectra and on real ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>

#include "molbridge/core/rng.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/test_support.hpp"
#include "molbridge/spectra/validate.hpp"

namespace molbridge::spectra {
namespace {

constexpr OutputFormat kAll[] = {OutputFormat::kMgf, OutputFormat::kMsp, OutputFormat::kJson};

Format format_of(OutputFormat format) {
  return format == OutputFormat::kMgf ? Format::kMgf : format == OutputFormat::kMsp ? Format::kMsp : Format::kJson;
}

std::vector<Spectrum> through(OutputFormat format, const std::vector<Spectrum>& spectra) {
  ReadOptions options;
  options.format = format_of(format);
  options.refuse_profile = false;
  const ReadResult result = read_bytes(write_all(format, spectra), options);
  EXPECT_TRUE(result.skipped.empty()) << result.skipped.front().reason;
  return result.spectra;
}

/// Every field of `before` is in `after`, as often as it was.
void expect_fields_kept(const Spectrum& before, const Spectrum& after) {
  std::map<std::pair<std::string, std::string>, int> count;
  for (const Field& field : after.fields) ++count[{field.key, field.value}];
  for (const Field& field : before.fields) {
    EXPECT_GE(--count[std::pair(field.key, field.value)], 0) << field.written_key << " = " << field.value;
  }
}

void expect_same(const Spectrum& before, const Spectrum& after) {
  EXPECT_EQ(before.id, after.id);
  EXPECT_EQ(before.ms_level, after.ms_level);
  EXPECT_EQ(before.precursor_mz, after.precursor_mz);
  EXPECT_EQ(before.precursor_intensity, after.precursor_intensity);
  EXPECT_EQ(before.charge, after.charge);
  EXPECT_EQ(before.ion_mode, after.ion_mode);
  EXPECT_EQ(before.adduct, after.adduct);
  EXPECT_EQ(before.rt_seconds, after.rt_seconds);
  EXPECT_EQ(before.peaks, after.peaks);
  EXPECT_EQ(before.peak_annotations, after.peak_annotations);
  expect_fields_kept(before, after);
}

void expect_all_same(const std::vector<Spectrum>& before, const std::vector<Spectrum>& after) {
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size() && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(write_all(OutputFormat::kJson, {before[i]}).substr(0, 3000));
    expect_same(before[i], after[i]);
  }
}

template <std::size_t N>
std::string pick(Rng& rng, const char* const (&choices)[N]) {
  return choices[rng.below(N)];
}

std::string random_text(Rng& rng) {
  static const char* const kPieces[] = {"a",  "B",  "7",          " ",        "=",        ":",        ": ",  "\"", ";",
                                        "#",  "\t", "\n",         "\xC3\xA9", "1.5",      "[M+H]+",   "N/A", ",",  "'",
                                        "\\", "{",  "SMILES=CCO", "\x01",     "END IONS", "NIST#: 4", "/"};
  std::string text;
  for (std::uint64_t n = rng.below(6); n > 0; --n) text += pick(rng, kPieces);
  return text;
}

// Spellings of all dialects, and keys that a line cannot hold.
constexpr const char* kKeys[] = {"TITLE",
                                 "PEPMASS",
                                 "PrecursorMZ",
                                 "MS$FOCUSED_ION:PRECURSOR_M/Z",
                                 "CHARGE",
                                 "Ion_mode",
                                 "ADDUCT",
                                 "Precursor_type",
                                 "RTINSECONDS",
                                 "RETENTIONTIME",
                                 "AC$CHROMATOGRAPHY:RETENTION_TIME",
                                 "NAME",
                                 "Name",
                                 "Synon",
                                 "CH$NAME",
                                 "SMILES",
                                 "DB#",
                                 "CAS#",
                                 "NIST#",
                                 "Comments",
                                 "COMMENT",
                                 "MSLEVEL",
                                 "My key",
                                 "a=b",
                                 "#hash",
                                 "1st",
                                 "x:y",
                                 "END IONS",
                                 "CH$LINK:CAS",
                                 "SCANS",
                                 "USI",
                                 "MOLBRIDGE_FIELD",
                                 "PRECURSOR_INTENSITY",
                                 "Comments:SMILES",
                                 "nan",
                                 "-x",
                                 "\xC3\xA9"};

// Values that mean something and values that mean nothing.
constexpr const char* kValues[] = {"315.2319",
                                   "100.5 2000",
                                   "1+",
                                   "2-",
                                   "1",
                                   "positive",
                                   "Negative",
                                   "[M+Na]+",
                                   "5.2 min",
                                   "312",
                                   "N/A",
                                   "",
                                   "caffeine",
                                   "\"SMILES=CCO\" \"a b=c\"",
                                   "Charge=2 Parent=500.1",
                                   "3"};

void set_members(Spectrum& s, Rng& rng) {
  apply_fields(s);
  if (!s.precursor_mz && rng.below(2) == 0) s.precursor_mz = 50 + 900 * rng.uniform();
  if (rng.below(4) == 0) s.charge = rng.below(2) == 0 ? 1 : -2;
  if (rng.below(4) == 0) s.rt_seconds = 1000 * rng.uniform();
  if (rng.below(8) == 0) s.precursor_intensity = 1e6 * rng.uniform();
  if (rng.below(8) == 0) s.id = "id " + std::to_string(s.index);
  if (s.ms_level == 1) s.ms_level = 2;
}

Spectrum random_spectrum(Rng& rng, std::uint64_t index) {
  Spectrum s;
  s.index = index;
  for (std::uint64_t n = rng.below(12); n > 0; --n) {
    const std::string key = rng.below(8) == 0 ? "k" + random_text(rng) : pick(rng, kKeys);
    add_field(s, key, rng.below(3) == 0 ? random_text(rng) : pick(rng, kValues));
  }
  set_members(s, rng);
  const std::uint64_t num_peaks = 1 + rng.below(30);
  const bool annotated = rng.below(3) == 0;
  for (std::uint64_t i = 0; i < num_peaks; ++i) {
    s.peaks.push_back({50 + 900 * rng.uniform(), rng.below(5) == 0 ? 0.0 : std::exp(40 * rng.uniform() - 20)});
    if (annotated)
      s.peak_annotations.push_back(rng.below(3) == 0 ? "" : rng.below(4) == 0 ? random_text(rng) : "C6H6+ 0.1");
  }
  s.peaks[0].intensity = 1;
  return std::get<Spectrum>(finish_record(s, {}));
}

std::vector<Spectrum> random_spectra(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Spectrum> spectra;
  for (std::uint64_t i = 0; i < 300; ++i) spectra.push_back(random_spectrum(rng, i));
  return spectra;
}

TEST(RoundTrip, RandomSpectra_SurviveEveryFormat) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto spectra = random_spectra(seed);
    for (const OutputFormat format : kAll) {
      SCOPED_TRACE("format " + std::to_string(static_cast<int>(format)) + " seed " + std::to_string(seed));
      expect_all_same(spectra, through(format, spectra));
      if (HasFailure()) return;
    }
  }
}

TEST(RoundTrip, RandomSpectra_SurviveEveryPairOfFormats) {
  const auto spectra = random_spectra(99);
  for (const OutputFormat first : kAll) {
    for (const OutputFormat second : kAll) {
      SCOPED_TRACE(std::to_string(static_cast<int>(first)) + " then " + std::to_string(static_cast<int>(second)));
      expect_all_same(spectra, through(second, through(first, spectra)));
    }
  }
}

TEST(RoundTrip, SecondTimeThroughAFormat_ChangesNothing) {
  for (const OutputFormat format : kAll) {
    const auto once = through(format, random_spectra(5));
    EXPECT_EQ(write_all(format, once), write_all(format, through(format, once)));
  }
}

TEST(RoundTrip, Json_KeepsWrittenKeysAndOrder) {
  const auto spectra = random_spectra(3);
  const auto after = through(OutputFormat::kJson, spectra);
  for (std::size_t i = 0; i < spectra.size(); ++i) {
    ASSERT_EQ(spectra[i].fields.size(), after[i].fields.size());
    for (std::size_t k = 0; k < after[i].fields.size(); ++k) {
      EXPECT_EQ(spectra[i].fields[k].written_key, after[i].fields[k].written_key);
      EXPECT_EQ(spectra[i].fields[k].key, after[i].fields[k].key);
    }
  }
}

/// Real data, where it is at hand.
std::vector<Spectrum> real_spectra(const std::string& part) {
  const std::string path = std::string(MOLBRIDGE_SOURCE_DIR "/../shared/data/") + part;
  if (!std::filesystem::exists(path)) return {};
  ReadOptions options;
  options.refuse_profile = false;
  std::vector<Spectrum> spectra = drain(*open_spectra(path, options)).spectra;
  for (std::size_t i = 0; i < spectra.size(); ++i) {  // as they will be numbered in the new file
    spectra[i].index = i;
    if (spectra[i].id.starts_with("index=")) spectra[i].id = "index=" + std::to_string(i);
  }
  return spectra;
}

class RealRoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(RealRoundTrip, EveryFormat_LosesNothing) {
  const auto spectra = real_spectra(GetParam());
  if (spectra.empty()) GTEST_SKIP() << "no " << GetParam() << " at hand";
  std::vector<Spectrum> chained = spectra;
  for (const OutputFormat format : kAll) {
    expect_all_same(spectra, through(format, spectra));
    chained = through(format, chained);
  }
  expect_all_same(spectra, chained);
}

INSTANTIATE_TEST_SUITE_P(Data, RealRoundTrip,
                         testing::Values("massbank/massbank_val.mgf.gz", "massbank-records",
                                         "massspecgym-sample/data.tsv", "mzml/mzmine_171103_PMA_TK_QC_04.mzML",
                                         "mzml/gnps_sulfamethizine_positive.mzXML"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

}  // namespace
}  // namespace molbridge::spectra
