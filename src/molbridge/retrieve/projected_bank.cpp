#include "molbridge/retrieve/projected_bank.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>

#include "molbridge/bridges/bit_lengths.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/nn/safetensors.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kChunk = 4096;       // rows of one piece of parallel work
constexpr std::size_t kRowsAtOnce = 128;   // unpacked rows that one product takes
constexpr std::size_t kDigestInName = 16;  // characters; the file holds the whole digests
constexpr char kTensor[] = "inverse_lengths";

float inverse_of(double squares) { return squares == 0 ? 0.0F : static_cast<float>(1 / std::sqrt(squares)); }

void lengths_of_bits(const bank::Bank& base, const bridges::BitLengths& lengths, std::size_t begin, std::size_t end,
                     float* out) {
  std::vector<const std::byte*> rows;
  for (std::size_t row = begin; row < end; ++row) rows.push_back(base.stored_row(row).data());
  std::vector<double> squares(rows.size());
  lengths.squared(rows.data(), rows.size(), squares.data());
  for (std::size_t i = 0; i < squares.size(); ++i) out[begin + i] = inverse_of(squares[i]);
}

void lengths_of_floats(const bank::Bank& base, const bridges::LinearSide& side, std::size_t begin, std::size_t end,
                       float* out) {
  std::vector<float> x(kRowsAtOnce * side.inputs()), y(kRowsAtOnce * side.outputs());
  for (std::size_t first = begin; first < end; first += kRowsAtOnce) {
    const std::size_t count = std::min(kRowsAtOnce, end - first);
    for (std::size_t i = 0; i < count; ++i)
      base.embedding(first + i, std::span(x).subspan(i * side.inputs(), side.inputs()));
    side.apply(x.data(), count, y.data());
    for (std::size_t i = 0; i < count; ++i) {
      double squares = 0;
      for (std::size_t o = i * side.outputs(); o < (i + 1) * side.outputs(); ++o)
        squares += static_cast<double>(y[o]) * y[o];
      out[first + i] = inverse_of(squares);
    }
  }
}

/// What the cache file must be of.
struct CacheKey {
  std::string path, model, bank;
  std::uint64_t rows = 0;
};

CacheKey cache_key(const bank::Bank& base, const ProjectedBankOptions& options) {
  CacheKey key{"", options.model_digest, base.manifest().digest, base.size()};
  if (options.cache_folder.empty() || key.model.empty() || key.bank.empty()) return key;
  key.path = options.cache_folder + "/lengths-" + key.model.substr(0, kDigestInName) + "-" +
             key.bank.substr(0, kDigestInName) + ".safetensors";
  return key;
}

std::string metadata_of(const nn::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? "" : found->second;
}

std::string sha256_of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

/// Empty where there is no such file, or it is damaged or of something else.
std::vector<float> read_cache(const CacheKey& key) {
  if (key.path.empty() || !file_exists(key.path)) return {};
  try {
    const auto file = nn::SafetensorsFile::open(key.path);
    const nn::TensorView& tensor = file.at(kTensor);
    const bool fits = tensor.type == nn::ElementType::kF32 && tensor.bytes.size() == key.rows * sizeof(float) &&
                      metadata_of(file, "model") == key.model && metadata_of(file, "bank") == key.bank &&
                      metadata_of(file, "sha256") == sha256_of(tensor.bytes);
    if (!fits) return {};
    std::vector<float> out(key.rows);
    if (!out.empty()) std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
    return out;
  } catch (const Error&) {
    return {};
  }
}

void write_cache(const CacheKey& key, const std::vector<float>& values, const std::string& folder) {
  if (key.path.empty()) return;
  try {
    make_folders(folder);
    const auto bytes = std::as_bytes(std::span(values));
    nn::SafetensorsWriter writer;
    writer.set_metadata("model", key.model);
    writer.set_metadata("bank", key.bank);
    writer.set_metadata("sha256", sha256_of(bytes));
    writer.add_view(kTensor, nn::ElementType::kF32, {static_cast<std::int64_t>(values.size())}, bytes);
    writer.write(key.path);
  } catch (const Error&) {
    // The next command computes them again: slower, not wrong.
  }
}

class ProjectedBank final : public bank::Bank {
 public:
  ProjectedBank(std::shared_ptr<const bank::Bank> base, std::shared_ptr<const bridges::LinearSide> side,
                std::vector<float> inverse_lengths)
      : base_(std::move(base)),
        side_(std::move(side)),
        inverse_lengths_(std::move(inverse_lengths)),
        manifest_(base_->manifest()) {
    manifest_.width = side_->outputs();
    manifest_.dtype = bank::Dtype::kFloat32;
  }

