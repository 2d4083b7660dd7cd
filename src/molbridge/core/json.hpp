#pragma once
// The gate to the JSON library: ordered objects, so that reports read in the order in which they were written.
// Include it in sources, not in headers (it is heavy).

#include <nlohmann/json.hpp>
#include <string>

namespace molbridge {

using Json = nlohmann::ordered_json;

/// Parses a whole file. Errors: kInput with file and byte offset.
Json read_json_file(const std::string& path);
/// Pretty-printed with a line end, written atomically. Errors: kOutput.
void write_json_file(const std::string& path, const Json& value);

}  // namespace molbridge
