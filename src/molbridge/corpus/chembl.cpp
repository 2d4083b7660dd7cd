#include "molbridge/corpus/chembl.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "molbridge/core/text.hpp"
#include "molbridge/corpus/field_records.hpp"
#include "molbridge/corpus/hash_share.hpp"
#include "molbridge/corpus/name_mask.hpp"
#include "molbridge/corpus/structures.hpp"

namespace molbridge::corpus {
namespace {

constexpr std::string_view kFoldSalt = "molbridge-text-1:";

struct Drug {
  std::string id, smiles, name, type;
  std::vector<std::string> names;
};

/// A mechanism with what the other files say of its drug and target.
struct Mechanism {
  std::string where;
  DrugTargetPair pair;   // without structure
  std::string spelling;  // SMILES as given
  std::set<std::string> names;
};

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(text, '|')) {
    if (!trim(part).empty()) parts.emplace_back(trim(part));
  }
  return parts;
}

/// ChEMBL writes "None" or a dash for nothing in some exports.
std::string value_of(const std::string& text) {
  return text == "None" || text == "-" || text == "\\N" || iequals(text, "null") ? "" : text;
}

std::string fold_of(const std::string& key) {
  const std::uint64_t share = hash_share(key, kFoldSalt);
  return share < 800 ? "train" : share < 900 ? "val" : "test";
}

class Importer {
 public:
  Importer(std::size_t threads, Progress& progress) : threads_(threads), progress_(progress) {}

  ChemblTable read(const ChemblFiles& files) {
    for (const auto& file : files.molecules) read_field_records(file, [this](const FieldRecord& r) { take_drug(r); });
    for (const auto& file : files.targets)
      read_field_records(file, [this](FieldRecord r) { take_target(std::move(r)); });
    for (const auto& file : files.mechanisms) {
      const std::uint64_t before = made_.rows;
      mechanism_column_ = false;
      read_field_records(file, [this](const FieldRecord& r) { take_mechanism(r); });
      if (made_.rows > before && !mechanism_column_) {
        throw Error(ErrorCode::kInput, "no row names a mechanism of action (column mechanism_of_action)").in_file(file);
      }
    }
    join_structures();
    for (auto& [key, entry] : merged_) finish(entry);
    return std::move(made_);
  }

 private:
  struct Entry {
    DrugTargetPair pair;
    std::set<std::string> names, ids, other_mechanisms;
  };

  void skip(const std::string& where, std::string reason) { made_.skipped.push_back({where, std::move(reason)}); }

  static Drug drug_of(const FieldRecord& record) {
    Drug drug{.id = record.get({"moleculechemblid", "chemblid", "parentmoleculechemblid", "molregno"}),
              .smiles = value_of(record.get({"canonicalsmiles", "smiles", "moleculesmiles"})),
              .name = value_of(record.get({"prefname", "moleculename", "parentmoleculename", "name", "drugname"})),
              .type = value_of(record.get({"moleculetype", "parentmoleculetype", "type"}))};
    if (!drug.name.empty()) drug.names.push_back(drug.name);
    for (const auto* field :
         {&record.get({"synonyms", "moleculesynonyms"}), &record.get({"researchcodes"}), &record.get({"tradenames"})}) {
      for (std::string& name : list_of(value_of(*field))) drug.names.push_back(std::move(name));
    }
    return drug;
  }

  void take_drug(const FieldRecord& record) {
    const Drug drug = drug_of(record);
    for (const auto* key : {&drug.id, &record.get({"molregno"})}) {
      if (!key->empty()) drugs_.insert_or_assign(*key, drug);
    }
  }

  void take_target(FieldRecord record) {
    for (const auto* key : {&record.get({"targetchemblid", "chemblid"}), &record.get({"tid"})}) {
      if (!key->empty()) targets_.insert_or_assign(*key, record);
    }
  }

  const Drug* find_drug(const std::string& key) const {
    const auto found = key.empty() ? drugs_.end() : drugs_.find(key);
    return found == drugs_.end() ? nullptr : &found->second;
  }

