#include "molbridge/spectra/acquisition.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "molbridge/core/text.hpp"

namespace molbridge::spectra {
namespace {

constexpr double kReferenceMz = 500;     // at which normalised energy and eV are the same number
constexpr double kLargestEnergy = 1000;  // above are other quantities (keV beams, cone temperatures)

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

template <typename Words>
bool has_any(std::string_view text, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != text.npos; });
}

/// False for the 2 of "MS2": a number that is part of a word, unless the word says that an energy follows.
bool starts_number(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && is_letter(text[begin - 1])) --begin;
  const std::string_view word = text.substr(begin, at - begin);
  constexpr std::array<std::string_view, 6> kBefore{"", "ce", "nce", "hcd", "cid", "ev"};
  return std::find(kBefore.begin(), kBefore.end(), word) != kBefore.end();
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    std::string_view digits = text.substr(i, end - i);
    if (digits.ends_with('.')) digits.remove_suffix(1);
    const auto value = parse_double(digits);
    if (value && starts_number(text, i)) out.push_back(*value);
    i = end;
  }
  return out;
}

/// Lower-case runs of letters.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : to_lower(text)) {
    if (is_letter(c)) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

Analyser analyser_of_word(const std::string& word) {
  constexpr std::array<std::string_view, 5> kFourier{"ft", "qft", "itft", "fticr", "ftms"};
  constexpr std::array<std::string_view, 5> kTrap{"it", "qit", "lit", "ltq", "lcq"};
  constexpr std::array<std::string_view, 6> kQuadrupole{"q", "qq", "qqq", "tq", "tsq", "qtrap"};
  if (std::find(kFourier.begin(), kFourier.end(), word) != kFourier.end()) return Analyser::kFourier;
  if (word.ends_with("tof")) return Analyser::kTimeOfFlight;
  if (std::find(kTrap.begin(), kTrap.end(), word) != kTrap.end()) return Analyser::kIonTrap;
  if (std::find(kQuadrupole.begin(), kQuadrupole.end(), word) != kQuadrupole.end()) return Analyser::kQuadrupole;
  return Analyser::kUnknown;
}

/// Names first: "LTQ Orbitrap" is no ion trap, "TripleTOF" no quadrupole, and the Q of "Q Exactive" says nothing.
Analyser analyser_of(std::string_view text) {
  constexpr std::array<std::string_view, 7> kFourier{"orbitrap", "exactive", "exploris", "fusion",
                                                     "lumos",    "astral",   "ft-icr"};
  constexpr std::array<std::string_view, 7> kTimeOfFlight{"tof",    "maxis",   "synapt", "zeno",
                                                          "impact", "xevo g2", "vion"};
  constexpr std::array<std::string_view, 3> kTrap{"ion trap", "amazon", "iontrap"};
  constexpr std::array<std::string_view, 5> kQuadrupole{"triple quad", "quattro", "api 3", "api3", "api 4"};
  const std::string lower = to_lower(text);
  if (has_any(lower, kFourier)) return Analyser::kFourier;
  if (has_any(lower, kTimeOfFlight)) return Analyser::kTimeOfFlight;
  if (has_any(lower, kTrap)) return Analyser::kIonTrap;
  if (has_any(lower, kQuadrupole)) return Analyser::kQuadrupole;
  for (const std::string& word : words_of(lower)) {
    const Analyser analyser = analyser_of_word(word);
    if (analyser != Analyser::kUnknown) return analyser;
  }
  return Analyser::kUnknown;
}

bool is_normalised(const Acquisition& acquisition) {
  const EnergyUnit unit = acquisition.energy->unit;
  return unit == EnergyUnit::kNormalised ||
         (unit == EnergyUnit::kUnstated && acquisition.analyser == Analyser::kFourier);
}

double per_normalised(double precursor_mz) { return precursor_mz > 0 ? precursor_mz / kReferenceMz : 1; }

}  // namespace

std::string_view name(Analyser analyser) {
  constexpr std::array<std::string_view, kNumAnalysers> kNames{"unknown", "ft", "tof", "ion-trap", "quadrupole"};
  return kNames[static_cast<std::size_t>(analyser)];
}

double Acquisition::electron_volts(double precursor_mz) const {
  if (!energy) return 0;
  return is_normalised(*this) ? energy->value * per_normalised(precursor_mz) : energy->value;
}

double Acquisition::normalised(double precursor_mz) const {
  if (!energy) return 0;
  return is_normalised(*this) ? energy->value : energy->value / per_normalised(precursor_mz);
}

std::optional<CollisionEnergy> parse_collision_energy(std::string_view text) {
  const std::string lower = to_lower(text);
  constexpr std::array<std::string_view, 4> kNotStated{"m/z", "mz", "kev", "arbitrary"};
  if (has_any(lower, kNotStated)) return std::nullopt;
  const std::vector<double> numbers = numbers_in(lower);
  if (numbers.empty()) return std::nullopt;
  double sum = 0;
  for (const double number : numbers) sum += number;
  CollisionEnergy energy{sum / static_cast<double>(numbers.size()), EnergyUnit::kUnstated};
  if (!(energy.value > 0) || energy.value > kLargestEnergy) return std::nullopt;
  constexpr std::array<std::string_view, 3> kPercent{"nce", "%", "normali"};
  if (has_any(lower, kPercent)) {
    energy.unit = EnergyUnit::kNormalised;
  } else if (lower.find('v') != lower.npos) {
    energy.unit = EnergyUnit::kElectronVolt;
  }
  return energy;
}

Analyser parse_analyser(std::string_view type, std::string_view instrument) {
  const Analyser analyser = analyser_of(type);
  return analyser != Analyser::kUnknown ? analyser : analyser_of(instrument);
}

Acquisition acquisition(const Spectrum& spectrum) {
  return {parse_collision_energy(spectrum.field("collision_energy")),
          parse_analyser(spectrum.field("instrument_type"), spectrum.field("instrument"))};
}

}  // namespace molbridge::spectra
