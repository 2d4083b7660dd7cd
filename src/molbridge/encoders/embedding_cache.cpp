#include "molbridge/encoders/embedding_cache.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "molbridge/core/file_lock.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/encoders/vector_file.hpp"

namespace molbridge::encoders {

/// What is known of one encoder. Between begin() and end() it belongs to one process.
class KnownVectors {
 public:
  virtual ~KnownVectors() = default;
  virtual void begin(Progress& progress) = 0;
  virtual bool find(const std::string& key, std::span<float> out, bool& truncated) const = 0;
  virtual void add(const std::string& key, std::span<const float> row, bool truncated) = 0;
  virtual void sync() = 0;
  virtual void end() = 0;
};

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class VectorsInMemory : public KnownVectors {
 public:
  void begin(Progress&) override {}
  bool find(const std::string& key, std::span<float> out, bool& truncated) const override {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return false;
    std::copy(found->second.first.begin(), found->second.first.end(), out.begin());
    truncated = found->second.second;
    return true;
  }
  void add(const std::string& key, std::span<const float> row, bool truncated) override {
    rows_.emplace(key, std::pair(std::vector<float>(row.begin(), row.end()), truncated));
  }
  void sync() override {}
  void end() override {}

 private:
  std::unordered_map<std::string, std::pair<std::vector<float>, bool>> rows_;
};

class VectorsInFile : public KnownVectors {
 public:
  VectorsInFile(const std::string& path, VectorFileOwner owner) : file_(path, std::move(owner)) {}
  void begin(Progress& progress) override {
    lock_ = std::make_unique<FileLock>(file_.path() + ".lock", [&progress] {
      progress.note("waiting for another molbridge that computes vectors of the same encoder");
    });
    file_.load();
  }
  bool find(const std::string& key, std::span<float> out, bool& truncated) const override {
    return file_.find(key, out, truncated);
  }
  void add(const std::string& key, std::span<const float> row, bool truncated) override {
    file_.add(key, row, truncated);
  }
  void sync() override { file_.sync(); }
  void end() override {
    file_.close();
    lock_.reset();
  }

 private:
  VectorFile file_;
  std::unique_ptr<FileLock> lock_;
};

/// Equal items are one. Shapes: of_item [items] into unique.
struct DistinctItems {
  std::vector<std::size_t> of_item;
  std::vector<std::size_t> first;  ///< where each was seen first

  explicit DistinctItems(std::span<const std::string> items) {
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto [found, is_new] = seen.emplace(items[i], first.size());
      if (is_new) first.push_back(i);
      of_item.push_back(found->second);
    }
  }
};

/// One call of rows().
class CacheRun {
 public:
  CacheRun(const ItemEncoder& encoder, KnownVectors* known, std::span<const std::string> items, std::size_t threads,
           Progress& progress)
      : encoder_(encoder), known_(known), items_(items), threads_(threads), progress_(progress), distinct_(items) {
    result_.width = encoder.width();
    result_.rows.resize(items.size() * result_.width);
    result_.states.resize(items.size());
  }

  CachedRows run() {
    if (known_ != nullptr) known_->begin(progress_);
    try {
      find_known();
      compute_missing();
    } catch (const Error& error) {
      release();
      if (error.code() == ErrorCode::kCancelled) throw cancelled();
      throw;
    } catch (...) {
      release();
      throw;
    }
    if (known_ != nullptr) known_->end();
    repeat_equal_items();
    return std::move(result_);
  }

 private:
  struct Missing {
    std::size_t item;
    std::string key;  ///< SHA-256; "" where nothing is kept
  };

  std::span<float> row(std::size_t item) {
    return std::span(result_.rows).subspan(item * result_.width, result_.width);
  }

  void find_known() {
    for (const std::size_t item : distinct_.first) {
      std::string key = known_ != nullptr ? sha256(items_[item]) : std::string();
      if (known_ != nullptr && known_->find(key, row(item), result_.states[item].truncated)) continue;
      missing_.push_back({item, std::move(key)});
    }
  }

  /// Blocks of a few seconds: what a kill costs, and how long Ctrl-C takes.
  void compute_missing() {
    constexpr std::size_t kLeast = 16, kMost = 4096, kFirst = 64;
    constexpr double kShort = 1, kLong = 4;
    if (missing_.empty()) return;
    const std::string unit = std::string(name(encoder_.modality())) + "s";
    progress_.start("encoding " + unit, missing_.size(), unit);
    if (missing_.size() < distinct_.first.size())
      progress_.note(format_count(distinct_.first.size() - missing_.size()) + " known already");
    std::size_t block = kFirst;
    for (std::size_t begin = 0; begin < missing_.size();) {
      check_interrupt();
      const std::size_t end = std::min(begin + block, missing_.size());
      const auto started = Clock::now();
      compute(begin, end);
      if (seconds_since(started) < kShort) block = std::min(block * 2, kMost);
      if (seconds_since(started) > kLong) block = std::max(block / 2, kLeast);
      progress_.advance(begin = end);
    }
    progress_.finish();
  }