  const bank::Manifest& manifest() const override { return manifest_; }
  const std::string& folder() const override { return base_->folder(); }
  std::uint64_t size() const override { return base_->size(); }
  std::span<const double> masses() const override { return base_->masses(); }
  bank::RowRange window(mass::Tolerance::Window masses) const override { return base_->window(masses); }
  std::vector<std::uint64_t> rows_of_formula(const mass::Formula& formula) const override {
    return base_->rows_of_formula(formula);
  }
  std::vector<std::uint64_t> rows_of_inchikey14(std::string_view inchikey14) const override {
    return base_->rows_of_inchikey14(inchikey14);
  }
  bank::MoleculeRecord record(std::uint64_t row) const override { return base_->record(row); }
  std::vector<bank::MoleculeRecord> records(bank::RowRange rows) const override { return base_->records(rows); }

  void embedding(std::uint64_t row, std::span<float> out) const override {
    MOLBRIDGE_CHECK(out.size() == side_->outputs(), std::to_string(out.size()));
    std::vector<float> x(side_->inputs());
    base_->embedding(row, x);
    side_->apply_normalized(x.data(), 1, out.data());
  }

  using Bank::score;
  void score(bank::Similarity similarity, std::span<const float> query, std::span<const std::uint64_t> rows,
             std::span<float> scores) const override {
    MOLBRIDGE_CHECK(query.size() == side_->outputs() && rows.size() == scores.size(), std::to_string(query.size()));
    const auto folded = fold(query);
    const double scale = similarity == bank::Similarity::kDot ? 1 : folded->norm == 0 ? 0 : 1 / folded->norm;
    base_->score(bank::Similarity::kDot, folded->query, rows, scores);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double product = static_cast<double>(scores[i]) + folded->constant;
      scores[i] = static_cast<float>(product * inverse_lengths_[rows[i]] * scale);
    }
  }

 private:
  struct Folded : bridges::FoldedQuery {
    std::vector<float> source;
  };

  /// A large table is scored in many calls with one query: the last one is kept.
  std::shared_ptr<const Folded> fold(std::span<const float> query) const {
    {
      const std::lock_guard lock(mutex_);
      if (last_ != nullptr && std::equal(query.begin(), query.end(), last_->source.begin(), last_->source.end()))
        return last_;
    }
    auto made = std::make_shared<const Folded>(Folded{side_->fold(query), {query.begin(), query.end()}});
    const std::lock_guard lock(mutex_);
    last_ = made;
    return made;
  }

  std::shared_ptr<const bank::Bank> base_;
  std::shared_ptr<const bridges::LinearSide> side_;
  std::vector<float> inverse_lengths_;
  bank::Manifest manifest_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Folded> last_;
};

}  // namespace

std::vector<float> inverse_norms(const bank::Bank& base, const bridges::LinearSide& side, std::size_t threads) {
  std::vector<float> out(base.size());
  const bool has_bits = base.manifest().dtype == bank::Dtype::kBits && base.size() > 0 && !base.stored_row(0).empty();
  const auto bits = has_bits ? std::make_unique<const bridges::BitLengths>(side) : nullptr;
  parallel_for(out.size(), resolve_threads(threads), kChunk, [&](std::size_t begin, std::size_t end) {
    check_interrupt();
    if (bits != nullptr) {
      lengths_of_bits(base, *bits, begin, end, out.data());
    } else {
      lengths_of_floats(base, side, begin, end, out.data());
    }
  });
  return out;
}

std::shared_ptr<const bank::Bank> project_bank(std::shared_ptr<const bank::Bank> base,
                                               std::shared_ptr<const bridges::LinearSide> side,
                                               const ProjectedBankOptions& options) {
  if (base->manifest().width != side->inputs()) {
    throw Error(ErrorCode::kModel, "the bank holds vectors of width " + std::to_string(base->manifest().width) +
                                       ", the model takes " + std::to_string(side->inputs()))
        .in_file(base->folder())
        .remedy("Build a bank with the molecule encoder of the model: molbridge bank build MOLECULES --encoder NAME");
  }
  const CacheKey key = cache_key(*base, options);
  std::vector<float> lengths = read_cache(key);
  if (lengths.size() != base->size()) {
    lengths = inverse_norms(*base, *side, options.threads);
    write_cache(key, lengths, options.cache_folder);
  }
  return std::make_shared<ProjectedBank>(std::move(base), std::move(side), std::move(lengths));
}

}  // namespace molbridge::retrieve
