#include "molbridge/eval/mces_clusters.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "molbridge/chem/mces_profile.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::eval {
namespace {

constexpr std::size_t kNearest = 3;  // neighbours by the quick bound that are asked first, so that clusters form early
constexpr std::size_t kRowsAtOnce = 16;  // per thread, between two updates of the clusters

std::vector<chem::McesProfile> profiles_of(std::span<const chem::McesGraph> graphs) {
  return {graphs.begin(), graphs.end()};
}

McesPairCounts& operator+=(McesPairCounts& total, const McesPairCounts& more) {
  total.bounded += more.bounded;
  total.linked += more.linked;
  total.searched += more.searched;
  total.undecided += more.undecided;
  return total;
}

class Neighbors {
 public:
  Neighbors(std::span<const chem::McesGraph> graphs, const McesNeighborOptions& options)
      : graphs_(graphs), profiles_(profiles_of(graphs)), options_(options) {
    mces_.max_nodes = options.max_nodes;
    mces_.solver_seconds = 0;  // nodes are counted, so the outcome does not depend on the machine
  }

  double quick_bound(std::size_t i, std::size_t j) const { return chem::mces_quick_bound(profiles_[i], profiles_[j]); }
  bool ruled_out(std::size_t i, std::size_t j) const { return quick_bound(i, j) >= options_.cut; }
  /// Also true where it could not be decided.
  bool close(std::size_t i, std::size_t j, McesPairCounts& counts) const {
    if (chem::mces_assignment_bound(graphs_[i], graphs_[j]) >= options_.cut) {
      ++counts.bounded;
      return false;
    }
    const auto below = chem::mces_below(graphs_[i], graphs_[j], options_.cut, mces_);
    ++(below ? counts.searched : counts.undecided);
    return below.value_or(true);
  }

 private:
  std::span<const chem::McesGraph> graphs_;
  std::vector<chem::McesProfile> profiles_;
  McesNeighborOptions options_;
  chem::McesOptions mces_;
};

class Components {
 public:
  explicit Components(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }
  std::size_t find(std::size_t item) {
    while (parent_[item] != item) item = parent_[item] = parent_[parent_[item]];
    return item;
  }
  void join(std::size_t x, std::size_t y) {
    x = find(x);
    y = find(y);
    parent_[std::max(x, y)] = std::min(x, y);
  }
  /// Of every item; for readers that run while nothing joins.
  std::vector<std::size_t> roots() {
    std::vector<std::size_t> all(parent_.size());
    for (std::size_t item = 0; item < all.size(); ++item) all[item] = find(item);
    return all;
  }

 private:
  std::vector<std::size_t> parent_;
};

/// What one molecule was found linked to.
struct Row {
  std::vector<std::size_t> links;
  McesPairCounts counts;
};

/// The partners that come first: the nearest by the quick bound.
std::vector<std::size_t> nearest_partners(const Neighbors& neighbors, std::size_t i, std::size_t size, double cut) {
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t j = 0; j < size; ++j) {
    const double bound = j == i ? cut : neighbors.quick_bound(i, j);
    if (bound < cut) near.emplace_back(bound, j);
  }
  const std::size_t kept = std::min(kNearest, near.size());
  std::ranges::partial_sort(near, near.begin() + static_cast<std::ptrdiff_t>(kept));
  std::vector<std::size_t> partners;
  for (std::size_t k = 0; k < kept; ++k) partners.push_back(near[k].second);
  return partners;
}

class Clustering {
 public:
  Clustering(std::span<const chem::McesGraph> graphs, const McesNeighborOptions& options, Progress& progress)
      : neighbors_(graphs, options),
        options_(options),
        progress_(progress),
        components_(graphs.size()),
        size_(graphs.size()) {}

  McesClusters run() {
    pass("linking nearest molecules", [this](std::size_t i, const auto& roots) { return link_nearest(i, roots); });
    McesClusters result;
    result.counts =
        pass("comparing all molecules", [this](std::size_t i, const auto& roots) { return link_all(i, roots); });
    result.counts.pairs = static_cast<std::uint64_t>(size_) * (size_ - (size_ > 0 ? 1 : 0)) / 2;
    std::vector<std::size_t> number(size_, size_);
    std::size_t next = 0;
    for (const std::size_t root : components_.roots()) {
      if (number[root] == size_) number[root] = next++;
      result.cluster_of.push_back(number[root]);
    }
    return result;
  }

