#pragma once
// Where a use case writes its result: a file that appears only when it is whole, or standard output.

#include <memory>
#include <string>
#include <string_view>

namespace molbridge::service {

/// Not thread-safe. Errors: kOutput, with the path. Without commit() a file is not touched; what already went to
/// standard output cannot be taken back.
class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view text) = 0;
  virtual void commit() = 0;
};

/// "-" is standard output. Errors: kOutput when the file cannot be created.
std::unique_ptr<Output> open_output(const std::string& path);

}  // namespace molbridge::service
