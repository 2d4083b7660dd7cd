#include "molbridge/spectra/key_table.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace molbridge::spectra {
namespace {

constexpr std::uint8_t kG = kMgfDialect;
constexpr std::uint8_t kP = kMspDialect;
constexpr std::uint8_t kB = kMassBankDialect;
constexpr std::uint8_t kO = kOtherDialect;

// Sources: the key conversion lists of matchms, the MassBank record format 2.6, and the files users send (users' page of the
// formats). Grouped by canonical key.
constexpr KeyEntry kEntries[] = {
    {"pepmass", "precursor_mz", kG},
    {"precursormz", "precursor_mz", kP},
    {"precursormass", "precursor_mz", kO},
    {"precursor", "precursor_mz", kO},
    {"parentmz", "precursor_mz", kO},
    {"parent", "precursor_mz", kO},
    {"selectedionmz", "precursor_mz", kO},
    {"ms$focusedion:precursormz", "precursor_mz", kB},
    {"precursorintensity", "precursor_intensity", kG | kP},
    {"ms$focusedion:precursorintensity", "precursor_intensity", kB},
    {"charge", "charge", kG | kP},
    {"precursorcharge", "charge", kO},
    {"ac$massspectrometry:charge", "charge", kB},
    {"ionmode", "ionmode", kG | kP},
    {"ionizationmode", "ionmode", kO},
    {"ionisationmode", "ionmode", kO},
    {"ionpolarity", "ionmode", kO},
    {"ionpol", "ionmode", kO},
    {"polarity", "ionmode", kO},
    {"scanpolarity", "ionmode", kO},
    {"ac$massspectrometry:ionmode", "ionmode", kB},
    {"adduct", "adduct", kG | kP},
    {"precursortype", "adduct", kP},
    {"precursoriontype", "adduct", kO},
    {"adducttype", "adduct", kO},
    {"ms$focusedion:precursortype", "adduct", kB},
    {"iontype", "ion_type", kG | kP},
    {"ms$focusedion:iontype", "ion_type", kB},
    {"rtinseconds", "retention_time", kG},
    {"rtinsecs", "retention_time", kG},
    {"rtseconds", "retention_time", kO},
    {"retentiontimeinseconds", "retention_time", kO},
    {"retentiontime", "retention_time", kG | kP},
    {"rettime", "retention_time", kO},
    {"rt", "retention_time", kO},
    {"rtquery", "retention_time", kO},
    {"ac$chromatography:retentiontime", "retention_time", kB},
    {"retentionindex", "retention_index", kG | kP},
    {"ri", "retention_index", kP},
    {"ac$chromatography:retentionindex", "retention_index", kB},
    {"mslevel", "ms_level", kG | kP},
    {"spectrumtype", "ms_level", kP},
    {"mstype", "ms_level", kO},
    {"ac$massspectrometry:mstype", "ms_level", kB},
    {"collisionenergy", "collision_energy", kG | kP},
    {"colenergy", "collision_energy", kO},
    {"ac$massspectrometry:collisionenergy", "collision_energy", kB},
    {"collisiongas", "collision_gas", kG | kP},
    {"ac$massspectrometry:collisiongas", "collision_gas", kB},
    {"instrument", "instrument", kG | kP},
    {"sourceinstrument", "instrument", kG},
    {"ac$instrument", "instrument", kB},
    {"instrumenttype", "instrument_type", kG | kP},
    {"ac$instrumenttype", "instrument_type", kB},
    {"ionization", "ionization", kG | kP},
    {"ionisation", "ionization", kO},
    {"ionimethod", "ionization", kO},
    {"ac$massspectrometry:ionization", "ionization", kB},
    {"fragmentationmode", "fragmentation_mode", kG | kP},
    {"fragmentationmethod", "fragmentation_mode", kG},
    {"fragmentationtype", "fragmentation_mode", kO},
    {"ac$massspectrometry:fragmentationmode", "fragmentation_mode", kB},
    {"resolution", "resolution", kG | kP},
    {"ac$massspectrometry:resolution", "resolution", kB},
    {"massrange", "mass_range_mz", kG | kP},
    {"massrangemz", "mass_range_mz", kO},
    {"ac$massspectrometry:massrangemz", "mass_range_mz", kB},
    {"name", "compound_name", kG | kP},
    {"compoundname", "compound_name", kG},
    {"synon", "compound_name", kP},
    {"synonym", "compound_name", kP},
    {"ch$name", "compound_name", kB},
    {"smiles", "smiles", kG | kP},
    {"canonicalsmiles", "smiles", kO},
    {"isomericsmiles", "smiles", kO},
    {"ch$smiles", "smiles", kB},
    {"inchi", "inchi", kG | kP},
    {"inchicode", "inchi", kO},
    {"ch$iupac", "inchi", kB},
    {"inchiaux", "inchi_aux", kG | kP},
    {"inchikey", "inchikey", kG | kP},
    {"ch$link:inchikey", "inchikey", kB},
    {"formula", "formula", kG | kP},
    {"molecularformula", "formula", kO},
    {"chemicalformula", "formula", kO},
    {"ch$formula", "formula", kB},
    {"precursorformula", "precursor_formula", kG | kP},
    {"exactmass", "parent_mass", kG | kP},
    {"parentmass", "parent_mass", kO},
    {"monoisotopicmass", "parent_mass", kO},
    {"ch$exactmass", "parent_mass", kB},
    {"mw", "nominal_mass", kP},
    {"nominalmass", "nominal_mass", kO},
    {"compoundclass", "compound_class", kG | kP},
    {"compoundtype", "compound_class", kO},
    {"ch$compoundclass", "compound_class", kB},
    {"cas", "cas", kG | kP},
    {"cas#", "cas", kP},
    {"casno", "cas", kP},
    {"casnumber", "cas", kO},
    {"ch$link:cas", "cas", kB},
    {"pubchem", "pubchem", kG | kP},
    {"pubchemcid", "pubchem", kO},
    {"ch$link:pubchem", "pubchem", kB},
    {"kegg", "kegg", kG | kP},
    {"ch$link:kegg", "kegg", kB},
    {"hmdb", "hmdb", kG | kP},
    {"ch$link:hmdb", "hmdb", kB},
    {"chebi", "chebi", kG | kP},
    {"ch$link:chebi", "chebi", kB},
    {"chemspider", "chemspider", kG | kP},
    {"ch$link:chemspider", "chemspider", kB},
    {"lipidmaps", "lipidmaps", kG | kP},
    {"ch$link:lipidmaps", "lipidmaps", kB},
    {"comptox", "comptox", kG | kP},
    {"ch$link:comptox", "comptox", kB},
    {"ch$link:chemont", "chemont", kB},
    {"scans", "scans", kG | kP},
    {"scan", "scans", kO},
    {"scannumber", "scans", kO},
    {"featureid", "feature_id", kG | kP},
    {"spectrumid", "spectrum_id", kG | kP},
    {"db#", "spectrum_id", kP},
    {"identifier", "spectrum_id", kO},
    {"accession", "spectrum_id", kB},
    {"title", "title", kG | kP},
    {"recordtitle", "title", kB},
    {"comment", "comment", kP | kB},
    {"comments", "comment", kP},
    {"date", "record_date", kB},
    {"recorddate", "record_date", kO},
    {"license", "license", kG | kP | kB},
    {"licence", "license", kO},
    {"splash", "splash", kG | kP},
    {"pk$splash", "splash", kB},
    {"pk$annotation", "annotation_columns", kB},
    {"annotationcolumns", "annotation_columns", kO},
    {"ms$focusedion:basepeak", "base_peak", kB},
    {"basepeak", "base_peak", kO},
    {"ms$focusedion:derivativeform", "derivative_formula", kB},
    {"ms$focusedion:derivativemass", "derivative_mass", kB},
    {"ms$focusedion:derivativetype", "derivative_type", kB},
    {"ac$chromatography:columnname", "column_name", kB},
    {"columnname", "column_name", kO},
    {"column", "column_name", kO},
    {"ac$chromatography:flowgradient", "gradient", kB},
    {"ac$chromatography:flowrate", "flow_rate", kB},
    {"flowrate", "flow_rate", kO},
    {"ac$chromatography:solvent", "solvent", kB},
    {"sp$scientificname", "organism", kB},
    {"organismname", "organism", kO},
    {"filename", "file_name", kG | kP},
    {"datacollector", "data_collector", kG},
    {"pi", "principal_investigator", kG},
    {"submituser", "submit_user", kG},
    {"libraryquality", "library_quality", kG},
    {"ionmobility", "ion_mobility", kO},
    {"ccs", "ccs", kG | kP},
    {"isolationwidth", "isolation_window", kO},
    {"isolationwindow", "isolation_window", kG},
    {"numpeaks", "num_peaks", kG | kP},
    {"numpeak", "num_peaks", kO},
    {"numberofpeaks", "num_peaks", kO},
    {"pk$numpeak", "num_peaks", kB},
};

struct Spelling {
  std::string_view canonical, mgf, msp;
};

// What readers of the two formats look for. Everything else is written as it was.
constexpr Spelling kSpellings[] = {
    {"title", "TITLE", "Title"},
    {"precursor_mz", "PEPMASS", "PrecursorMZ"},
    {"precursor_intensity", "PRECURSOR_INTENSITY", "PRECURSORINTENSITY"},
    {"charge", "CHARGE", "Charge"},
    {"ionmode", "IONMODE", "Ion_mode"},
    {"adduct", "ADDUCT", "Precursor_type"},
    {"retention_time", "RETENTION_TIME", "RETENTIONTIME"},
    {"ms_level", "MSLEVEL", "MSLEVEL"},
    {"scans", "SCANS", "SCANS"},
    {"spectrum_id", "SPECTRUMID", "DB#"},
    {"compound_name", "NAME", "Name"},
    {"smiles", "SMILES", "SMILES"},
    {"inchi", "INCHI", "InChI"},
    {"inchikey", "INCHIKEY", "InChIKey"},
    {"formula", "FORMULA", "Formula"},
    {"parent_mass", "EXACTMASS", "ExactMass"},
    {"collision_energy", "COLLISION_ENERGY", "Collision_energy"},
    {"instrument", "SOURCE_INSTRUMENT", "Instrument"},
    {"instrument_type", "INSTRUMENT_TYPE", "Instrument_type"},
};

const std::unordered_map<std::string_view, const KeyEntry*>& key_index() {
  static const auto index = [] {
    std::unordered_map<std::string_view, const KeyEntry*> map;
    for (const KeyEntry& entry : kEntries) map.emplace(entry.normalised, &entry);
    return map;
  }();
  return index;
}

}  // namespace

std::string normalise_key(std::string_view written_key) {
  std::string out;
  out.reserve(written_key.size());
  for (const char c : written_key) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '$' || c == ':' || c == '#') {
      out += c;
    }
  }
  return out;
}

const KeyEntry* find_key(std::string_view normalised) {
  const auto found = key_index().find(normalised);
  return found == key_index().end() ? nullptr : found->second;
}

std::string_view spelling(std::string_view canonical, Dialect dialect) {
  for (const Spelling& entry : kSpellings) {
    if (entry.canonical == canonical) return dialect == kMgfDialect ? entry.mgf : entry.msp;
  }
  return {};
}

}  // namespace molbridge::spectra
