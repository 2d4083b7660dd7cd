// MB/s of the text readers on one thread, over records made up here (30 peaks, 12 fields).

#include <benchmark/benchmark.h>

#include <string>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::spectra {
namespace {

std::string sample(OutputFormat format) {
  Rng rng(1);
  const auto writer = make_writer(format);
  std::string text = writer->header();
  for (int i = 0; i < 5000; ++i) {
    Spectrum spectrum;
    const auto add = [&](const char* key, const char* written, std::string value) {
      spectrum.fields.push_back({key, written, std::move(value)});
    };
    add("title", "TITLE", "record " + std::to_string(i));
    add("precursor_mz", "PEPMASS", format_fixed(100 + 800 * rng.uniform(), 5));
    add("charge", "CHARGE", "1+");
    add("adduct", "ADDUCT", "[M+H]+");
    add("smiles", "SMILES", "CN1C=NC2=C1C(=O)N(C)C(=O)N2C");
    for (int k = 0; k < 7; ++k) add("key", ("KEY_" + std::to_string(k)).c_str(), "some text of usual length");
    for (int k = 0; k < 30; ++k) spectrum.peaks.push_back({50 + 25 * k + rng.uniform(), 1000 * rng.uniform()});
    text += writer->record(spectrum);
  }
  return text + writer->footer();
}

void read(benchmark::State& state, OutputFormat format) {
  const std::string text = sample(format);
  for (auto _ : state) {
    auto reader = open_spectra(LineSource::from_memory("bench", text), "bench");
    while (auto record = reader->next()) benchmark::DoNotOptimize(record);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK_CAPTURE(read, mgf, OutputFormat::kMgf)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read, msp, OutputFormat::kMsp)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read, json, OutputFormat::kJson)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace molbridge::spectra
