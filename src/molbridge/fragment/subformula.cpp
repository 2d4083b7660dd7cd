#include "molbridge/fragment/subformula.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "molbridge/core/error.hpp"

namespace molbridge::fragment {
namespace {

/// Combinations in the table at most; what is beyond is searched as an outer loop.
constexpr double kTableLargest = 65536;
constexpr mass::Nuclide kHydrogen{1, 0};
/// A remainder is that of one hydrogen more where rounding makes it so.
constexpr double kRounding = 1e-9;

const double& hydrogen_mass() {
  static const double kMass = *mass::nuclide_mass(kHydrogen);
  return kMass;
}

bool is_hydrogen(mass::Nuclide nuclide) { return nuclide == kHydrogen || nuclide == mass::Nuclide{1, 1}; }

/// Usual valence less 2: what one atom adds to the hydrogens that a molecule can hold.
int valence_gain(int atomic_number) {
  switch (atomic_number) {
    case 1:   // tracers
    case 3:   // Li
    case 9:   // F
    case 11:  // Na
    case 17:  // Cl
    case 19:  // K
    case 35:  // Br
    case 37:  // Rb
    case 53:  // I
    case 55:  // Cs
      return -1;
    case 5:   // B
    case 7:   // N
    case 15:  // P
    case 33:  // As
    case 51:  // Sb
      return 1;
    case 6:   // C
    case 14:  // Si
    case 32:  // Ge
    case 50:  // Sn
      return 2;
    default: return 0;
  }
}

/// Elements of small neutrals, by atomic number.
constexpr std::array<int, 10> kLossElements{1, 6, 7, 8, 9, 15, 16, 17, 35, 53};
using LossCounts = std::array<int, kLossElements.size()>;

struct SmallLoss {
  double mass = 0;
  LossCounts counts{};
};

SmallLoss small_loss(const mass::Formula& formula) {
  SmallLoss loss{formula.atom_mass(), {}};
  for (std::size_t i = 0; i < kLossElements.size(); ++i) loss.counts[i] = formula.count({kLossElements[i], 0});
  return loss;
}

/// One or two of the usual ones.
const std::vector<SmallLoss>& small_losses() {
  static const std::vector<SmallLoss> kLosses = [] {
    std::vector<mass::Formula> single;
    for (const char* text :
         {"H2O",  "NH3",  "CO",    "CO2",  "HF",   "HCl",   "HBr",   "HI",     "CH2O",   "CH4O", "CH2O2",
          "C2H4", "C2H2", "CH4",   "CH3",  "HCN",  "CHNO",  "C2H2O", "NO",     "NO2",    "H2S",  "SO2",
          "SO3",  "HPO3", "H3PO4", "CH5N", "C3H6", "C2H6O", "C3H9N", "C2H4O2", "C6H10O5"})
      single.push_back(mass::Formula::parse(text).value());
    std::vector<SmallLoss> out;
    for (std::size_t i = 0; i < single.size(); ++i) {
      out.push_back(small_loss(single[i]));
      for (std::size_t k = i; k < single.size(); ++k) out.push_back(small_loss(single[i] + single[k]));
    }
    std::sort(out.begin(), out.end(), [](const SmallLoss& a, const SmallLoss& b) { return a.mass < b.mass; });
    return out;
  }();
  return kLosses;
}

}  // namespace

SubformulaIndex::SubformulaIndex(const mass::Formula& ion, const SubformulaOptions& options)
    : ion_charge_(ion.charge()) {
  MOLBRIDGE_CHECK(ion.charge() != 0 && !ion.has_negative_count(), ion.hill());
  max_charge_ = options.max_charge > 0 ? options.max_charge : std::abs(ion.charge());
  read_ion(ion);
  max_hydrogens_ = ion_hydrogens_ + options.extra_hydrogens;
  split_kinds();
  if (!searchable_) return;
  outer_ = combinations(inner_kinds_, order_.size());
  fill_table(combinations(0, inner_kinds_));
  find_losses();
}

void SubformulaIndex::read_ion(const mass::Formula& ion) {
  ion_mz_ = ion.monoisotopic_mass() / std::abs(ion.charge());
  for (const auto& [nuclide, count] : ion.counts()) {
    if (is_hydrogen(nuclide)) {
      ion_hydrogens_ += count;
      continue;
    }
    kinds_.push_back(nuclide);
    most_.push_back(count);
    masses_.push_back(*mass::nuclide_mass(nuclide));
  }
  order_.resize(kinds_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return most_[a] > most_[b]; });
}

