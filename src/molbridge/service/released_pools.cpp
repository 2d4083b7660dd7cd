#include "molbridge/service/released_pools.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/eval/ranking.hpp"

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

  /// Bytes of the vector. Requires one of the strings given.
  const std::byte* at(const std::string& text) const {
    const auto found = std::lower_bound(strings_.begin(), strings_.end(), text);
    MOLBRIDGE_CHECK(found != strings_.end() && *found == text, text);
    return reinterpret_cast<const std::byte*>(vectors_.data() +
                                              static_cast<std::size_t>(found - strings_.begin()) * width_);
  }

 private:
  static constexpr std::size_t kBlock = 4096;  // between two reports of progress
  std::vector<std::string> strings_;           // ascending
  std::size_t width_;
  std::vector<float> vectors_;
};

class StringPool : public CandidatePool {
 public:
  StringPool(const std::byte* truth, std::vector<const std::byte*> others, bool truth_added)
      : truth_(truth), others_(std::move(others)), truth_added_(truth_added) {}

  std::uint64_t size() const override { return others_.size() + 1; }
  bool truth_added() const override { return truth_added_; }

  std::uint64_t rank_of_truth(std::span<const float> query) const override {
    const bank::Scorer scorer(bank::Dtype::kFloat32, query);
    std::vector<float> scores;
    scores.reserve(others_.size());
    for (const std::byte* row : others_) scores.push_back(scorer.dot(row));
    return eval::pessimistic_rank(scorer.dot(truth_), scores);
  }

 private:
  const std::byte* truth_;
  std::vector<const std::byte*> others_;
  bool truth_added_;
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
    std::vector<const std::byte*> others;
    for (const std::string& text : distinct) others.push_back(vectors_.at(text));
    return std::make_unique<StringPool>(vectors_.at(query.pool_key), std::move(others), truth_added);
  }

 private:
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