  void take_mechanism(const FieldRecord& record) {
    ++made_.rows;
    if (!record.failure.empty()) return skip(record.where, record.failure);
    Mechanism mechanism{.where = record.where, .pair = {}, .spelling = {}, .names = {}};
    DrugTargetPair& pair = mechanism.pair;
    pair.mechanism_of_action = value_of(record.get({"mechanismofaction", "mechanism"}));
    if (!pair.mechanism_of_action.empty()) mechanism_column_ = true;
    pair.action_type = to_lower(value_of(record.get({"actiontype"})));
    pair.max_phase = value_of(record.get({"maxphase"}));
    add_target(record, pair);
    add_drugs(record, mechanism);
    if (pair.mechanism_of_action.empty()) return skip(record.where, "no mechanism of action");
    if (iequals(pair.mechanism_of_action, "unknown")) return skip(record.where, "the mechanism is unknown");
    if (pair.target_key.empty()) return skip(record.where, "no target");
    if (mechanism.spelling.empty()) return skip(record.where, reason_without_structure(record));
    mechanisms_.push_back(std::move(mechanism));
  }

  void add_target(const FieldRecord& record, DrugTargetPair& pair) const {
    pair.target_chembl_id = value_of(record.get({"targetchemblid"}));
    const std::string key = pair.target_chembl_id.empty() ? value_of(record.get({"tid"})) : pair.target_chembl_id;
    pair.target_name = value_of(record.get({"targetname", "targetprefname"}));
    pair.target_type = value_of(record.get({"targettype"}));
    pair.organism = value_of(record.get({"targetorganism", "organism"}));
    pair.uniprot = value_of(record.get({"uniprotaccessions", "accession"}));
    pair.gene_symbol = value_of(record.get({"genesymbol", "targetgenesymbol"}));
    if (const auto found = targets_.find(key); !key.empty() && found != targets_.end()) {
      const FieldRecord& target = found->second;
      const auto fill = [](std::string& to, const std::string& from) {
        if (to.empty()) to = value_of(from);
      };
      fill(pair.target_chembl_id, target.get({"targetchemblid", "chemblid"}));
      fill(pair.target_name, target.get({"prefname", "targetname", "name"}));
      fill(pair.target_type, target.get({"targettype", "type"}));
      fill(pair.organism, target.get({"organism", "targetorganism"}));
      fill(pair.uniprot, target.get({"uniprotaccessions", "accession"}));
      fill(pair.gene_symbol, target.get({"genesymbol"}));
    }
    pair.target_type = to_lower(pair.target_type);
    if (!pair.target_chembl_id.empty()) {
      pair.target_key = "target:" + pair.target_chembl_id;
    } else if (!pair.target_name.empty()) {
      pair.target_key = "target:" + pair.target_name;
    }
  }

  /// Names of all forms of the drug; the structure of the parent, where there is one.
  void add_drugs(const FieldRecord& record, Mechanism& mechanism) const {
    const Drug own = drug_of(record);
    const Drug* parent = find_drug(record.get({"parentmoleculechemblid"}));
    const Drug* given = find_drug(record.get({"moleculechemblid", "molregno"}));
    for (const Drug* drug : {parent, given, &own}) {
      if (drug == nullptr) continue;
      mechanism.names.insert(drug->names.begin(), drug->names.end());
      if (mechanism.spelling.empty()) mechanism.spelling = drug->smiles;
      if (mechanism.pair.drug_name.empty()) mechanism.pair.drug_name = drug->name;
      if (mechanism.pair.drug_ids.empty()) mechanism.pair.drug_ids = drug->id;
    }
  }

  std::string reason_without_structure(const FieldRecord& record) const {
    const Drug* parent = find_drug(record.get({"parentmoleculechemblid"}));
    const Drug* given = find_drug(record.get({"moleculechemblid", "molregno"}));
    const std::string type = parent != nullptr ? parent->type : given != nullptr ? given->type : drug_of(record).type;
    if (parent == nullptr && given == nullptr && !drugs_.empty()) return "the drug is in no file of molecules";
    return "the drug has no structure" + (type.empty() ? "" : " (" + to_lower(type) + ")");
  }

  void join_structures() {
    std::vector<std::string> spellings;
    for (const Mechanism& mechanism : mechanisms_) spellings.push_back(mechanism.spelling);
    const StructureTable structures(spellings, threads_, progress_);
    for (Mechanism& mechanism : mechanisms_) {
      const Structure& structure = structures.of(mechanism.spelling);
      if (structure.reason.empty()) {
        merge(mechanism, structure);
      } else {
        skip(mechanism.where, structure.reason);
      }
    }
  }