void SubformulaIndex::split_kinds() {
  double inner = 1, outer = 1;
  bool full = false;
  for (const std::size_t kind : order_) {
    const double ways = most_[kind] + 1.0;
    full = full || inner * ways > kTableLargest;
    if (full) {
      outer *= ways;
    } else {
      inner *= ways;
      ++inner_kinds_;
    }
  }
  const bool counts_fit = most_.empty() || most_[order_[0]] <= std::numeric_limits<std::uint16_t>::max();
  searchable_ = kinds_.size() <= Subformula::kMaxKinds && counts_fit && outer <= kTableLargest &&
                inner * outer <= kMaxCombinations;
}

std::vector<SubformulaIndex::Combination> SubformulaIndex::combinations(std::size_t begin, std::size_t end) const {
  std::vector<Combination> out{{}};
  std::uint32_t stride = 1;
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t kind = order_[i];
    const std::size_t before = out.size();
    const int gain = valence_gain(kinds_[kind].atomic_number);
    out.reserve(before * (static_cast<std::size_t>(most_[kind]) + 1));
    for (int count = 1; count <= most_[kind]; ++count) {
      for (std::size_t k = 0; k < before; ++k) {
        out.push_back({out[k].mass + count * masses_[kind], out[k].code + static_cast<std::uint32_t>(count) * stride,
                       out[k].valence + count * gain});
      }
    }
    stride *= static_cast<std::uint32_t>(most_[kind]) + 1;
  }
  return out;
}

/// Bucket of the remainder of `mass`, moved by a share of a hydrogen's mass; below 0 or beyond the last where the move goes round.
int SubformulaIndex::bucket(double mass, double shift) const {
  const double hydrogens = mass / hydrogen_mass();
  const double buckets = static_cast<double>(bucket_begin_.size() - 1);
  return static_cast<int>(std::floor((hydrogens - std::floor(hydrogens) + shift) * buckets));
}

/// Counting sort.
void SubformulaIndex::fill_table(const std::vector<Combination>& inner) {
  const std::size_t buckets = std::max<std::size_t>(inner.size() / 4, 1);
  bucket_begin_.assign(buckets + 1, 0);
  std::vector<std::uint32_t> of(inner.size());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    of[i] = static_cast<std::uint32_t>(std::clamp(bucket(inner[i].mass, 0), 0, static_cast<int>(buckets) - 1));
    ++bucket_begin_[of[i] + 1];
  }
  std::partial_sum(bucket_begin_.begin(), bucket_begin_.end(), bucket_begin_.begin());
  std::vector<std::uint32_t> next(bucket_begin_.begin(), bucket_begin_.end() - 1);
  table_.resize(inner.size());
  for (std::size_t i = 0; i < inner.size(); ++i) table_[next[of[i]]++] = inner[i];
}

void SubformulaIndex::find_losses() {
  LossCounts most{ion_hydrogens_};
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const auto at = std::find(kLossElements.begin(), kLossElements.end(), kinds_[i].atomic_number);
    if (at != kLossElements.end() && kinds_[i].mass_number == 0)
      most[static_cast<std::size_t>(at - kLossElements.begin())] = most_[i];
  }
  for (const SmallLoss& loss : small_losses()) {
    if (std::equal(most.begin(), most.end(), loss.counts.begin(), std::greater_equal<>())) losses_.push_back(loss.mass);
  }
}

