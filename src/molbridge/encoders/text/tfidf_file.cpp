// The vocabulary of a TfidfEncoder as a file. Format page: docs/formats/text-encoders.md.

#include <filesystem>
#include <memory>

#include "molbridge/core/files.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/text/tfidf.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::string_view kTitle = "molbridge tfidf 1";
constexpr std::int64_t kMostTerms = 1 << 20;

class TfidfReader {
 public:
  explicit TfidfReader(const std::string& path) : lines_(open(path)) {}

  TfidfEncoder read(const std::string& path) {
    if (next("the title") != kTitle) throw bad("is no TF-IDF vocabulary of molbridge (version 1)");
    const std::int64_t documents = number("documents", 1, std::int64_t{1} << 40);
    const std::int64_t words = number("words", 1, 2);
    const std::int64_t count = number("terms", 1, kMostTerms);
    std::vector<TfidfTerm> terms;
    for (std::int64_t i = 0; i < count; ++i) {
      terms.push_back(term(documents));
      if (i > 0 && !(terms[terms.size() - 2].term < terms.back().term)) throw bad("the terms are not in order");
    }
    const std::string digest = field("sha256", next("the checksum"));
    TfidfEncoder encoder(std::move(terms), static_cast<std::uint64_t>(documents), static_cast<int>(words), path);
    if (encoder.digest() != digest) throw bad("the checksum does not fit the content");
    if (lines_->next_line(line_)) throw bad("more behind the checksum");
    return encoder;
  }

 private:
  static std::unique_ptr<LineSource> open(const std::string& path) {
    if (!file_exists(path)) throw Error(ErrorCode::kModel, "no such file of a TF-IDF vocabulary").in_file(path);
    return LineSource::open(path);
  }

  Error bad(const std::string& why) const {
    return Error(ErrorCode::kModel, why)
        .at_line(lines_->name(), lines_->line_number())
        .remedy("Copy the file again, or fit the vocabulary anew.");
  }

  std::string_view next(const std::string& what) {
    bool there = false;
    try {
      there = lines_->next_line(line_);
    } catch (const Error& error) {
      throw bad(error.message());
    }
    if (!there) throw bad("ends before " + what);
    return line_;
  }

  std::string field(std::string_view key, std::string_view line) const {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || line.substr(0, tab) != key)
      throw bad("expected \"" + std::string(key) + "\", a tab and its value");
    return std::string(line.substr(tab + 1));
  }

  std::int64_t bounded(std::string_view text, std::int64_t low, std::int64_t high) const {
    const auto value = parse_int(text);
    if (!value || *value < low || *value > high) {
      throw bad("a number between " + std::to_string(low) + " and " + std::to_string(high) +
                " should stand here, not \"" + std::string(text) + "\"");
    }
    return *value;
  }

  std::int64_t number(const std::string& key, std::int64_t low, std::int64_t high) {
    return bounded(field(key, next(key)), low, high);
  }

  TfidfTerm term(std::int64_t documents) {
    const std::string_view line = next("the last term");
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string_view::npos) throw bad("expected a term, a tab and in how many texts it stands");
    return {std::string(line.substr(0, tab)), static_cast<std::uint64_t>(bounded(line.substr(tab + 1), 1, documents))};
  }

  std::unique_ptr<LineSource> lines_;
  std::string line_;
};

}  // namespace

std::string TfidfEncoder::body() const {
  std::string text = std::string(kTitle) + "\ndocuments\t" + std::to_string(documents_) + "\nwords\t" +
                     std::to_string(max_words_) + "\nterms\t" + std::to_string(terms_.size()) + "\n";
  for (const TfidfTerm& term : terms_) text += term.term + "\t" + std::to_string(term.documents) + "\n";
  return text;
}

void TfidfEncoder::write(const std::string& path) const {
  write_file_atomically(path, body() + "sha256\t" + digest_ + "\n");
}

TfidfEncoder TfidfEncoder::read(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::weakly_canonical(path, error);
  return TfidfReader(path).read(error ? path : absolute.string());
}

}  // namespace molbridge::encoders
