#pragma once
// Answers on the disk until the last of a run is known, for columns that need all of them. Private to the service. Not thread-safe.

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

class AnswerSpool {
 public:
  /// A file without a name in that folder ("" is the current one), so that a kill leaves nothing behind. Errors: kOutput.
  explicit AnswerSpool(const std::string& folder);

  void add(const Answer& answer);
  /// All of them in their order, as they were added. Memory: one answer. Call it once. Errors: kOutput.
  void replay(const std::function<void(Answer&)>& visit);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string folder_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace molbridge::service
