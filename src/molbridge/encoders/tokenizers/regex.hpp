#pragma once
// Regular expressions of tokenizer files on PCRE2. The files are written for Oniguruma (Ruby syntax; tokenizer.json) or for the Rust
// crate `regex`; what these spell or mean differently is translated, what cannot be translated is an error that names it.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/encoders/tokenizers/pieces.hpp"

namespace molbridge::encoders {

enum class RegexSyntax { kOniguruma, kRust };

/// The pattern in the spelling of PCRE2. Errors: kModel for class intersections, \W in a class and other things without a counterpart.
std::string translate_regex(std::string_view pattern, RegexSyntax syntax);
/// The pattern that matches just this text.
std::string escape_regex(std::string_view text);

/// Threads: const use is safe (each thread has its own match memory). Work per match attempt is bounded: a pattern that backtracks
/// beyond the bound ends in a kModel error, never in a hang.
class Regex {
 public:
  /// Errors: kModel with the pattern and the place in it.
  explicit Regex(std::string_view pattern, RegexSyntax syntax = RegexSyntax::kOniguruma);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// Groups of the first match at or after `from`: pairs of begin and end (npos where a group took no part), group 0 first; empty: none.
  std::span<const std::size_t> search(std::string_view text, std::size_t from) const;
  /// All matches and what lies between, covering the text; no empty match directly behind another match.
  void find_all(std::string_view text, std::vector<Match>& matches) const;
  std::size_t groups() const;  ///< without group 0
  const std::string& pattern() const { return pattern_; }

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  struct Code;
  std::string pattern_;
  std::unique_ptr<Code> code_;
};

}  // namespace molbridge::encoders
