#pragma once
// A text on its way from string to words: one buffer and the spans in it. Spans that are added tokens carry their id and are left alone.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int32_t id = -1;   ///< of an added token; -1: text
  bool at_start = false;  ///< begins where the original text begins
};

/// Begin, end and whether the pattern matched; matches of a text are in order and usually cover it.
struct Match {
  std::size_t begin;
  std::size_t end;
  bool hit;
};

/// What becomes of the pattern's matches (SplitDelimiterBehavior).
enum class Behaviour { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

struct Pieces {
  std::string text;
  std::vector<Span> spans;

  std::string_view view(const Span& span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
};

/// Turns the matches of one piece (`matches`, relative to it) into what is kept of it, in place.
void apply_behaviour(std::vector<Match>& matches, Behaviour behaviour);

/// Splits every text span: `find(view, matches)` fills the matches of one. Empty pieces fall away.
template <class Find>
void split_pieces(Pieces& pieces, Behaviour behaviour, Find find) {
  std::vector<Span> made;
  made.reserve(pieces.spans.size() * 2);
  std::vector<Match> matches;
  for (const auto& span : pieces.spans) {
    if (span.id >= 0) {
      made.push_back(span);
      continue;
    }
    matches.clear();
    find(pieces.view(span), matches);
    apply_behaviour(matches, behaviour);
    for (const auto& match : matches) {
      if (match.hit || match.end <= match.begin) continue;  // after apply_behaviour a hit is what goes
      made.push_back({span.begin + match.begin, span.begin + match.end, -1, span.at_start && match.begin == 0});
    }
  }
  pieces.spans = std::move(made);
}

/// Gives every text span a new text: `write(view, span, out)` appends it to `out`.
template <class Write>
void rewrite_pieces(Pieces& pieces, Write write) {
  std::string out;
  out.reserve(pieces.text.size() + pieces.text.size() / 4 + 16);
  for (auto& span : pieces.spans) {
    const std::size_t begin = out.size();
    if (span.id >= 0) {
      out += pieces.view(span);
    } else {
      write(pieces.view(span), span, out);
    }
    span.begin = begin;
    span.end = out.size();
  }
  pieces.text = std::move(out);
}

/// Matches of a predicate over characters, one match per character.
template <class Predicate>
void match_chars(std::string_view text, std::vector<Match>& matches, Predicate predicate) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (!predicate(next_char(text, i))) continue;
    if (done < at) matches.push_back({done, at, false});
    matches.push_back({at, i, true});
    done = i;
  }
  if (done < text.size()) matches.push_back({done, text.size(), false});
}

}  // namespace molbridge::encoders
