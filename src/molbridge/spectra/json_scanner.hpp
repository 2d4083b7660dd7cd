#pragma once
// Cuts a stream of JSON into its objects, so that an array of any length is read in constant memory. Not thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "molbridge/core/line_source.hpp"

namespace molbridge::spectra {

/// True if brackets and braces nest deeper than any spectrum needs: the JSON library writes a value by recursion, and a hostile
/// file must not overflow the stack.
bool nests_too_deep(std::string_view json);

/// The objects of an array, or objects one after the other (JSON lines). Only braces and strings are looked at; whether an
/// object is valid is the parser's business.
class JsonScanner {
 public:
  static constexpr std::size_t kMaxObjectBytes = std::size_t{256} << 20;
  enum class Status { kObject, kTooLong, kStray, kCutOff, kEnd };

  explicit JsonScanner(LineSource& source) : source_(source) {}

  /// kObject: `object` holds the text. kTooLong: the object was passed over. kStray: text between objects was passed over and
  /// `object` holds its beginning. kCutOff: the input ends inside an object, or (`object` is empty) inside the array. Errors: those of LineSource::read.
  Status next(std::string& object);
  /// Of the beginning of what next() gave: line from 1.
  std::uint64_t line() const { return line_; }

 private:
  bool take(char& c);
  Status take_object(std::string& object);
  Status take_stray(std::string& object, char c);

  LineSource& source_;
  std::string buffer_;
  std::size_t position_ = 0;
  std::uint64_t lines_passed_ = 0;
  bool array_open_ = false;
  std::uint64_t line_ = 0;
};

}  // namespace molbridge::spectra
