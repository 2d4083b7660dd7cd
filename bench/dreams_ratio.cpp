// The DreaMS encoder against the plain float32 LibTorch forward of the same network, in one run: spectra per second, ratios, errors.
//
//   dreams_ratio SPECTRA [--count N] [--plain N] [--weights FILE] [--only f32|bf16|bf16x3]
//
// --only measures one format alone, for its memory. docs/benchmarks.md has the figures.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "full_size_dreams.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/learn/blas_kernels.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/train/dreams_net.hpp"

namespace molbridge::bench {
namespace {

constexpr std::size_t kThreads = 2;

struct Arguments {
  std::string spectra, weights = "/tmp/molbridge-full-size-dreams.safetensors", only;
  std::size_t count = 2000, plain = 96;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--count" && i + 1 < argc) {
      arguments.count = std::stoul(argv[++i]);
    } else if (word == "--plain" && i + 1 < argc) {
      arguments.plain = std::stoul(argv[++i]);
    } else if (word == "--weights" && i + 1 < argc) {
      arguments.weights = argv[++i];
    } else if (word == "--only" && i + 1 < argc) {
      arguments.only = argv[++i];
    } else {
      arguments.spectra = word;
    }
  }
  return arguments;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// MB, "VmRSS" or "VmHWM".
double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) / 1024;
  }
  return 0;
}

struct Peaks {
  std::vector<double> mz, intensity;
  double precursor_mz;
};

std::vector<Peaks> read_spectra(const Arguments& arguments) {
  std::vector<Peaks> all;
  const auto reader = spectra::open_spectra(arguments.spectra);
  while (auto record = reader->next()) {
    const auto* spectrum = std::get_if<spectra::Spectrum>(&*record);
    if (spectrum == nullptr || !spectrum->precursor_mz || spectrum->peaks.empty()) continue;
    Peaks peaks{{}, {}, *spectrum->precursor_mz};
    for (const auto& peak : spectrum->peaks) {
      peaks.mz.push_back(peak.mz);
      peaks.intensity.push_back(peak.intensity);
    }
    if (*std::max_element(peaks.intensity.begin(), peaks.intensity.end()) > 0) all.push_back(peaks);
  }
  std::vector<Peaks> chosen;  // evenly over the file
  const std::size_t count = std::min(arguments.count, all.size());
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(all[i * all.size() / count]);
  return chosen;
}

std::vector<encoders::DreamsSpectrum> views(const std::vector<Peaks>& spectra) {
  std::vector<encoders::DreamsSpectrum> result;
  for (const auto& one : spectra) result.push_back({one.mz, one.intensity, one.precursor_mz});
  return result;
}

struct Errors {
  double largest = 0, worst_cosine = 1;
};

Errors compare(const std::vector<float>& a, const std::vector<float>& b, std::size_t width) {
  Errors errors;
  for (std::size_t row = 0; row * width < a.size(); ++row) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
      errors.largest = std::max(errors.largest, std::abs(static_cast<double>(a[i]) - b[i]));
      ab += static_cast<double>(a[i]) * b[i];
      aa += static_cast<double>(a[i]) * a[i];
      bb += static_cast<double>(b[i]) * b[i];
    }
    errors.worst_cosine = std::min(errors.worst_cosine, ab / std::sqrt(aa * bb));
  }
  return errors;
}

