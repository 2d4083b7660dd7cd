#include "molbridge/service/bank_search.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/retrieve/ranking.hpp"
#include "molbridge/service/bank_encoder.hpp"
#include "molbridge/service/bank_rows.hpp"

namespace molbridge::service {
namespace {

Error usage(const std::string& message) { return {ErrorCode::kUsage, message}; }

BankRestriction restriction_of(const BankSearchOptions& options) {
  return {.mass = options.mass, .ppm = options.ppm, .formula = options.formula};
}

void check(const BankSearchOptions& options) {
  const bool others = options.smiles || options.mass || options.formula;
  if (!others && !options.inchikey)
    throw usage("nothing to search for: give --smiles, --mass, --formula or --inchikey");
  if (others && options.inchikey) throw usage("an InChIKey is searched for alone");
  check_restriction(restriction_of(options));
}

std::string first_block(const std::string& inchikey) {
  constexpr std::size_t kBlock = 14;
  const std::string block = to_upper(trim(inchikey).substr(0, kBlock));
  const bool letters = std::all_of(block.begin(), block.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool whole = inchikey.size() == kBlock || (inchikey.size() > kBlock && inchikey[kBlock] == '-');
  if (block.size() == kBlock && letters && whole) return block;
  throw usage("'" + inchikey + "' is neither an InChIKey nor its first block of 14 letters");
}

/// The rows that fit everything but the structure; nullopt when all do.
std::optional<std::vector<std::uint64_t>> candidate_rows(const bank::Bank& bank, const BankSearchOptions& options) {
  if (options.inchikey) return bank.rows_of_inchikey14(first_block(*options.inchikey));
  return restricted_rows(bank, restriction_of(options));
}

BankSearchHit make_hit(const bank::Bank& bank, const BankSearchOptions& options, std::uint64_t row) {
  BankSearchHit hit;
  hit.molecule = bank.record(row);
  if (options.mass) hit.mass_error_ppm = mass::ppm_error(*options.mass, hit.molecule.mass);
  return hit;
}

void search_by_structure(const bank::Bank& bank, const BankSearchOptions& options, BankSearchReport& report) {
  const auto molecule = chem::standardize(*options.smiles);
  if (!molecule) throw usage("SMILES '" + *options.smiles + "': " + molecule.reason());
  report.standardized_smiles = molecule->smiles();
  const auto encoder = encoder_of(bank);
  std::vector<float> query(encoder->width());
  encoder->encode(*molecule, query);
  const auto rows = candidate_rows(bank, options);
  retrieve::RankedRows ranked;
  if (rows) {
    const std::vector<retrieve::Pool> pools = {{*rows, query}};
    ranked = retrieve::rank_rows(bank, pools, options.top_k);
  } else {
    ranked = retrieve::rank_rows(bank, bank::RowRange{0, bank.size()}, query, options.top_k);
  }
  report.num_candidates = ranked.num_candidates;
  for (const retrieve::RankedRow& found : ranked.best) {
    BankSearchHit hit = make_hit(bank, options, found.row);
    hit.rank = found.rank;
    hit.score = found.score;
    report.hits.push_back(std::move(hit));
  }
}

void list_candidates(const bank::Bank& bank, const BankSearchOptions& options, BankSearchReport& report) {
  std::vector<std::uint64_t> rows = *candidate_rows(bank, options);
  report.num_candidates = rows.size();
  if (options.mass) {
    std::stable_sort(rows.begin(), rows.end(), [&](std::uint64_t a, std::uint64_t b) {
      return std::abs(bank.masses()[a] - *options.mass) < std::abs(bank.masses()[b] - *options.mass);
    });
  }
  rows.resize(std::min<std::size_t>(rows.size(), options.top_k));
  for (const std::uint64_t row : rows) report.hits.push_back(make_hit(bank, options, row));
}

std::string cell(const std::optional<double>& value, int decimals) {
  return value ? format_fixed(*value, decimals) : "";
}

}  // namespace

BankSearchReport search_bank(const BankSearchOptions& options) {
  check(options);
  const auto bank = bank::Bank::open(options.bank);
  BankSearchReport report;
  report.query = options;
  report.bank = bank->manifest();
  if (options.smiles) {
    search_by_structure(*bank, options, report);
  } else {
    list_candidates(*bank, options, report);
  }
  return report;
}

std::string to_tsv(const BankSearchReport& report) {
  std::string out = "rank\tscore\tsmiles\tinchikey14\tformula\tmass\tname\tsource_id\tmass_error_ppm\n";
  for (const BankSearchHit& hit : report.hits) {
    const bank::MoleculeRecord& m = hit.molecule;
    out += (hit.rank ? std::to_string(*hit.rank) : "") + "\t" + cell(hit.score, 6) + "\t" + tsv_cell(m.smiles) + "\t" +
           m.inchikey14 + "\t" + m.formula + "\t" + format_fixed(m.mass, 6) + "\t" + tsv_cell(m.name) + "\t" +
           tsv_cell(m.source_id) + "\t" + cell(hit.mass_error_ppm, 3) + "\n";
  }
  return out;
}

std::string to_json(const BankSearchReport& report) {
  Json json;
  json["molbridge"] = version();
  json["bank"] = {{"folder", report.query.bank}, {"digest", report.bank.digest}, {"encoder", report.bank.encoder}};
  Json query = Json::object();
  if (report.query.smiles) query["smiles"] = *report.query.smiles;
  if (report.query.smiles) query["standardized_smiles"] = report.standardized_smiles;
  if (report.query.mass) query["mass"] = *report.query.mass;
  if (report.query.mass) query["ppm"] = report.query.ppm;
  if (report.query.formula) query["formula"] = *report.query.formula;
  if (report.query.inchikey) query["inchikey"] = *report.query.inchikey;
  query["top_k"] = report.query.top_k;
  json["query"] = query;
  json["num_candidates"] = report.num_candidates;
  json["hits"] = Json::array();
  for (const BankSearchHit& hit : report.hits) {
    const bank::MoleculeRecord& m = hit.molecule;
    Json row;
    if (hit.rank) row["rank"] = *hit.rank;
    if (hit.score) row["score"] = *hit.score;
    row["smiles"] = m.smiles;
    row["inchikey14"] = m.inchikey14;
    row["formula"] = m.formula;
    row["mass"] = m.mass;
    row["name"] = m.name;
    row["source_id"] = m.source_id;
    if (hit.mass_error_ppm) row["mass_error_ppm"] = *hit.mass_error_ppm;
    json["hits"].push_back(row);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace molbridge::service
