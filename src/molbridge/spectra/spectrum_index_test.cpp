#include "molbridge/spectra/spectrum_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/spectra/test_similarity.hpp"

namespace molbridge::spectra {
namespace {

struct Setting {
  SimilarityKind kind;
  mass::Tolerance tolerance;
};

std::vector<SearchHit> by_comparing_all(const Similarity& similarity, const std::vector<PreparedSpectrum>& library,
                                        const PreparedSpectrum& query, const SearchOptions& options) {
  SimilarityScratch scratch;
  std::vector<SearchHit> hits;
  for (std::uint32_t i = 0; i < library.size(); ++i) {
    if (options.accept && !options.accept(i)) continue;
    if (options.precursor_window &&
        !options.precursor_window->around(query.precursor_mz).contains(library[i].precursor_mz))
      continue;
    const SimilarityScore found = similarity.compare(query, library[i], scratch);
    if (found.score > 0 && found.matched_peaks >= options.min_matched_peaks) {
      hits.push_back({i, found.score, found.matched_peaks});
    }
  }
  std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  if (hits.size() > options.top_k) hits.resize(options.top_k);
  return hits;
}

void expect_equal(const std::vector<SearchHit>& found, const std::vector<SearchHit>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].spectrum, expected[i].spectrum) << i;
    EXPECT_EQ(found[i].score, expected[i].score) << i;
    EXPECT_EQ(found[i].matched_peaks, expected[i].matched_peaks) << i;
  }
}

class SpectrumIndexTest : public ::testing::TestWithParam<Setting> {
 protected:
  SpectrumIndexTest() : similarity_({.kind = GetParam().kind, .tolerance = GetParam().tolerance}) {
    const auto families = make_families(60, 6, 8);
    for (std::size_t i = 0; i < families.size(); ++i) {  // every sixth asks for its relatives
      (i % 6 == 1 ? queries_ : library_).push_back(similarity_.prepare(families[i].peaks, families[i].precursor_mz));
    }
    library_.push_back(similarity_.prepare({}, 200));
    library_.push_back(library_[7]);                           // an equal score
    for (const TestSpectrum& one : make_families(20, 1, 9)) {  // strangers
      queries_.push_back(similarity_.prepare(one.peaks, one.precursor_mz));
    }
    queries_.push_back(similarity_.prepare({}, 100));
    queries_.push_back(library_[7]);
  }

  void expect_exact(const SearchOptions& options) {
    const SpectrumIndex index(similarity_, library_);
    SearchScratch scratch;
    std::size_t hits = 0;
    for (const PreparedSpectrum& query : queries_) {
      const auto found = index.search(query, options, scratch);
      expect_equal(found, by_comparing_all(similarity_, library_, query, options));
      hits += found.size();
    }
    EXPECT_GT(hits, 20u);
  }

  Similarity similarity_;
  std::vector<PreparedSpectrum> library_, queries_;
};

TEST_P(SpectrumIndexTest, OpenSearch_IsThatOfComparingAll) {
  for (const std::size_t k : {1, 3, 1000}) expect_exact({.top_k = k});
}

TEST_P(SpectrumIndexTest, LimitedSearch_IsThatOfComparingAll) {
  expect_exact({.top_k = 5, .min_matched_peaks = 3});
  expect_exact({.top_k = 4, .precursor_window = mass::Tolerance::dalton(1)});
  expect_exact({.top_k = 4, .accept = [](std::uint32_t spectrum) { return spectrum % 2 == 0; }});
}

INSTANTIATE_TEST_SUITE_P(Kinds, SpectrumIndexTest,
                         ::testing::Values(Setting{SimilarityKind::kCosine, mass::Tolerance::dalton(0.02)},
                                           Setting{SimilarityKind::kCosine, mass::Tolerance::ppm(20)},
                                           Setting{SimilarityKind::kModifiedCosine, mass::Tolerance::dalton(0.02)},
                                           Setting{SimilarityKind::kModifiedCosine, mass::Tolerance::ppm(20)},
                                           Setting{SimilarityKind::kNeutralLoss, mass::Tolerance::dalton(0.02)},
                                           Setting{SimilarityKind::kNeutralLoss, mass::Tolerance::ppm(20)},
                                           Setting{SimilarityKind::kEntropy, mass::Tolerance::dalton(0.02)},
                                           Setting{SimilarityKind::kEntropy, mass::Tolerance::ppm(20)}),
                         [](const auto& setting) {
                           std::string text =
                               std::string(name(setting.param.kind)) + "_" + setting.param.tolerance.str();
                           std::replace_if(
                               text.begin(), text.end(),
                               [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
                           return text;
                         });

TEST(SpectrumIndex, EmptyLibrary_FindsNothing) {
  const Similarity similarity({.kind = SimilarityKind::kModifiedCosine});
  const SpectrumIndex index(similarity, {});
  SearchScratch scratch;
  const std::vector<Peak> peaks{{100, 1}};
  EXPECT_TRUE(index.search(similarity.prepare(peaks, 200), {}, scratch).empty());
}

TEST(SpectrumIndex, ScratchOfAnotherIndex_ChangesNothing) {
  const Similarity similarity(SimilarityOptions{});
  const std::vector<Peak> peaks{{100, 1}};
  const SpectrumIndex large(similarity, {5, similarity.prepare(peaks, 200)}),
      small(similarity, {similarity.prepare(peaks, 200)});
  SearchScratch scratch;
  EXPECT_EQ(large.search(similarity.prepare(peaks, 200), {}, scratch).size(), 5u);
  EXPECT_EQ(small.search(similarity.prepare(peaks, 200), {}, scratch).size(), 1u);
  EXPECT_EQ(large.search(similarity.prepare(peaks, 200), {}, scratch).size(), 5u);
}

}  // namespace
}  // namespace molbridge::spectra
