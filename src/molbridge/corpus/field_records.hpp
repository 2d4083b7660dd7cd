#pragma once
// Records by field name, from delimited tables and from pages of JSON alike. Private to corpus.

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace molbridge::corpus {

/// Values by chem::normalize_column(field). UTF-8, ends trimmed. Lists of JSON are joined by |, of objects by the member that names.
struct FieldRecord {
  std::string where;    ///< "file:line" or "file, entry 3"
  std::string failure;  ///< why the record cannot be used, "" for a good one
  std::unordered_map<std::string, std::string> fields;

  /// The first of these fields that is not empty; "" for none.
  const std::string& get(std::initializer_list<std::string_view> names) const;
};

/// Objects of a JSON file are those of its array, of the first array among its members ("mechanisms", "molecules", "targets"), or one
/// per line. Errors: kInput: the file cannot be read, is empty, or is damaged.
void read_field_records(const std::string& path, const std::function<void(FieldRecord)>& take);

}  // namespace molbridge::corpus
