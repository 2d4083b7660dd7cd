#include "molbridge/core/json.hpp"

#include "molbridge/core/files.hpp"

namespace molbridge {

Json read_json_file(const std::string& path) {
  const std::string text = read_text_file(path);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw Error(ErrorCode::kInput, std::string("not valid JSON: ") + e.what()).at_offset(path, e.byte);
  } catch (const Json::exception& e) {  // a number beyond the range of double
    throw Error(ErrorCode::kInput, std::string("not valid JSON: ") + e.what()).in_file(path);
  }
}

void write_json_file(const std::string& path, const Json& value) {
  write_file_atomically(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace molbridge