 private:
  using Roots = std::vector<std::size_t>;

  Row link_nearest(std::size_t i, const Roots& roots) const {
    Row row;
    for (const std::size_t j : nearest_partners(neighbors_, i, size_, options_.cut)) try_link(i, j, roots, row);
    return row;
  }
  Row link_all(std::size_t i, const Roots& roots) const {
    Row row;
    for (std::size_t j = i + 1; j < size_; ++j) {
      if (neighbors_.ruled_out(i, j)) {
        ++row.counts.bounded;
      } else {
        try_link(i, j, roots, row);
      }
    }
    return row;
  }
  void try_link(std::size_t i, std::size_t j, const Roots& roots, Row& row) const {
    const auto linked = [&](std::size_t other) { return roots[other] == roots[j]; };
    if (linked(i) || std::ranges::any_of(row.links, linked)) {
      ++row.counts.linked;
    } else if (neighbors_.close(i, j, row.counts)) {
      row.links.push_back(j);
    }
  }

  /// Rows in blocks, in parallel; components grow between blocks.
  template <typename Link>
  McesPairCounts pass(const std::string& label, const Link& link) {
    McesPairCounts counts;
    progress_.start(label, size_, "molecules");
    const std::size_t block = kRowsAtOnce * std::max<std::size_t>(1, options_.threads);
    for (std::size_t begin = 0; begin < size_; begin += block) {
      check_interrupt();
      const std::size_t end = std::min(size_, begin + block);
      const Roots roots = components_.roots();
      std::vector<Row> rows(end - begin);
      parallel_for(rows.size(), options_.threads, 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t k = first; k < last; ++k) rows[k] = link(begin + k, roots);
      });
      for (std::size_t k = 0; k < rows.size(); ++k) {
        counts += rows[k].counts;
        for (const std::size_t j : rows[k].links) components_.join(begin + k, j);
      }
      progress_.advance(end);
    }
    progress_.finish();
    return counts;
  }

  Neighbors neighbors_;
  McesNeighborOptions options_;
  Progress& progress_;
  Components components_;
  std::size_t size_;
};

struct CloseRow {
  std::uint64_t pairs = 0;
  std::optional<std::size_t> partner;
  McesPairCounts counts;
};

CloseRow close_partner(const Neighbors& neighbors, std::size_t i, std::span<const int> folds, double cut) {
  CloseRow row;
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t j = 0; j < folds.size(); ++j) {
    if (folds[j] >= folds[i]) continue;
    ++row.pairs;
    const double bound = neighbors.quick_bound(i, j);
    if (bound < cut) near.emplace_back(bound, j);
  }
  row.counts.bounded = row.pairs - near.size();
  std::ranges::sort(near);
  for (std::size_t k = 0; k < near.size() && !row.partner; ++k) {
    if (neighbors.close(i, near[k].second, row.counts)) {
      row.partner = near[k].second;
      row.counts.linked = near.size() - k - 1;
    }
  }
  return row;
}

}  // namespace

McesClusters mces_clusters(std::span<const chem::McesGraph> graphs, const McesNeighborOptions& options,
                           Progress& progress) {
  return Clustering(graphs, options, progress).run();
}

CloseMolecules find_close_molecules(std::span<const chem::McesGraph> graphs, std::span<const int> folds,
                                    const McesNeighborOptions& options, Progress& progress) {
  MOLBRIDGE_CHECK(graphs.size() == folds.size(), std::to_string(folds.size()));
  const Neighbors neighbors(graphs, options);
  CloseMolecules result;
  progress.start("checking distances across folds", graphs.size(), "molecules");
  const std::size_t block = kRowsAtOnce * std::max<std::size_t>(1, options.threads);
  for (std::size_t begin = 0; begin < graphs.size(); begin += block) {
    check_interrupt();
    const std::size_t end = std::min(graphs.size(), begin + block);
    std::vector<CloseRow> rows(end - begin);
    parallel_for(rows.size(), options.threads, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t k = first; k < last; ++k) rows[k] = close_partner(neighbors, begin + k, folds, options.cut);
    });
    for (std::size_t k = 0; k < rows.size(); ++k) {
      result.counts.pairs += rows[k].pairs;
      result.counts += rows[k].counts;
      if (!rows[k].partner || result.count++ > 0) continue;
      result.molecule = begin + k;
      result.partner = *rows[k].partner;
    }
    progress.advance(end);
  }
  progress.finish();
  return result;
}

}  // namespace molbridge::eval
