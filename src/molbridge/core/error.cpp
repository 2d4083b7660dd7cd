#include "molbridge/core/error.hpp"

#include <utility>

namespace molbridge {

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return 2;
    case ErrorCode::kInput: return 3;
    case ErrorCode::kModel: return 4;
    case ErrorCode::kResource: return 5;
    case ErrorCode::kOutput: return 6;
    case ErrorCode::kCancelled: return 130;
    case ErrorCode::kInternal: return 70;
  }
  return 70;
}

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kInput: return "input";
    case ErrorCode::kModel: return "model";
    case ErrorCode::kResource: return "resource";
    case ErrorCode::kOutput: return "output";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

Error::Error(ErrorCode code, std::string message)
    : std::runtime_error(message), code_(code), message_(std::move(message)) {
  compose();
}

Error& Error::in_file(std::string file) {
  position_.file = std::move(file);
  compose();
  return *this;
}

Error& Error::at_line(std::string file, std::uint64_t line) {
  position_.line = line;
  return in_file(std::move(file));
}

Error& Error::at_offset(std::string file, std::uint64_t offset) {
  position_.offset = offset;
  return in_file(std::move(file));
}

Error& Error::remedy(std::string text) {
  remedy_ = std::move(text);
  compose();
  return *this;
}

void Error::compose() {
  full_.clear();
  if (!position_.file.empty()) {
    full_ += position_.file;
    if (position_.line) full_ += ":" + std::to_string(*position_.line);
    if (position_.offset) full_ += " at byte " + std::to_string(*position_.offset);
    full_ += ": ";
  }
  full_ += message_;
  if (!remedy_.empty()) full_ += "\n  " + remedy_;
}

namespace detail {
void check_failed(const char* expression, const char* file, int line, const std::string& values) {
  throw Error(ErrorCode::kInternal, std::string("internal error: ") + expression + " does not hold (" + values +
                                        ") in " + file + ":" + std::to_string(line))
      .remedy("This is a defect of molbridge; please report it with the command that showed it.");
}
}  // namespace detail

}  // namespace molbridge
