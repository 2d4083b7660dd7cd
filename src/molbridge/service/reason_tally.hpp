#pragma once
// Sentences of the same kind, counted: one warning per kind instead of one per spectrum.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::service {

struct ReasonGroup {
  std::uint64_t count = 0;
  std::string reason;  ///< the first of its kind
  std::string where;   ///< where that one stood
};

/// Numbers, quoted parts and what stands in square brackets do not make another kind. Memory is bounded: beyond kMaxGroups
/// kinds the rest is counted together. Not thread-safe.
class ReasonTally {
 public:
  static constexpr std::size_t kMaxGroups = 100;

  void add(const std::string& reason, const std::string& where);
  /// Most frequent first, then in the order of first occurrence.
  std::vector<ReasonGroup> groups() const;

 private:
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<ReasonGroup> groups_;
};

}  // namespace molbridge::service