  void merge(Mechanism& mechanism, const Structure& structure) {
    Entry& entry = merged_[{structure.inchikey14, mechanism.pair.target_key}];
    all_names_[structure.inchikey14].insert(mechanism.names.begin(), mechanism.names.end());
    if (!mechanism.pair.drug_ids.empty()) entry.ids.insert(mechanism.pair.drug_ids);
    if (!entry.pair.inchikey14.empty()) {
      ++made_.merged;
      if (mechanism.pair.mechanism_of_action != entry.pair.mechanism_of_action)
        entry.other_mechanisms.insert(mechanism.pair.mechanism_of_action);
      return;
    }
    entry.pair = std::move(mechanism.pair);
    entry.pair.inchikey14 = structure.inchikey14;
    entry.pair.smiles = structure.smiles;
    entry.pair.scaffold = structure.scaffold;
  }

  void finish(Entry& entry) {
    DrugTargetPair& pair = entry.pair;
    pair.drug_ids = join(std::vector<std::string>(entry.ids.begin(), entry.ids.end()), "|");
    pair.mechanism_other =
        join(std::vector<std::string>(entry.other_mechanisms.begin(), entry.other_mechanisms.end()), "; ");
    pair.fold_random = fold_of(pair.inchikey14 + "|" + pair.target_key);
    pair.fold_scaffold = fold_of(pair.scaffold);
    const auto& names = all_names_.at(pair.inchikey14);
    const NameMasker masker(std::vector<std::string>(names.begin(), names.end()));
    NameMasker::Masked text = masker.mask(drug_target_text(pair, true));
    pair.masked = text.replaced > 0;
    pair.query_text = std::move(text.text);
    pair.query_short = masker.mask(drug_target_text(pair, false)).text;
    made_.masked += pair.masked ? 1 : 0;
    made_.pairs.push_back(std::move(pair));
  }

  std::size_t threads_;
  Progress& progress_;
  std::unordered_map<std::string, Drug> drugs_;
  std::unordered_map<std::string, FieldRecord> targets_;
  std::vector<Mechanism> mechanisms_;
  bool mechanism_column_ = false;
  std::map<std::pair<std::string, std::string>, Entry> merged_;
  std::unordered_map<std::string, std::set<std::string>> all_names_;  // of every form and row of a structure
  ChemblTable made_;
};

}  // namespace

std::string drug_target_text(const DrugTargetPair& pair, bool with_details) {
  std::string text = pair.mechanism_of_action + ".";
  if (!pair.target_name.empty()) {
    text += " Target: " + pair.target_name;
    if (!pair.gene_symbol.empty()) text += ", gene " + pair.gene_symbol;
    text += ".";
  }
  if (!with_details) return text;
  if (!pair.organism.empty() && pair.organism != "Homo sapiens") text += " Organism: " + pair.organism + ".";
  if (!pair.action_type.empty()) text += " Action: " + pair.action_type + ".";
  return text;
}

ChemblTable read_chembl(const ChemblFiles& files, std::size_t threads, Progress& progress) {
  return Importer(threads, progress).read(files);
}

std::string drug_target_tsv(const ChemblTable& table) {
  std::string out =
      "pair_id\tinchikey14\tsmiles\tdrug_name\tdrug_ids\ttarget_key\ttarget_name\tgene_symbol\tuniprot\ttarget_chembl_"
      "id\t"
      "target_type\torganism\tmechanism_of_action\tmechanism_other\taction_type\tmax_phase\ttier\tsource\tlicence\t"
      "structure_source\tquery_text\tquery_short\tmasked\tscaffold\tfold_random\tfold_scaffold\n";
  std::size_t number = 0;
  for (const DrugTargetPair& pair : table.pairs) {
    std::string id = std::to_string(++number);
    constexpr std::size_t kDigits = 5;
    id.insert(0, id.size() < kDigits ? kDigits - id.size() : 0, '0');
    const std::vector<std::string> cells{"CM" + id,
                                         pair.inchikey14,
                                         pair.smiles,
                                         pair.drug_name,
                                         pair.drug_ids,
                                         pair.target_key,
                                         pair.target_name,
                                         pair.gene_symbol,
                                         pair.uniprot,
                                         pair.target_chembl_id,
                                         pair.target_type,
                                         pair.organism,
                                         pair.mechanism_of_action,
                                         pair.mechanism_other,
                                         pair.action_type,
                                         pair.max_phase,
                                         "1",
                                         "ChEMBL drug mechanisms",
                                         "CC BY-SA 3.0",
                                         "ChEMBL",
                                         pair.query_text,
                                         pair.query_short,
                                         pair.masked ? "1" : "0",
                                         pair.scaffold,
                                         pair.fold_random,
                                         pair.fold_scaffold};
    std::vector<std::string> clean;
    for (const std::string& cell : cells) clean.push_back(tsv_cell(cell));
    out += join(clean, "\t") + "\n";
  }
  return out;
}

}  // namespace molbridge::corpus
