#pragma once
// Takes a molecule's own names out of a text, so that a query does not say its answer. Thread-safe: const after construction.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::corpus {

/// What stands where a name stood.
inline constexpr std::string_view kMask = "[drug]";

/// The name and the names it goes by without its salt: "Imatinib mesylate" gives "Imatinib" too, "sodium valproate" "valproate".
std::vector<std::string> with_salt_stripped(std::string_view name);

/// Names are found without regard to case, on word boundaries (a hyphen is one: "penicillin-binding"), the longest first, a hyphen and a space
/// meaning the same. Research codes (letters and digits, "STI-571") are found with hyphen, space or neither. A name of two or three letters counts only
/// where the text has it in capitals; a name of one letter or of digits alone is no name.
class NameMasker {
 public:
  /// Salt-stripped forms are added. Cost of the calls below: text bytes * names.
  explicit NameMasker(std::span<const std::string> names);

  struct Masked {
    std::string text;
    std::size_t replaced = 0;
  };
  Masked mask(std::string_view text) const;
  /// The first name left in a text, as the text has it.
  std::optional<std::string> find(std::string_view text) const;

 private:
  struct Pattern {
    std::string letters;  ///< lower case, without separators
    /// Before which of `letters` a separator may stand, and where it must.
    std::vector<bool> may_part, must_part;
    bool capitals_only = false;
  };
  struct Span {
    std::size_t begin = 0, end = 0;
  };
  void add(std::string_view name);
  std::size_t match_length(const Pattern& pattern, std::string_view text, std::size_t begin) const;
  std::vector<Span> find_all(std::string_view text) const;

  std::vector<Pattern> patterns_;  ///< the longest first
};

}  // namespace molbridge::corpus
