#pragma once
// The one exception type of the project, and the table that maps its codes to exit codes.
//
// Three kinds of failure, never mixed: a broken promise between our own parts (MOLBRIDGE_CHECK, throws kInternal); a
// bad input, file or environment that ends the operation (throw Error); an expected per-record failure (Result<T>).
// Library code neither prints nor aborts. Thread-safe: values only.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace molbridge {

enum class ErrorCode {
  kUsage,      ///< the request itself is wrong: unknown option, contradictory options, malformed config
  kInput,      ///< an input cannot be read: missing, truncated, corrupt, of an unknown format
  kModel,      ///< a model or bank is missing, damaged or does not match the other one
  kResource,   ///< device missing, out of memory
  kOutput,     ///< a result cannot be written: disk full, no permission
  kCancelled,  ///< interrupted by the user
  kInternal,   ///< a defect of molbridge
};

/// Exit code of the command line for a failed operation (design: 2 usage, 3 input, 4 model, 5 resource, 130
/// interrupted; ours in addition: 6 output, 70 internal).
int exit_code(ErrorCode code);
std::string_view name(ErrorCode code);

/// Where in a file something went wrong. `line` counts from 1; `offset` in bytes from 0.
struct FilePosition {
  std::string file;
  std::optional<std::uint64_t> line;
  std::optional<std::uint64_t> offset;
};

/// what() reads "file:line: message" or "file at byte N: message", with the remedy on a second line. Build it with the
/// helpers: `throw Error(code, "…").at_line(file, 12).remedy("…")`.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message);

  Error& in_file(std::string file);
  Error& at_line(std::string file, std::uint64_t line);
  Error& at_offset(std::string file, std::uint64_t offset);
  Error& remedy(std::string text);

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& remedy_text() const { return remedy_; }
  const FilePosition& position() const { return position_; }
  const char* what() const noexcept override { return full_.c_str(); }

 private:
  void compose();
  ErrorCode code_;
  std::string message_;
  std::string remedy_;
  FilePosition position_;
  std::string full_;
};

namespace detail {
[[noreturn]] void check_failed(const char* expression, const char* file, int line, const std::string& values);
}

/// Always on. `values` is any string expression that shows the offending values.
#define MOLBRIDGE_CHECK(condition, values)                                                       \
  do {                                                                                           \
    if (!(condition)) ::molbridge::detail::check_failed(#condition, __FILE__, __LINE__, values); \
  } while (false)

}  // namespace molbridge
