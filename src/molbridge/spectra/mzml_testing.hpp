#pragma once
// Builds small mzML and mzXML documents for tests: arrays are encoded here, independently of the reader.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "molbridge/spectra/mzml_reader.hpp"

namespace molbridge::spectra::testing {

inline std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (int k = 0; k < 4; ++k) out += kAlphabet[(group >> (18 - 6 * k)) & 63];
    for (std::size_t k = bytes.size() - i; k < 3; ++k) out[out.size() - (3 - k)] = '=';
  }
  return out;
}

/// Defined in mzml_binary_test.cpp: headers do not see zlib.
std::string zlib_pack(std::string_view bytes);

template <typename Number>
std::string raw(const std::vector<double>& values, bool big_endian = false) {
  std::string out;
  for (const double value : values) {
    const auto number = static_cast<Number>(value);
    std::string bytes(sizeof(number), '\0');
    std::memcpy(bytes.data(), &number, sizeof(number));
    out += big_endian ? std::string(bytes.rbegin(), bytes.rend()) : bytes;
  }
  return out;
}

inline std::string cv(std::string_view accession, std::string_view name, std::string_view value = "",
                      std::string_view more = "") {
  return "<cvParam cvRef=\"MS\" accession=\"" + std::string(accession) + "\" name=\"" + std::string(name) +
         "\" value=\"" + std::string(value) + "\"" + std::string(more) + "/>\n";
}

inline const std::string kMzTerm = cv("MS:1000514", "m/z array");
inline const std::string kIntensityTerm = cv("MS:1000515", "intensity array");
inline const std::string kFloat64Terms = cv("MS:1000523", "64-bit float") + cv("MS:1000576", "no compression");

/// One <binaryDataArray>; `terms` say kind and encoding, `data` is base64.
inline std::string array(std::string_view terms, std::string_view data, std::string_view attributes = "") {
  return "<binaryDataArray encodedLength=\"" + std::to_string(data.size()) + "\"" + std::string(attributes) + ">" +
         std::string(terms) + "<binary>" + std::string(data) + "</binary></binaryDataArray>\n";
}

inline std::string arrays(const std::vector<double>& mz, const std::vector<double>& intensity) {
  return array(kMzTerm + kFloat64Terms, base64(raw<double>(mz))) +
         array(kIntensityTerm + kFloat64Terms, base64(raw<double>(intensity)));
}

inline std::string precursor(double mz, int charge = 1) {
  return "<precursorList count=\"1\"><precursor><selectedIonList count=\"1\"><selectedIon>" +
         cv("MS:1000744", "selected ion m/z", std::to_string(mz)) +
         cv("MS:1000041", "charge state", std::to_string(charge)) +
         "</selectedIon></selectedIonList></precursor></precursorList>";
}

inline std::string spectrum(int index, int length, std::string_view terms, std::string_view binary) {
  const std::string scan = std::to_string(index + 1);
  return "<spectrum index=\"" + std::to_string(index) + "\" id=\"controllerType=0 controllerNumber=1 scan=" + scan +
         "\" defaultArrayLength=\"" + std::to_string(length) + "\">\n" + std::string(terms) +
         "<binaryDataArrayList count=\"2\">" + std::string(binary) + "</binaryDataArrayList></spectrum>\n";
}

/// A plain MS2 spectrum of three peaks, its first at 50 + index.
inline std::string plain_spectrum(int index) {
  return spectrum(index, 3, cv("MS:1000511", "ms level", "2") + precursor(200.5 + index),
                  arrays({50.0 + index, 120.25, 180.5}, {10, 20, 30.5}));
}

inline std::string ms1_spectrum(int index) {
  return spectrum(index, 1, cv("MS:1000511", "ms level", "1"), arrays({100}, {1}));
}

inline const std::string kMzmlEnd = "</spectrumList></run></mzML>\n";

inline std::string mzml_start(int count, std::string_view head = "") {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<mzML xmlns=\"http://psi.hupo.org/ms/mzml\" "
         "version=\"1.1.0\">\n" +
         std::string(head) + "<run id=\"r\"><spectrumList count=\"" + std::to_string(count) + "\">\n";
}

inline std::string mzml(const std::vector<std::string>& spectra, std::string_view head = "") {
  std::string out = mzml_start(static_cast<int>(spectra.size()), head);
  for (const std::string& one : spectra) out += one;
  return out + kMzmlEnd;
}

struct Output {
  std::vector<Record> records;
  ReadCounts counts;

  const Spectrum& spectrum(std::size_t i) const { return std::get<Spectrum>(records.at(i)); }
  const SkippedSpectrum& skipped(std::size_t i) const { return std::get<SkippedSpectrum>(records.at(i)); }
};

inline Output read_all(SpectrumReader& reader) {
  Output out;
  while (auto record = reader.next()) out.records.push_back(std::move(*record));
  out.counts = reader.counts();
  return out;
}

inline Output read_text(std::string_view document, const ReadOptions& options = {}) {
  const auto reader = make_mzml_reader(LineSource::from_memory("run.mzML", document), "run.mzML", options);
  return read_all(*reader);
}

}  // namespace molbridge::spectra::testing
