#include "molbridge/service/peak_table.hpp"

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr int kShareDigits = 4, kErrorDigits = 2;

struct PeakText {
  explicit PeakText(const rerank::AnnotatedPeak& peak)
      : mz(format_shortest(peak.mz)),
        intensity(format_fixed(peak.intensity, kShareDigits)),
        ppm_error(format_fixed(peak.ppm_error, kErrorDigits)),
        weight(format_fixed(peak.weight, kShareDigits)) {}
  std::string mz, intensity, ppm_error, weight;
};

std::string row_of(const rerank::AnnotatedPeak& peak) {
  const PeakText text(peak);
  const std::vector<std::string> cells{text.mz,
                                       text.intensity,
                                       tsv_cell(peak.formula),
                                       tsv_cell(peak.smiles),
                                       text.ppm_error,
                                       std::to_string(peak.hydrogen_shift),
                                       std::to_string(peak.bonds_cut),
                                       text.weight};
  return join(cells, "\t");
}

}  // namespace

std::string peaks_json(std::span<const rerank::AnnotatedPeak> peaks) {
  Json json = Json::array();
  for (const rerank::AnnotatedPeak& peak : peaks) {
    const PeakText text(peak);
    json.push_back({{"mz", peak.mz},
                    {"intensity", *parse_double(text.intensity)},
                    {"formula", peak.formula},
                    {"smiles", peak.smiles},
                    {"ppm_error", *parse_double(text.ppm_error)},
                    {"hydrogen_shift", peak.hydrogen_shift},
                    {"bonds_cut", peak.bonds_cut},
                    {"weight", *parse_double(text.weight)}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PeakTable::PeakTable(const std::string& path) : output_(open_output(path)) {
  output_->write(
      "query_index\tquery_id\trank\tinchikey14\tmz\tintensity\tformula\tsmiles\tppm_error\thydrogen_shift\tbonds_cut\t"
      "weight\n");
}

void PeakTable::add(const QueryResult& result) {
  for (const CandidateResult& candidate : result.candidates) {
    const std::string head = std::to_string(result.query_index) + "\t" + tsv_cell(result.query_id) + "\t" +
                             std::to_string(candidate.rank) + "\t" + candidate.molecule.inchikey14 + "\t";
    for (const rerank::AnnotatedPeak& peak : candidate.peaks) output_->write(head + row_of(peak) + "\n");
  }
}

}  // namespace molbridge::service
