#include "molbridge/train/hard_negatives.hpp"

#include <algorithm>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::train {
namespace {

std::vector<std::uint64_t> rows_of(const bank::Bank& bank, const DatasetMolecule& molecule,
                                   const HardNegativeOptions& options) {
  if (options.pool == NegativePool::kFormula)
    return bank.rows_of_formula(mass::Formula::parse(molecule.formula).value());
  const bank::RowRange range = bank.window(mass::Tolerance::ppm(options.ppm).around(molecule.mass));
  std::vector<std::uint64_t> rows;
  for (std::uint64_t row = range.begin; row < range.end; ++row) rows.push_back(row);
  return rows;
}

std::set<std::uint64_t> rows_of_formulas(const bank::Bank& bank, const std::vector<std::string>& formulas) {
  std::set<std::uint64_t> out;
  for (const std::string& formula : formulas) {
    const std::vector<std::uint64_t> rows = bank.rows_of_formula(mass::Formula::parse(formula).value());
    out.insert(rows.begin(), rows.end());
  }
  return out;
}

/// Moves a random choice of `count` to the front.
void choose(std::vector<std::uint64_t>& rows, std::size_t count, Rng& rng) {
  for (std::size_t i = 0; i < count; ++i) std::swap(rows[i], rows[i + rng.below(rows.size() - i)]);
}

}  // namespace

NegativePool parse_negative_pool(std::string_view text) {
  for (const auto pool : {NegativePool::kFormula, NegativePool::kMass}) {
    if (text == name(pool)) return pool;
  }
  throw Error(ErrorCode::kUsage, "unknown pool '" + std::string(text) + "'").remedy("Use formula or ppm.");
}

std::string_view name(NegativePool pool) { return pool == NegativePool::kFormula ? "formula" : "ppm"; }

HardNegatives::HardNegatives(std::shared_ptr<const bank::Bank> bank, const std::vector<DatasetMolecule>& molecules,
                             const HardNegativeOptions& options)
    : bank_(std::move(bank)), options_(options) {
  const std::set<std::uint64_t> barred = rows_of_formulas(*bank_, options.without_formulas);
  for (const DatasetMolecule& molecule : molecules) {
    std::vector<std::uint64_t> rows = rows_of(*bank_, molecule, options_);
    const std::vector<std::uint64_t> own = bank_->rows_of_inchikey14(molecule.inchikey14);
    std::erase_if(rows, [&](std::uint64_t row) {
      return barred.contains(row) || std::find(own.begin(), own.end(), row) != own.end();
    });
    const auto limit = static_cast<std::size_t>(options_.pool_limit);
    if (rows.size() > limit) {
      Rng rng(options_.seed, "negatives of " + molecule.inchikey14);
      choose(rows, limit, rng);
      rows.resize(limit);
    }
    rows_.push_back(std::move(rows));
  }
}

HardNegatives::Drawn HardNegatives::draw(std::span<const std::int64_t> molecules, std::int64_t step,
                                         std::int64_t part) const {
  const auto examples = static_cast<std::int64_t>(molecules.size());
  const auto width = static_cast<std::int64_t>(bank_->manifest().width);
  Drawn drawn{torch::zeros({examples, options_.per_example, width}),
              torch::zeros({examples, options_.per_example}, torch::kBool)};
  const std::vector<std::vector<std::uint64_t>> chosen = draw_rows(molecules, step, part);
  for (std::int64_t i = 0; i < examples; ++i) {
    const std::vector<std::uint64_t>& rows = chosen[static_cast<std::size_t>(i)];
    for (std::size_t c = 0; c < rows.size(); ++c) {
      float* out = drawn.vectors.data_ptr<float>() + (i * options_.per_example + static_cast<std::int64_t>(c)) * width;
      bank_->embedding(rows[c], {out, static_cast<std::size_t>(width)});
      drawn.present.data_ptr<bool>()[i * options_.per_example + static_cast<std::int64_t>(c)] = true;
    }
  }
  return drawn;
}

std::vector<std::vector<std::uint64_t>> HardNegatives::draw_rows(std::span<const std::int64_t> molecules,
                                                                 std::int64_t step, std::int64_t part) const {
  Rng rng(options_.seed, "negatives of step " + std::to_string(step) + "." + std::to_string(part));
  std::vector<std::vector<std::uint64_t>> out;
  for (const std::int64_t molecule : molecules) {
    out.push_back(rows_[static_cast<std::size_t>(molecule)]);
    const std::size_t count = std::min(out.back().size(), static_cast<std::size_t>(options_.per_example));
    choose(out.back(), count, rng);
    out.back().resize(count);
  }
  return out;
}

std::size_t HardNegatives::without() const {
  return static_cast<std::size_t>(
      std::count_if(rows_.begin(), rows_.end(), [](const auto& rows) { return rows.empty(); }));
}

double HardNegatives::mean_pool() const {
  double sum = 0;
  for (const auto& rows : rows_) sum += static_cast<double>(rows.size());
  return rows_.empty() ? 0 : sum / static_cast<double>(rows_.size());
}

}  // namespace molbridge::train
