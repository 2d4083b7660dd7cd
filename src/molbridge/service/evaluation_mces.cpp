#include "molbridge/service/evaluation_mces.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "molbridge/chem/mces.hpp"
#include "molbridge/core/interrupt.hpp"

namespace molbridge::service {
namespace {

/// Distances of pairs of molecules, each computed once.
class PairDistances {
 public:
  void want(const std::string& truth, const std::string& other) {
    const chem::McesPair pair{graph_of(truth), graph_of(other)};
    if (index_.try_emplace({pair.first, pair.second}, pairs_.size()).second) pairs_.push_back(pair);
  }

  void measure(double threshold, std::size_t threads, Progress& progress) {
    constexpr std::size_t kBlock = 64;  // between two reports of progress
    chem::McesOptions options;
    options.threshold = threshold;
    progress.start("measuring MCES", pairs_.size(), "pairs");
    for (std::size_t begin = 0; begin < pairs_.size(); begin += kBlock) {
      check_interrupt();
      const auto block = std::span(pairs_).subspan(begin, std::min(kBlock, pairs_.size() - begin));
      const auto part = chem::mces_distances(graphs_, block, options, threads);
      distances_.insert(distances_.end(), part.begin(), part.end());
      progress.advance(begin + block.size());
    }
    progress.finish();
  }

  /// Requires a pair that was wanted and measured.
  double of(const std::string& truth, const std::string& other) const {
    return distances_[index_.at({numbers_.at(truth), numbers_.at(other)})].value;
  }
  std::uint64_t size() const { return pairs_.size(); }
  std::uint64_t timed_out() const {
    return static_cast<std::uint64_t>(std::count_if(distances_.begin(), distances_.end(), [](const auto& distance) {
      return distance.kind == chem::McesKind::kTimeLimit;
    }));
  }

 private:
  std::size_t graph_of(const std::string& smiles) {
    const auto [at, is_new] = numbers_.try_emplace(smiles, graphs_.size());
    if (is_new) graphs_.push_back(chem::mces_graph(chem::Molecule::from_smiles(smiles).value()));
    return at->second;
  }

  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<chem::McesGraph> graphs_;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> index_;
  std::vector<chem::McesPair> pairs_;
  std::vector<chem::McesDistance> distances_;
};

void want_pairs(const RankedQueries& ranked, PairDistances& distances) {
  for (std::size_t i = 0; i < ranked.rows.size(); ++i) {
    if (!ranked.rows[i].outcome.rank) continue;
    const Contest& contest = ranked.contests[i];
    for (const PoolMolecule& rival : contest.rivals) distances.want(contest.truth, rival.smiles);
    for (const std::string& other : contest.sample->others) distances.want(contest.sample->truth, other);
  }
}

double expected_distance(const PoolSample& sample, const PairDistances& distances) {
  if (sample.others.empty()) return 0;
  double sum = 0;
  for (const std::string& other : sample.others) sum += distances.of(sample.truth, other);
  return sample.share_of_others * sum / static_cast<double>(sample.others.size());
}

void fill_row(QueryResultRow& row, const Contest& contest, const PairDistances& distances) {
  row.outcome.mces = 0;
  for (const PoolMolecule& rival : contest.rivals) {
    const double distance = distances.of(contest.truth, rival.smiles);
    if (distance <= *row.outcome.mces) continue;
    row.outcome.mces = distance;
    row.top = rival;
  }
  row.outcome.random_mces = expected_distance(*contest.sample, distances);
}

}  // namespace

McesReport measure_mces(RankedQueries& ranked, const EvaluateOptions& options, Progress& progress) {
  PairDistances distances;
  want_pairs(ranked, distances);
  distances.measure(options.mces_threshold, options.threads, progress);
  McesReport report{distances.size(), 0, distances.timed_out()};
  for (std::size_t i = 0; i < ranked.rows.size(); ++i) {
    if (!ranked.rows[i].outcome.rank) continue;
    fill_row(ranked.rows[i], ranked.contests[i], distances);
    if (ranked.contests[i].cut) ++report.ties_cut;
  }
  return report;
}

}  // namespace molbridge::service