  void compute(std::size_t begin, std::size_t end) {
    std::vector<std::string> block;
    for (std::size_t i = begin; i < end; ++i) block.push_back(items_[missing_[i].item]);
    std::vector<float> vectors(block.size() * result_.width);
    const std::vector<ItemState> states = encoder_.encode(block, threads_, vectors);
    for (std::size_t i = 0; i < block.size(); ++i) {
      const auto& [item, key] = missing_[begin + i];
      const auto vector = std::span<const float>(vectors).subspan(i * result_.width, result_.width);
      std::copy(vector.begin(), vector.end(), row(item).begin());
      result_.states[item] = states[i];
      if (known_ != nullptr && states[i].ok()) known_->add(key, vector, states[i].truncated);
    }
    result_.computed += block.size();
    sync_if_due();
  }

  void sync_if_due() {
    constexpr double kSeconds = 10;
    if (known_ == nullptr || seconds_since(synced_) < kSeconds) return;
    known_->sync();
    synced_ = Clock::now();
  }

  /// Keeps what is finished; the error that ended the run counts, not a second one of a full disk.
  void release() {
    if (known_ == nullptr) return;
    try {
      known_->end();
    } catch (const Error&) {
      return;
    }
  }

  Error cancelled() const {
    return Error(ErrorCode::kCancelled, "interrupted; the vectors of " + format_count(result_.computed) + " more " +
                                            std::string(name(encoder_.modality())) + "s are kept")
        .remedy("Run the same command again to continue.");
  }

  void repeat_equal_items() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::size_t first = distinct_.first[distinct_.of_item[i]];
      if (first != i) {
        result_.states[i] = result_.states[first];
        std::copy(row(first).begin(), row(first).end(), row(i).begin());
      }
      result_.failed += result_.states[i].ok() ? 0 : 1;
      result_.truncated += result_.states[i].truncated ? 1 : 0;
    }
  }

  const ItemEncoder& encoder_;
  KnownVectors* known_;  ///< none: nothing is kept
  std::span<const std::string> items_;
  std::size_t threads_;
  Progress& progress_;
  DistinctItems distinct_;
  std::vector<Missing> missing_;
  CachedRows result_;
  Clock::time_point synced_ = Clock::now();
};

}  // namespace

EmbeddingCache::EmbeddingCache(std::string folder) : folder_(std::move(folder)) { make_folders(folder_); }

EmbeddingCache::~EmbeddingCache() = default;

KnownVectors& EmbeddingCache::known_to(const ItemEncoder& encoder) {
  const VectorFileOwner owner{encoder.digest(), encoder.precision(), encoder.width()};
  const std::string key = owner.digest + "-" + owner.precision;
  auto& known = known_[key];
  if (!known && folder_.empty()) known = std::make_unique<VectorsInMemory>();
  if (!known) known = std::make_unique<VectorsInFile>(folder_ + "/" + key + ".vectors", owner);
  return *known;
}

CachedRows EmbeddingCache::rows(const ItemEncoder& encoder, std::span<const std::string> items, std::size_t threads,
                                Progress& progress) {
  if (!encoder.parts().empty()) return rows_of_parts(encoder, items, threads, progress);
  KnownVectors* known = encoder.precision().empty() ? nullptr : &known_to(encoder);
  return CacheRun(encoder, known, items, threads, progress).run();
}

CachedRows EmbeddingCache::rows_of_parts(const ItemEncoder& encoder, std::span<const std::string> items,
                                         std::size_t threads, Progress& progress) {
  std::vector<CachedRows> parts;
  CachedRows out;
  for (const ItemPart& part : encoder.parts()) {
    parts.push_back(rows(*part.encoder, items, threads, progress));
    out.computed = std::max(out.computed, parts.back().computed);
  }
  out.width = encoder.width();
  out.rows.resize(items.size() * out.width);
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::vector<PartRow> item;
    for (std::size_t p = 0; p < parts.size(); ++p)
      item.push_back({parts[p].states[i], parts[p].row(i), encoder.parts()[p].weight});
    out.states.push_back(join_rows(item, std::span(out.rows).subspan(i * out.width, out.width)));
    out.failed += out.states.back().ok() ? 0 : 1;
    out.truncated += out.states.back().truncated ? 1 : 0;
  }
  return out;
}

}  // namespace molbridge::encoders
