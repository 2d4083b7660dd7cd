// Runs a fuzz target without libFuzzer: every file of a corpus folder, then damaged versions of each. The damage is the
// same in every run (cuts, flipped bytes, doubled and dropped blocks), so a failure can be repeated.
//
// Usage: <target>_replay CORPUS_FOLDER_OR_FILE...     environment: MOLBRIDGE_FUZZ_SECONDS (default 3) bounds the
// damaged part

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "molbridge/core/rng.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

constexpr unsigned kMostSecondsPerInput = 60;  // seeds are a few kilobytes: this long is a hang, even on a busy machine

std::string g_current;  // named when the process dies, so that a crash says which input did it
std::uint64_t g_runs = 0;

void name_the_input() {
  std::fprintf(stderr, "fuzz replay: died on %s\n", g_current.c_str());
  std::fflush(stderr);
}

void run(const Bytes& input, std::string what) {
  g_current = std::move(what);
  ++g_runs;
  ::alarm(kMostSecondsPerInput);
  LLVMFuzzerTestOneInput(input.data(), input.size());
  ::alarm(0);
}

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::filesystem::path> inputs_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

double seconds_allowed() {
  const char* text = std::getenv("MOLBRIDGE_FUZZ_SECONDS");
  return text == nullptr ? 3.0 : std::atof(text);
}

/// One deterministic damage, number `k`.
Bytes damaged(const Bytes& input, std::uint64_t k) {
  molbridge::Rng rng(k, "fuzz replay");
  Bytes out = input;
  constexpr std::array<std::uint8_t, 10> kNasty = {0x00, 0xff, 0x7f, 0x80, '\n', '\t', '-', '9', '"', '<'};
  const std::uint64_t edits = 1 + rng.below(3);
  for (std::uint64_t i = 0; i < edits && !out.empty(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(rng.below(out.size()));
    const auto length = static_cast<std::ptrdiff_t>(
        1 + rng.below(std::min<std::uint64_t>(64, out.size() - static_cast<std::size_t>(at))));
    switch (rng.below(5)) {
      case 0: out.resize(static_cast<std::size_t>(at)); break;
      case 1: out[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << rng.below(8)); break;
      case 2: out[static_cast<std::size_t>(at)] = kNasty[rng.below(kNasty.size())]; break;
      case 3: out.erase(out.begin() + at, out.begin() + at + length); break;
      default: {
        const Bytes block(out.begin() + at, out.begin() + at + length);
        out.insert(out.begin() + at, block.begin(), block.end());
      }
    }
  }
  return out;
}

/// Every cut of a small input, 256 evenly spaced ones of a large one.
void run_cuts(const Bytes& input, const std::string& name, Clock::time_point deadline) {
  const std::size_t step = std::max<std::size_t>(1, input.size() / 256);
  for (std::size_t size = 0; size < input.size() && Clock::now() < deadline; size += step) {
    run(Bytes(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size)),
        name + " cut to " + std::to_string(size) + " bytes");
  }
}

int replay(const std::vector<std::filesystem::path>& files) {
  for (const auto& file : files) run(read(file), file.string());
  const auto start = Clock::now();
  const double share = seconds_allowed() / static_cast<double>(std::max<std::size_t>(1, files.size()));
  constexpr std::uint64_t kMostDamages = 2000;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Bytes input = read(files[i]);
    const auto deadline = start + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(share * static_cast<double>(i + 1)));
    run_cuts(input, files[i].string(), deadline);
    for (std::uint64_t k = 0; k < kMostDamages && Clock::now() < deadline; ++k) {
      run(damaged(input, k), files[i].string() + " damaged by number " + std::to_string(k));
    }
  }
  std::printf("%llu inputs from %zu files\n", static_cast<unsigned long long>(g_runs), files.size());
  return files.empty() ? 1 : 0;  // a target without a seed is a test that tests nothing
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) {
      std::fprintf(stderr, "fuzz replay: %s does not exist; put at least one seed there\n", argv[i]);
      return 1;
    }
    const auto found = inputs_of(argv[i]);
    files.insert(files.end(), found.begin(), found.end());
  }
  std::set_terminate([] {
    name_the_input();
    std::abort();
  });
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGALRM}) {
    std::signal(signal, [](int number) {
      name_the_input();
      std::signal(number, SIG_DFL);
      std::raise(number);
    });
  }
  try {
    return replay(files);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fuzz replay: %s: the target let an exception out: %s\n", g_current.c_str(), e.what());
    return 1;
  }
}
