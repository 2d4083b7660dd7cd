#include <algorithm>
#include <array>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/model.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

constexpr double kUnknownPenalty = 10.0;

// Prefix tree over bytes; the children of a node stand side by side, sorted.
class PieceTrie {
 public:
  struct Node {
    std::uint32_t first_child = 0;
    std::uint16_t children = 0;
    std::uint8_t byte = 0;
    std::int32_t id = -1;
  };

  /// `sorted`: distinct pieces in byte order, with their ids.
  explicit PieceTrie(const std::vector<std::pair<std::string_view, std::int32_t>>& sorted) {
    struct Range {
      std::size_t node, begin, end, depth;
    };
    nodes_.emplace_back();
    std::vector<Range> queue = {{0, 0, sorted.size(), 0}};
    for (std::size_t at = 0; at < queue.size(); ++at) {
      auto [node, begin, end, depth] = queue[at];
      if (begin < end && sorted[begin].first.size() == depth) nodes_[node].id = sorted[begin++].second;
      nodes_[node].first_child = static_cast<std::uint32_t>(nodes_.size());
      while (begin < end) {
        const char byte = sorted[begin].first[depth];
        std::size_t next = begin;
        while (next < end && sorted[next].first[depth] == byte) ++next;
        queue.push_back({nodes_.size(), begin, next, depth + 1});
        nodes_.push_back({0, 0, static_cast<std::uint8_t>(byte), -1});
        ++nodes_[node].children;
        begin = next;
      }
    }
  }

  /// Calls visit(bytes, id) for every piece that begins the text, short to long.
  template <class Visit>
  void prefixes(std::string_view text, Visit visit) const {
    const Node* node = &nodes_[0];
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(text[i]);
      const auto first = nodes_.begin() + node->first_child;
      const auto last = first + node->children;
      const auto child = std::lower_bound(first, last, byte, [](const Node& n, std::uint8_t b) { return n.byte < b; });
      if (child == last || child->byte != byte) return;
      node = &*child;
      if (node->id >= 0) visit(i + 1, node->id);
    }
  }

 private:
  std::vector<Node> nodes_;
};

PieceTrie build_trie(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, std::int32_t>> sorted;
  vocabulary.each([&](std::string_view token, std::int32_t id) {
    if (!token.empty()) sorted.emplace_back(token, id);
  });
  std::sort(sorted.begin(), sorted.end());
  return PieceTrie(sorted);
}

Vocabulary pieces_of(const UnigramOptions& options) {
  Vocabulary made;
  for (std::size_t id = 0; id < options.pieces.size(); ++id)
    made.add(options.pieces[id].first, static_cast<std::int64_t>(id));
  return made;
}

class Unigram final : public TokenModel {
 public:
  explicit Unigram(UnigramOptions options)
      : options_(std::move(options)), vocabulary_(pieces_of(options_)), trie_(build_trie(vocabulary_)) {
    const auto count = static_cast<std::int64_t>(options_.pieces.size());
    if (options_.unk_id && (*options_.unk_id < 0 || *options_.unk_id >= count)) {
      throw Error(ErrorCode::kModel,
                  "unk_id " + std::to_string(*options_.unk_id) + " is beyond the " + std::to_string(count) + " pieces");
    }
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& piece : options_.pieces) lowest = std::min(lowest, piece.second);
    unknown_score_ = lowest - kUnknownPenalty;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      byte_ids_[byte] = vocabulary_.find(std::string("<0x") + kHex[byte >> 4] + kHex[byte & 15] + ">");
    }
  }

  void tokenize(std::string_view word, TokenIds& out) const override {
    const auto best = best_path(word);
    std::vector<std::string_view> parts;  // from the end; neighbouring unknown ones are one
    bool unknown_run = false;
    for (std::size_t end = word.size(); end > 0;) {
      const auto& step = best[end];
      const bool unknown = options_.unk_id && step.id == *options_.unk_id;
      if (unknown && unknown_run) {
        parts.back() = {word.data() + step.begin, parts.back().size() + end - step.begin};
      } else {
        parts.push_back(word.substr(step.begin, end - step.begin));
      }
      unknown_run = unknown;
      end = step.begin;
    }
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) emit(*part, out);
  }

  std::optional<std::int32_t> id_of(std::string_view token) const override { return vocabulary_.id_of(token); }
  std::string token_of(std::int32_t id) const override {
    return id >= 0 && static_cast<std::size_t>(id) < options_.pieces.size()
               ? options_.pieces[static_cast<std::size_t>(id)].first
               : "";
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(options_.pieces.size()); }
  std::string name() const override { return "Unigram"; }

 private:
  static constexpr std::size_t kUnreached = static_cast<std::size_t>(-1);
  struct Step {
    double score = 0.0;
    std::size_t begin = kUnreached;
    std::int64_t id = 0;
  };

  static void offer(Step& target, double score, std::size_t begin, std::int64_t id) {
    if (target.begin == kUnreached || score > target.score) target = {score, begin, id};
  }

  std::int64_t unknown_id() const {
    if (!options_.unk_id)
      throw Error(ErrorCode::kModel, "the text has a character that the pieces lack, and the tokenizer has no unk_id");
    return *options_.unk_id;
  }

  std::vector<Step> best_path(std::string_view word) const {
    std::vector<Step> best(word.size() + 1);
    for (std::size_t begin = 0; begin < word.size();) {
      const std::size_t letter = std::min(char_bytes(static_cast<unsigned char>(word[begin])), word.size() - begin);
      const double before = best[begin].score;
      bool single = false;
      trie_.prefixes(word.substr(begin), [&](std::size_t bytes, std::int32_t id) {
        offer(best[begin + bytes], options_.pieces[static_cast<std::size_t>(id)].second + before, begin, id);
        single |= bytes == letter;
      });
      if (!single) {
        auto& target = best[begin + letter];
        const double score = unknown_score_ + before;
        if (target.begin == kUnreached || score > target.score) offer(target, score, begin, unknown_id());
      }
      begin += letter;
    }
    return best;
  }

  void emit(std::string_view part, TokenIds& out) const {
    if (const auto id = vocabulary_.find(part); id >= 0) {
      out.ids.push_back(id);
      return;
    }
    const auto known = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)] >= 0; };
    if (options_.byte_fallback && std::all_of(part.begin(), part.end(), known)) {
      for (const char c : part) out.ids.push_back(byte_ids_[static_cast<unsigned char>(c)]);
      return;
    }
    out.ids.push_back(static_cast<std::int32_t>(unknown_id()));
    ++out.unknown;
  }

  UnigramOptions options_;
  Vocabulary vocabulary_;
  PieceTrie trie_;
  double unknown_score_ = 0.0;
  std::array<std::int32_t, 256> byte_ids_{};
};

}  // namespace

std::unique_ptr<TokenModel> make_unigram(UnigramOptions options) {
  return std::make_unique<Unigram>(std::move(options));
}

}  // namespace molbridge::encoders