template <typename Visit>
void SubformulaIndex::visit_bucket(std::size_t index, double mass, double half_width, Match& match,
                                   const Visit& visit) const {
  const double hydrogen = hydrogen_mass(), inverse = 1 / hydrogen;
  for (std::uint32_t k = bucket_begin_[index]; k < bucket_begin_[index + 1]; ++k) {
    const double rest = mass - table_[k].mass;
    if (rest < -half_width) continue;
    const int hydrogens = static_cast<int>(rest * inverse + 0.5);  // the nearest; std::round is a call
    const double error = rest - hydrogens * hydrogen;
    if (hydrogens > max_hydrogens_ || std::abs(error) > half_width) continue;
    // dbe = 1 + (valence - hydrogens) / 2 >= -0.5
    if (hydrogens > 3 + table_[k].valence + match.outer->valence) continue;
    match.error = error;
    match.inner = &table_[k];
    match.hydrogens = hydrogens;
    visit(match);
  }
}

/// `half_width` in Th.
template <typename Visit>
void SubformulaIndex::visit_charge(double mz, int charge, double half_width, const Visit& visit) const {
  const int times = std::abs(charge);
  const double atoms = mz * times + charge * mass::kElectronMass;
  const double width = half_width * times;
  const double share = width / hydrogen_mass() + kRounding;
  const int buckets = static_cast<int>(bucket_begin_.size()) - 1;
  Match match;
  match.charge = charge;
  for (const Combination& outer : outer_) {
    match.outer = &outer;
    const double rest = atoms - outer.mass;
    if (rest < -width) continue;
    const int first = bucket(rest, -share);
    const int last = std::min(bucket(rest, share), first + buckets - 1);
    for (int i = first; i <= last; ++i) {
      visit_bucket(static_cast<std::size_t>((i % buckets + buckets) % buckets), rest, width, match, visit);
    }
  }
}

std::optional<Subformula> SubformulaIndex::best(double mz, const PeakTolerance& tolerance) const {
  return survey(mz, tolerance, 1).best;
}

SubformulaIndex::Surroundings SubformulaIndex::survey(double mz, const PeakTolerance& tolerance, double times) const {
  Surroundings out;
  if (!searchable_) return out;
  std::optional<Match> best;
  const double width = tolerance.of(mz);
  double least = width;
  for (int charge = 1; charge <= max_charge_; ++charge) {
    visit_charge(mz, ion_charge_ > 0 ? charge : -charge, width * times, [&](const Match& match) {
      const double error = std::abs(match.error) / charge;
      ++(error <= width ? out.within : out.around);
      if (error > least || (best && error == least)) return;
      least = error;
      best = match;
    });
  }
  if (best) out.best = describe(*best, mz);
  return out;
}

bool SubformulaIndex::is_small_loss(double mass, double half_width) const {
  const auto at = std::lower_bound(losses_.begin(), losses_.end(), mass - half_width);
  return at != losses_.end() && *at <= mass + half_width;
}

void SubformulaIndex::decode(std::uint32_t code, std::size_t begin, std::size_t end, Subformula& part) const {
  for (std::size_t i = begin; i < end; ++i) {
    const auto ways = static_cast<std::uint32_t>(most_[order_[i]]) + 1;
    part.counts[order_[i]] = static_cast<std::uint16_t>(code % ways);
    code /= ways;
  }
}

Subformula SubformulaIndex::describe(const Match& match, double mz) const {
  Subformula part;
  decode(match.inner->code, 0, inner_kinds_, part);
  decode(match.outer->code, inner_kinds_, order_.size(), part);
  part.hydrogens = match.hydrogens;
  part.charge = match.charge;
  const double atoms = match.outer->mass + match.inner->mass + match.hydrogens * hydrogen_mass();
  part.mz = (atoms - match.charge * mass::kElectronMass) / std::abs(match.charge);
  part.ppm_error = 1e6 * (mz - part.mz) / part.mz;
  part.dbe = 1 + (match.outer->valence + match.inner->valence - match.hydrogens) / 2.0;
  int electrons = match.hydrogens - match.charge;
  for (std::size_t i = 0; i < kinds_.size(); ++i) electrons += part.counts[i] * kinds_[i].atomic_number;
  part.even_electrons = electrons % 2 == 0;
  return part;
}

mass::Formula SubformulaIndex::formula(const Subformula& part) const {
  mass::Formula out;
  out.add(kHydrogen, part.hydrogens);
  for (std::size_t i = 0; i < kinds_.size(); ++i) out.add(kinds_[i], part.counts[i]);
  out.set_charge(part.charge);
  return out;
}

}  // namespace molbridge::fragment
