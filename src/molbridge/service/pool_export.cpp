#include "molbridge/service/pool_export.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

std::unique_ptr<PoolSource> pools_of(const PoolExportOptions& options) {
  if (options.pool != "formula" && options.pool != "ppm")
    throw Error(ErrorCode::kUsage, "no pools: give --pool formula or --pool ppm");
  const auto bank = bank::Bank::open(options.bank);
  auto pools = options.pool == "formula" ? make_formula_pools(bank, nullptr)
                                         : make_mass_pools(bank, nullptr, mass::Tolerance::ppm(options.ppm));
  return options.cap > 0 ? make_capped_pools(std::move(pools), options.cap, options.seed) : std::move(pools);
}

/// A bank may have been built with stereo.
std::string one_spelling(const std::string& smiles) {
  if (smiles.find_first_of("@/\\") == std::string::npos) return smiles;
  return chem::standardize(smiles).value().smiles();
}

/// The molecules of a pool, distinct, in an order that follows from the seed and the molecules alone.
std::vector<std::string> shuffled_list(const CandidatePool& pool, const EvaluationCompound& compound,
                                       std::uint64_t seed) {
  std::vector<PoolMolecule> molecules = pool.others();
  molecules.push_back(pool.truth());
  std::sort(molecules.begin(), molecules.end(), [](const PoolMolecule& a, const PoolMolecule& b) {
    return std::tie(a.inchikey14, a.smiles) < std::tie(b.inchikey14, b.smiles);
  });
  std::set<std::string> seen;
  std::vector<std::string> list;
  for (const PoolMolecule& molecule : molecules) {
    if (seen.insert(molecule.inchikey14).second) list.push_back(one_spelling(molecule.smiles));
  }
  Rng(seed, "pool " + compound.inchikey14).shuffle(std::span(list));
  return list;
}

/// Compounds that some usable spectrum asks for, by SMILES.
std::vector<const EvaluationCompound*> wanted_compounds(const EvaluationSet& set) {
  std::set<std::size_t> wanted;
  for (const EvaluationQuery& query : set.queries) {
    if (query.skip_reason.empty()) wanted.insert(query.compound);
  }
  std::vector<const EvaluationCompound*> out;
  for (const std::size_t i : wanted) out.push_back(&set.compounds[i]);
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->smiles < b->smiles; });
  return out;
}

std::string entry_text(const EvaluationCompound& compound, const std::vector<std::string>& list) {
  return " " + Json(compound.smiles).dump() + ": " + Json(list).dump();
}

}  // namespace

PoolExportReport export_pools(const PoolExportOptions& options, Progress& progress) {
  const auto pools = pools_of(options);
  const auto output = open_output(options.output);
  const EvaluationSet set = load_evaluation_set({options.spectra, options.threads, {}}, progress);
  const auto compounds = wanted_compounds(set);
  PoolExportReport report;
  report.unusable = static_cast<std::uint64_t>(
      std::count_if(set.queries.begin(), set.queries.end(), [](const auto& q) { return !q.skip_reason.empty(); }));
  progress.start("writing pools", compounds.size(), "compounds");
  output->write("{");
  for (const EvaluationCompound* compound : compounds) {
    check_interrupt();
    const auto pool = pools->pool_of(*compound, {});
    const std::vector<std::string> list = shuffled_list(*pool, *compound, options.seed);
    output->write((report.compounds == 0 ? "\n" : ",\n") + entry_text(*compound, list));
    report.molecules += list.size();
    if (pool->truth_added()) ++report.truth_added;
    progress.advance(++report.compounds);
  }
  output->write("\n}\n");
  output->commit();
  progress.finish();
  return report;
}

}  // namespace molbridge::service
