// Blocks that count k-mers: shares, deviations from the background, conjoint triads.

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/protein/descriptor.hpp"
#include "molbridge/encoders/protein/residues.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::string_view kSingles[] = {"A", "C", "D", "E", "F", "G", "H", "I", "K", "L",
                                         "M", "N", "P", "Q", "R", "S", "T", "V", "W", "Y"};
constexpr std::string_view kMurphyClasses[] = {"LVIM", "C", "A", "G", "ST", "P", "FYW", "EDNQ", "KR", "H"};
constexpr std::string_view kTriadClasses[] = {"AGV", "ILFP", "YMTS", "HNQW", "RK", "DE", "C"};
constexpr std::uint64_t kMostKmers = 4'000'000;

/// k-mers over classes of residues by number: the first letter counts most.
class KmerAlphabet {
 public:
  KmerAlphabet(std::span<const std::string_view> classes, int k)
      : k_(k), letters_(classes.size()), class_of_(residue_classes(classes)), background_(class_background(classes)) {
    for (int i = 0; i < k; ++i) size_ *= letters_;
    MOLBRIDGE_CHECK(size_ <= kMostKmers, std::to_string(size_));
  }

  std::uint64_t size() const { return size_; }

  /// None reaches over an unknown residue.
  template <typename Visit>
  void each(std::span<const std::int8_t> residues, const Visit& visit) const {
    std::uint64_t code = 0;
    int known = 0;
    for (const std::int8_t residue : residues) {
      known = residue < 0 ? 0 : known + 1;
      if (known == 0) continue;
      code = (code * letters_ + static_cast<std::uint64_t>(class_of_[static_cast<std::size_t>(residue)])) % size_;
      if (known >= k_) visit(code);
    }
  }

  /// Of k independent residues.
  double background(std::uint64_t code) const {
    double share = 1;
    for (int i = 0; i < k_; ++i, code /= letters_) share *= background_[code % letters_];
    return share;
  }

 private:
  int k_;
  std::uint64_t letters_, size_ = 1;
  std::array<std::int8_t, kNumResidues> class_of_;
  std::vector<double> background_;
};

class ResidueShares : public ProteinBlock {
 public:
  explicit ResidueShares(int k) : kmers_(kSingles, k) {}
  std::uint64_t width() const override { return kmers_.size(); }
  void encode(std::span<const std::int8_t> residues, std::span<float> out) const override {
    float count = 0;
    kmers_.each(residues, [&](std::uint64_t code) {
      out[code] += 1;
      count += 1;
    });
    for (float& value : out) value /= std::max(count, 1.0F);
  }

 private:
  KmerAlphabet kmers_;
};

class ConjointTriad : public ProteinBlock {
 public:
  std::uint64_t width() const override { return kmers_.size(); }
  void encode(std::span<const std::int8_t> residues, std::span<float> out) const override {
    kmers_.each(residues, [&](std::uint64_t code) { out[code] += 1; });
    const auto [least, most] = std::minmax_element(out.begin(), out.end());
    const float low = *least, high = std::max(*most, 1.0F);
    for (float& value : out) value = (value - low) / high;
  }

 private:
  KmerAlphabet kmers_{kTriadClasses, 3};
};

/// The mixing step of splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

class KmerDeviations : public ProteinBlock {
 public:
  explicit KmerDeviations(const KmerOptions& options)
      : width_(options.width),
        kmers_(options.alphabet == ResidueAlphabet::kMurphy10 ? std::span<const std::string_view>(kMurphyClasses)
                                                              : std::span<const std::string_view>(kSingles),
               options.k),
        expected_(width_, 0.0) {
    for (std::uint64_t code = 0; code < kmers_.size(); ++code) expected_[component(code)] += kmers_.background(code);
  }

  std::uint64_t width() const override { return width_; }
  void encode(std::span<const std::int8_t> residues, std::span<float> out) const override {
    double count = 0;
    kmers_.each(residues, [&](std::uint64_t code) {
      out[component(code)] += 1;
      count += 1;
    });
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<float>(std::sqrt(static_cast<double>(out[i])) - std::sqrt(expected_[i] * count));
  }

 private:
  std::uint64_t component(std::uint64_t code) const { return kmers_.size() <= width_ ? code : mix(code) % width_; }

  std::uint64_t width_;
  KmerAlphabet kmers_;
  std::vector<double> expected_;  ///< share of every component in random sequences
};

}  // namespace

std::unique_ptr<ProteinBlock> make_residue_shares(int k) { return std::make_unique<ResidueShares>(k); }
std::unique_ptr<ProteinBlock> make_conjoint_triad() { return std::make_unique<ConjointTriad>(); }
std::unique_ptr<ProteinBlock> make_kmers(const KmerOptions& options) {
  return std::make_unique<KmerDeviations>(options);
}

}  // namespace molbridge::encoders
