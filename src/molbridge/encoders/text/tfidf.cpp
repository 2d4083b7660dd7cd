#include "molbridge/encoders/text/tfidf.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

/// \w of Python's regular expressions.
bool is_word_char(char32_t c) { return c == '_' || is_class(c, kLetter | kNumber); }

/// Runs of two word characters and more: \b\w\w+\b.
std::vector<std::string> words_of(std::string_view text) {
  const std::string lower = to_lower_unicode(valid_utf8(text));
  std::vector<std::string> words;
  std::size_t begin = 0, chars = 0;
  const auto end_word = [&](std::size_t end) {
    if (chars >= 2) words.push_back(lower.substr(begin, end - begin));
    chars = 0;
  };
  for (std::size_t position = 0; position < lower.size();) {
    const std::size_t start = position;
    if (!is_word_char(next_char(lower, position))) {
      end_word(start);
    } else if (chars++ == 0) {
      begin = start;
    }
  }
  end_word(lower.size());
  return words;
}

std::vector<std::string> distinct_terms(std::string_view text, int max_words) {
  std::vector<std::string> terms = tfidf_terms(text, max_words);
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

/// The most frequent, then in order of their bytes.
std::vector<TfidfTerm> choose_terms(const std::unordered_map<std::string, std::uint64_t>& counts,
                                    const TfidfOptions& options) {
  std::vector<TfidfTerm> terms;
  for (const auto& [term, documents] : counts) {
    if (documents >= options.min_documents) terms.push_back({term, documents});
  }
  const auto by_term = [](const TfidfTerm& a, const TfidfTerm& b) { return a.term < b.term; };
  std::sort(terms.begin(), terms.end(), [&](const TfidfTerm& a, const TfidfTerm& b) {
    return a.documents != b.documents ? a.documents > b.documents : by_term(a, b);
  });
  if (terms.size() > options.max_terms) terms.resize(options.max_terms);
  std::sort(terms.begin(), terms.end(), by_term);
  return terms;
}

}  // namespace

std::vector<std::string> tfidf_terms(std::string_view text, int max_words) {
  std::vector<std::string> terms = words_of(text);
  const std::size_t words = terms.size();
  for (std::size_t i = 0; max_words > 1 && i + 1 < words; ++i) terms.push_back(terms[i] + " " + terms[i + 1]);
  return terms;
}

TfidfEncoder::TfidfEncoder(std::vector<TfidfTerm> terms, std::uint64_t documents, int max_words, std::string path)
    : terms_(std::move(terms)), documents_(documents), max_words_(max_words), path_(std::move(path)) {
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const TfidfTerm& term = terms_[i];
    MOLBRIDGE_CHECK(i == 0 || terms_[i - 1].term < term.term, term.term);
    MOLBRIDGE_CHECK(term.documents > 0 && term.documents <= documents_, term.term);
    idf_.push_back(std::log((1.0 + static_cast<double>(documents_)) / (1.0 + static_cast<double>(term.documents))) + 1);
    index_.emplace(term.term, static_cast<std::uint32_t>(i));
  }
  digest_ = sha256(body());
}

bool TfidfEncoder::encode_one(std::string_view text, std::span<float> out) const {
  std::map<std::uint32_t, double> values;  // in order of the components, so that the sum does not depend on hashing
  for (const std::string& term : tfidf_terms(text, max_words_)) {
    if (const auto found = index_.find(term); found != index_.end()) values[found->second] += 1;
  }
  double squares = 0;
  for (auto& [component, value] : values) {
    value = (1 + std::log(value)) * idf_[component];
    squares += value * value;
  }
  for (const auto& [component, value] : values) out[component] = static_cast<float>(value / std::sqrt(squares));
  return !values.empty();
}

std::vector<ItemState> TfidfEncoder::encode(std::span<const std::string> items, std::size_t threads,
                                            std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == items.size() * width(), std::to_string(out.size()));
  constexpr std::size_t kChunk = 64;
  std::vector<ItemState> states(items.size());
  std::fill(out.begin(), out.end(), 0.0F);
  parallel_for(items.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (encode_one(items[i], out.subspan(i * width(), width()))) continue;
      states[i].reason = trim(items[i]).empty() ? "an empty text" : "no word of the text is in the vocabulary";
    }
  });
  return states;
}

TfidfEncoder fit_tfidf(std::span<const std::string> texts, const TfidfOptions& options) {
  if (options.max_words < 1 || options.max_words > 2) throw Error(ErrorCode::kUsage, "max_words must be 1 or 2");
  std::unordered_map<std::string, std::uint64_t> counts;
  for (const std::string& text : texts) {
    for (std::string& term : distinct_terms(text, options.max_words)) ++counts[std::move(term)];
  }
  std::vector<TfidfTerm> terms = choose_terms(counts, options);
  if (terms.empty()) {
    throw Error(ErrorCode::kInput, "no term in " + std::to_string(options.min_documents) + " or more of " +
                                       format_count(texts.size()) + " texts: there is nothing to weigh")
        .remedy("Give texts with words of two letters and more, or lower min_documents.");
  }
  return TfidfEncoder(std::move(terms), texts.size(), options.max_words);
}

}  // namespace molbridge::encoders
