#include "molbridge/corpus/field_records.hpp"

#include <array>
#include <span>
#include <vector>

#include "molbridge/chem/columns.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/corpus/table.hpp"

namespace molbridge::corpus {
namespace {

constexpr std::uint64_t kMostJsonBytes = std::uint64_t{1} << 30;

std::string text_of(const Json& value);

/// What an object of a list is called: a synonym, a component, an identifier.
std::string name_of(const Json& object) {
  for (const char* member : {"molecule_synonym", "synonyms", "accession", "name", "value"}) {
    const auto found = object.find(member);
    if (found != object.end() && found->is_string()) return text_of(*found);
  }
  return "";
}

std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return chem::as_utf8(trim(value.get_ref<const std::string&>()));
  if (!value.is_array()) return value.is_primitive() ? value.dump() : "";
  std::vector<std::string> parts;
  for (const Json& part : value) {
    std::string text = part.is_object() ? name_of(part) : text_of(part);
    if (!text.empty()) parts.push_back(std::move(text));
  }
  return join(parts, "|");
}

/// Gene symbols are synonyms of a target's components.
void add_gene_symbols(const Json& components, FieldRecord& record) {
  std::vector<std::string> symbols;
  for (const Json& component : components) {
    if (!component.is_object() || !component.contains("target_component_synonyms")) continue;
    for (const Json& synonym : component["target_component_synonyms"]) {
      if (!synonym.is_object() || synonym.value("syn_type", Json()) != "GENE_SYMBOL") continue;
      symbols.push_back(text_of(synonym.value("component_synonym", Json())));
    }
  }
  record.fields.emplace("genesymbol", join(symbols, "|"));
}

void add_members(const Json& object, FieldRecord& record) {
  for (const auto& [key, value] : object.items()) {
    if (key == "target_components" && value.is_array()) {
      record.fields.emplace("accession", text_of(value));
      add_gene_symbols(value, record);
    } else if (value.is_object()) {
      add_members(value, record);  // molecule_structures and the like
    } else {
      record.fields.emplace(chem::normalize_column(key), text_of(value));
    }
  }
}

std::string read_all(LineSource& lines) {
  std::string text;
  std::array<std::byte, 1 << 16> buffer{};
  while (const std::size_t count = lines.read(buffer)) {
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
    if (text.size() > kMostJsonBytes)
      throw Error(ErrorCode::kInput, "is larger than 1 GiB unpacked").in_file(lines.name()).remedy("Give it in pages.");
  }
  return text;
}

/// One document, or one per line.
std::vector<Json> parse(const std::string& text, const std::string& name) {
  std::vector<Json> documents;
  if (Json::accept(text)) return {Json::parse(text)};
  std::uint64_t line = 0;
  for (const std::string_view part : split(text, '\n')) {
    ++line;
    if (trim(part).empty()) continue;
    try {
      documents.push_back(Json::parse(part));
    } catch (const Json::exception& e) {
      throw Error(ErrorCode::kInput, std::string("not valid JSON: ") + e.what()).at_line(name, line);
    }
  }
  return documents;
}

void take_objects(const Json& list, const std::string& name, std::size_t& entry,
                  const std::function<void(FieldRecord)>& take) {
  for (const Json& object : list) {
    FieldRecord record{.where = name + ", entry " + std::to_string(++entry)};
    if (object.is_object()) {
      add_members(object, record);
    } else {
      record.failure = "no object";
    }
    take(std::move(record));
  }
}

void read_json(LineSource& lines, const std::function<void(FieldRecord)>& take) {
  std::size_t entry = 0;
  for (const Json& document : parse(read_all(lines), lines.name())) {
    const Json* list = document.is_array() ? &document : nullptr;
    if (document.is_object()) {
      for (const char* member : {"mechanisms", "molecules", "targets"}) {
        if (document.contains(member) && document[member].is_array()) list = &document[member];
      }
    }
    if (list != nullptr) {
      take_objects(*list, lines.name(), entry, take);
    } else {
      take_objects(Json::array({document}), lines.name(), entry, take);
    }
  }
}

void read_table(LineSource& lines, const std::function<void(FieldRecord)>& take) {
  Table table(lines);
  std::vector<std::string> names;
  for (const std::string& column : table.header()) names.push_back(chem::normalize_column(column));
  while (table.next()) {
    FieldRecord record{.where = lines.name() + ":" + std::to_string(table.line()), .failure = table.failure()};
    for (std::size_t i = 0; i < names.size() && record.failure.empty(); ++i)
      record.fields.emplace(names[i], chem::as_utf8(table.field(i)));
    take(std::move(record));
  }
}

}  // namespace

const std::string& FieldRecord::get(std::initializer_list<std::string_view> names) const {
  static const std::string kNone;
  for (const std::string_view name : names) {
    const auto found = fields.find(std::string(name));
    if (found != fields.end() && !found->second.empty()) return found->second;
  }
  return kNone;
}

void read_field_records(const std::string& path, const std::function<void(FieldRecord)>& take) {
  const auto lines = LineSource::open(path);
  constexpr std::size_t kHead = 256;
  const std::string_view head = trim(lines->peek(kHead));
  if (head.starts_with('{') || head.starts_with('[')) return read_json(*lines, take);
  read_table(*lines, take);
}

}  // namespace molbridge::corpus