void run_fast(const Arguments& arguments, const std::vector<encoders::DreamsSpectrum>& spectra,
              const std::string& format, const std::vector<float>& plain, double plain_rate) {
  encoders::DreamsOptions options;
  options.precision = nn::parse_precision(format);
  const double before = now();
  const auto opened = encoders::open_dreams(arguments.weights, options);
  const double loaded = now() - before;
  const auto width = static_cast<std::size_t>(opened.encoder->width());
  std::vector<float> out(spectra.size() * width);
  opened.encoder->embed(std::span(spectra).first(std::min<std::size_t>(64, spectra.size())), kThreads,
                        std::span(out).first(std::min<std::size_t>(64, spectra.size()) * width));
  const double start = now();
  opened.encoder->embed(spectra, kThreads, out);
  const double rate = static_cast<double>(spectra.size()) / (now() - start);
  std::printf("%-8s %9.1f spectra/s", format.c_str(), rate);
  if (!plain.empty()) {
    const auto errors = compare({out.begin(), out.begin() + static_cast<std::ptrdiff_t>(plain.size())}, plain, width);
    std::printf("  ratio %6.1f  largest error %.2g  worst cosine %.6f", rate / plain_rate, errors.largest,
                errors.worst_cosine);
  }
  std::printf("  loaded in %.2f s, packed weights %.0f MB, peak memory %.0f MB\n", loaded,
              static_cast<double>(opened.encoder->memory()) / 1e6, memory_mb("VmHWM"));
}

int run(const Arguments& arguments) {
  if (!std::filesystem::exists(arguments.weights)) FullSizeDreams::write(arguments.weights);
  const auto peaks = read_spectra(arguments);
  const auto spectra = views(peaks);
  double tokens = 0;
  for (const auto& one : spectra) tokens += static_cast<double>(std::min<std::size_t>(one.mz.size(), 100) + 1);
  std::printf("%zu spectra, %.1f tokens each of 101, %zu threads, memory before %.0f MB\n", spectra.size(),
              tokens / static_cast<double>(spectra.size()), kThreads, memory_mb("VmRSS"));
  if (!arguments.only.empty()) {
    run_fast(arguments, spectra, arguments.only, {}, 1);
    return 0;
  }
  const auto weights = nn::Weights::open(arguments.weights);
  train::DreamsNet net(weights, encoders::infer_dreams_config(weights, ""), "");
  const auto sample = std::span(spectra).first(std::min(arguments.plain, spectra.size()));
  train::embed_plainly(net, sample.first(1), {}, 1);  // warm
  const auto measure = [&](bool pairwise) {
    net.set_pairwise_differences(pairwise);
    const double start = now();
    auto vectors = train::embed_plainly(net, sample, {}, 32);
    const double rate = static_cast<double>(sample.size()) / (now() - start);
    std::printf("%-8s %9.1f spectra/s (LibTorch float32, batches of 32, %zu spectra, m/z differences %s)\n", "plain",
                rate, sample.size(), pairwise ? "of all pairs of channels, as published" : "as s_i - s_j");
    return std::pair(rate, std::move(vectors));
  };
  measure(true);
  const auto [rate, vectors] = measure(false);
  std::printf("ratios to the second:\n");
  for (const auto* format : {"f32", "bf16x3", "bf16"}) run_fast(arguments, spectra, format, vectors, rate);
  return 0;
}

}  // namespace
}  // namespace molbridge::bench

int main(int argc, char** argv) {
  // Debian's LibTorch takes the threads of its products from OpenBLAS, which reads them when it is loaded; and its kernels, which it must be
  // told on a processor newer than itself: without, plain LibTorch would be measured on kernels of 2004.
  if (std::getenv("OPENBLAS_NUM_THREADS") == nullptr) {
    ::setenv("OPENBLAS_NUM_THREADS", "2", 1);
    ::setenv("OMP_NUM_THREADS", "1", 0);
    if (const auto kernels = molbridge::learn::better_blas_kernels())
      ::setenv("OPENBLAS_CORETYPE", kernels->c_str(), 1);
    ::execv("/proc/self/exe", argv);
  }
  const auto arguments = molbridge::bench::parse(argc, argv);
  if (arguments.spectra.empty()) {
    std::fprintf(stderr, "usage: dreams_ratio SPECTRA [--count N] [--plain N] [--weights FILE] [--only FORMAT]\n");
    return 2;
  }
  return molbridge::bench::run(arguments);
}
