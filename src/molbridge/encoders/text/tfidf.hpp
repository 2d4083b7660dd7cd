#pragma once
// TF-IDF vectors of texts: the baseline that needs no network, and the text side where there is none.
//
//   text ── lower case ── words of two characters and more ── words and pairs of neighbours ── (1 + ln tf) · idf ── length 1
//   idf(t) = ln((1 + n) / (1 + df(t))) + 1
//
// As scikit-learn's TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True) has it; only the choice of the terms differs: those in most texts, ties in
// alphabetical order, where scikit-learn's max_features takes those with most occurrences. File: docs/formats/text-encoders.md.

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/encoders/item_encoder.hpp"

namespace molbridge::encoders {

struct TfidfOptions {
  std::size_t max_terms = 4096;   ///< N; fewer where the texts have fewer
  std::size_t min_documents = 1;  ///< terms in fewer texts are left out
  int max_words = 2;              ///< of a term: 1 or 2
};

/// A term and the number of texts that hold it.
struct TfidfTerm {
  std::string term;
  std::uint64_t documents = 0;
};

/// Component i belongs to terms()[i], in order of their bytes. A text without any known term has no vector.
class TfidfEncoder : public ItemEncoder {
 public:
  static constexpr const char* kPrefix = "tfidf:";
  /// The vocabulary as a file. Errors: kModel: missing, damaged, not of this format, with its line.
  static TfidfEncoder read(const std::string& path);
  /// Requires terms in order of their bytes, without repeats, each in 1 to `documents` texts.
  TfidfEncoder(std::vector<TfidfTerm> terms, std::uint64_t documents, int max_words, std::string path = "");

  /// Atomic. Errors: kOutput.
  void write(const std::string& path) const;

  Modality modality() const override { return Modality::kText; }
  /// "tfidf:FILE" with the file absolute; "tfidf" for one that was never read from a file.
  std::string name() const override { return path_.empty() ? "tfidf" : kPrefix + path_; }
  std::string digest() const override { return digest_; }  ///< of the content of the file
  std::uint64_t width() const override { return terms_.size(); }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t threads,
                                std::span<float> out) const override;

  const std::vector<TfidfTerm>& terms() const { return terms_; }
  std::uint64_t documents() const { return documents_; }

 private:
  std::string body() const;
  /// False where no term is known. Shapes: out [D], zeros before.
  bool encode_one(std::string_view text, std::span<float> out) const;

  std::vector<TfidfTerm> terms_;
  std::uint64_t documents_;
  int max_words_;
  std::string path_, digest_;
  std::vector<double> idf_;
  std::unordered_map<std::string, std::uint32_t> index_;
};

/// Learns the terms and in how many texts each stands. Cost: one pass; memory: the distinct terms. Errors: kInput when no term is left.
TfidfEncoder fit_tfidf(std::span<const std::string> texts, const TfidfOptions& options = {});

/// The terms of a text in its order, repeats included: words, and with max_words 2 pairs "a b" of neighbours behind them.
std::vector<std::string> tfidf_terms(std::string_view text, int max_words);

}  // namespace molbridge::encoders
