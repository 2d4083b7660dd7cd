#include "molbridge/encoders/spectrum/exact_masses.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

constexpr double kReach = 2.5;       // units
constexpr double kCellsPerUnit = 2;  // of the histogram in which clusters are found
constexpr std::int32_t kApart = 4;   // cells between two masses of the vocabulary

/// Molecules seen in a cell and the mean mass of their peaks.
struct Cell {
  std::int32_t cell;
  std::size_t molecules;
  double mass_sum;
  std::size_t peaks;
};

struct Peak {
  double score;  // molecules here, and half of those next door
  std::size_t at;
};

double molecules_of(const std::vector<Cell>& cells, std::size_t at, std::int32_t cell) {
  return at < cells.size() && cells[at].cell == cell ? static_cast<double>(cells[at].molecules) : 0;
}

std::vector<Peak> scored(const std::vector<Cell>& cells) {
  std::vector<Peak> peaks;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::int32_t cell = cells[i].cell;
    const double before = i > 0 ? molecules_of(cells, i - 1, cell - 1) : 0;
    peaks.push_back(
        {static_cast<double>(cells[i].molecules) + 0.5 * (before + molecules_of(cells, i + 1, cell + 1)), i});
  }
  std::sort(peaks.begin(), peaks.end(),
            [](const Peak& a, const Peak& b) { return a.score != b.score ? a.score > b.score : a.at < b.at; });
  return peaks;
}

/// Mean mass of the peaks in the cell and its neighbours.
double centre(const std::vector<Cell>& cells, std::size_t at) {
  double sum = 0, count = 0;
  for (std::size_t i = at > 0 ? at - 1 : 0; i < std::min(cells.size(), at + 2); ++i) {
    if (std::abs(cells[i].cell - cells[at].cell) > 1) continue;
    sum += cells[i].mass_sum;
    count += static_cast<double>(cells[i].peaks);
  }
  return sum / count;
}

bool is_free(const std::set<std::int32_t>& taken, std::int32_t cell) {
  const auto next = taken.lower_bound(cell - kApart + 1);
  return next == taken.end() || *next >= cell + kApart;
}

}  // namespace

MassScale::MassScale(double floor, double ppm) : floor_(floor), relative_(ppm * 1e-6), border_(0) {
  MOLBRIDGE_CHECK(floor > 0 && ppm >= 0, "tolerance");
  border_ = relative_ > 0 ? floor_ / relative_ : HUGE_VAL;
}

double MassScale::units(double mass) const {
  if (mass <= border_) return mass / floor_;
  return border_ / floor_ + std::log(mass / border_) / relative_;
}

ExactMasses::ExactMasses(const MassScale& scale, std::vector<double> masses)
    : scale_(scale), masses_(std::move(masses)) {
  MOLBRIDGE_CHECK(std::is_sorted(masses_.begin(), masses_.end()), "exact masses");
  for (const double mass : masses_) units_.push_back(scale_.units(mass));
}

void ExactMasses::match(double mass, std::vector<Match>& out) const {
  if (masses_.empty()) return;
  const double at = scale_.units(mass);
  for (auto near = std::lower_bound(units_.begin(), units_.end(), at - kReach);
       near != units_.end() && *near <= at + kReach; ++near) {
    const double distance = *near - at;
    out.push_back(
        {static_cast<std::int32_t>(near - units_.begin()), static_cast<float>(std::exp(-0.5 * distance * distance))});
  }
}

void ExactMassBuilder::add(double mass, std::uint64_t molecule) {
  entries_.push_back(
      {static_cast<std::int32_t>(scale_.units(mass) * kCellsPerUnit), static_cast<std::uint32_t>(molecule), mass});
}

ExactMasses ExactMassBuilder::build(std::size_t limit, std::size_t min_molecules) const {
  std::vector<Entry> entries = entries_;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.cell != b.cell) return a.cell < b.cell;
    return a.molecule != b.molecule ? a.molecule < b.molecule : a.mass < b.mass;
  });
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool is_new_cell = i == 0 || entries[i].cell != entries[i - 1].cell;
    if (is_new_cell) cells.push_back({entries[i].cell, 0, 0, 0});
    if (is_new_cell || entries[i].molecule != entries[i - 1].molecule) ++cells.back().molecules;
    cells.back().mass_sum += entries[i].mass;
    ++cells.back().peaks;
  }
  std::set<std::int32_t> taken;
  std::vector<double> masses;
  for (const Peak& peak : scored(cells)) {
    if (masses.size() == limit || peak.score < static_cast<double>(min_molecules)) break;
    if (!is_free(taken, cells[peak.at].cell)) continue;
    taken.insert(cells[peak.at].cell);
    masses.push_back(centre(cells, peak.at));
  }
  std::sort(masses.begin(), masses.end());
  return ExactMasses(scale_, std::move(masses));
}

}  // namespace molbridge::encoders
