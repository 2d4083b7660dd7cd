#include "molbridge/service/released_pools.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/encoders/sequence_encoder.hpp"

namespace molbridge::service {
namespace {

/// Vectors of strings, each computed once.
class StringVectors {
 public:
  StringVectors(std::vector<std::string> strings, const encoders::SequenceEncoder& encoder, std::size_t threads,
                Progress& progress)
      : strings_(std::move(strings)), width_(static_cast<std::size_t>(encoder.width())) {
    vectors_.resize(strings_.size() * width_);
    progress.start("embedding candidates as given", strings_.size(), "strings");
    for (std::size_t begin = 0; begin < strings_.size(); begin += kBlock) {
      check_interrupt();
      const std::size_t count = std::min(kBlock, strings_.size() - begin);
      encoder.embed(std::span(strings_).subspan(begin, count), threads,
                    std::span(vectors_).subspan(begin * width_, count * width_));
      progress.advance(begin + count);
    }
    progress.finish();
  }

  std::size_t width() const { return width_; }

  /// The string as it is kept here, and the bytes of its vector. Requires one of the strings given.
  std::pair<const std::string*, const std::byte*> at(const std::string& text) const {
    const auto found = std::lower_bound(strings_.begin(), strings_.end(), text);
    MOLBRIDGE_CHECK(found != strings_.end() && *found == text, text);
    const float* row = vectors_.data() + static_cast<std::size_t>(found - strings_.begin()) * width_;
    return {&*found, reinterpret_cast<const std::byte*>(row)};
  }

 private:
  static constexpr std::size_t kBlock = 4096;  // between two reports of progress
  std::vector<std::string> strings_;           // ascending
  std::size_t width_;
  std::vector<float> vectors_;
};

class StringPool : public CandidatePool {
 public:
  struct Entry {
    const std::string* text;
    const std::byte* row;
  };
  StringPool(Entry truth, std::vector<Entry> others, bool truth_added, std::size_t width)
      : truth_(truth), others_(std::move(others)), truth_added_(truth_added), width_(width) {}

  std::uint64_t size() const override { return others_.size() + 1; }
  bool truth_added() const override { return truth_added_; }

  PoolScores scores(std::span<const float> query) const override {
    const bank::Scorer scorer(bank::Dtype::kFloat32, query);
    PoolScores out;
    out.others.reserve(others_.size());
    for (const Entry& other : others_) out.others.push_back(scorer.dot(other.row));
    out.truth = scorer.dot(truth_.row);
    return out;
  }

  PoolMolecule truth() const override { return {*truth_.text, ""}; }
  PoolMolecule other(std::size_t index) const override { return {*others_.at(index).text, ""}; }
  std::vector<float> truth_embedding() const override { return values(truth_); }
  std::vector<float> other_embedding(std::size_t index) const override { return values(others_.at(index)); }

  void keep(std::span<const std::size_t> others) override {
    std::vector<Entry> kept;
    for (const std::size_t index : others) kept.push_back(others_.at(index));
    others_ = std::move(kept);
  }

 private:
  std::vector<float> values(const Entry& entry) const {
    const auto* values = reinterpret_cast<const float*>(entry.row);
    return {values, values + width_};
  }

  Entry truth_;
  std::vector<Entry> others_;
  bool truth_added_;
  std::size_t width_;
};

class StringPools : public PoolSource {
 public:
  StringPools(const CandidateLists& lists, StringVectors vectors) : lists_(lists), vectors_(std::move(vectors)) {}

  bool has_pool(const EvaluationQuery& query) const override { return list_of(lists_, query) != nullptr; }

  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound&, const EvaluationQuery& query) const override {
    const std::vector<std::string>* list = list_of(lists_, query);
    MOLBRIDGE_CHECK(list != nullptr, query.spectrum.id);
    std::set<std::string> distinct(list->begin(), list->end());
    const bool truth_added = distinct.erase(query.pool_key) == 0;
    std::vector<StringPool::Entry> others;
    for (const std::string& text : distinct) others.push_back(entry(text));
    return std::make_unique<StringPool>(entry(query.pool_key), std::move(others), truth_added, vectors_.width());
  }

 private:
  StringPool::Entry entry(const std::string& text) const {
    const auto [kept, row] = vectors_.at(text);
    return {kept, row};
  }

  const CandidateLists& lists_;
  StringVectors vectors_;
};

std::vector<std::string> wanted_strings(const CandidateLists& lists, const EvaluationSet& set) {
  std::set<std::string> wanted;
  for (const EvaluationQuery& query : set.queries) {
    const std::vector<std::string>* list = list_of(lists, query);
    if (list == nullptr || !query.skip_reason.empty()) continue;
    wanted.insert(list->begin(), list->end());
    wanted.insert(query.pool_key);
  }
  return {wanted.begin(), wanted.end()};
}

}  // namespace

std::unique_ptr<PoolSource> make_released_pools(const CandidateLists& lists, const EvaluationSet& set,
                                                const std::string& encoder_folder, std::size_t threads,
                                                Progress& progress) {
  const auto encoder = encoders::SequenceEncoder::open(encoder_folder);
  return std::make_unique<StringPools>(lists, StringVectors(wanted_strings(lists, set), *encoder, threads, progress));
}

}  // namespace molbridge::service
