#include "molbridge/encoders/protein/descriptor.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/protein/fasta.hpp"
#include "molbridge/encoders/protein/residues.hpp"
#include "molbridge/encoders/specification.hpp"
#include "molbridge/encoders/transformer/pooling.hpp"

namespace molbridge::encoders {
namespace {

/// Scaled to the length `weight`.
struct WeightedBlock {
  std::unique_ptr<ProteinBlock> block;
  float weight = 1;
};

class ProteinDescriptor : public ItemEncoder {
 public:
  /// One block, as it is.
  ProteinDescriptor(std::string name, std::unique_ptr<ProteinBlock> block) : name_(std::move(name)) {
    width_ = block->width();
    blocks_.push_back({std::move(block), 0});
  }
  /// Several, and the whole of length 1.
  ProteinDescriptor(std::string name, std::vector<WeightedBlock> blocks)
      : name_(std::move(name)), blocks_(std::move(blocks)) {
    for (const WeightedBlock& part : blocks_) width_ += part.block->width();
  }

  Modality modality() const override { return Modality::kProtein; }
  std::string name() const override { return name_; }
  std::string digest() const override { return sha256("protein descriptor 1\n" + name_); }
  std::uint64_t width() const override { return width_; }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t threads,
                                std::span<float> out) const override {
    MOLBRIDGE_CHECK(out.size() == items.size() * width_, std::to_string(out.size()));
    constexpr std::size_t kChunk = 16;
    std::vector<ItemState> states(items.size());
    std::fill(out.begin(), out.end(), 0.0F);
    parallel_for(items.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        states[i].reason = encode_one(items[i], out.subspan(i * width_, width_));
    });
    return states;
  }

 private:
  std::string encode_one(const std::string& sequence, std::span<float> out) const {
    const Result<std::string> cleaned = clean_protein(sequence);
    if (!cleaned) return cleaned.reason();
    const std::vector<std::int8_t> residues = residue_codes(*cleaned);
    if (std::all_of(residues.begin(), residues.end(), [](std::int8_t code) { return code < 0; }))
      return "no known residue";
    std::size_t begin = 0;
    for (const WeightedBlock& part : blocks_) {
      const std::span<float> row = out.subspan(begin, part.block->width());
      part.block->encode(residues, row);
      if (blocks_.size() > 1) {
        normalize_length(row);
        for (float& value : row) value *= part.weight;
      }
      begin += row.size();
    }
    if (std::all_of(out.begin(), out.end(), [](float value) { return value == 0; })) return "too short for " + name_;
    if (blocks_.size() > 1) normalize_length(out);
    return "";
  }

  std::string name_;
  std::vector<WeightedBlock> blocks_;
  std::uint64_t width_ = 0;
};

std::uint64_t power(std::uint64_t base, int exponent) {
  std::uint64_t result = 1;
  for (int i = 0; i < exponent; ++i) result *= base;
  return result;
}

KmerOptions parse_kmers(const Specification& specification, std::string_view arguments) {
  constexpr int kMostWidth = 1 << 20, kMostLetters = 6;
  KmerOptions options;
  specification.each_option(arguments, [&](std::string_view key, std::string_view value) {
    if (key == "k") {
      options.k = specification.bounded(key, value, 1, kMostLetters);
    } else if (key == "width") {
      options.width = static_cast<std::uint64_t>(specification.bounded(key, value, 1, kMostWidth));
    } else if (key == "alphabet" && (value == "murphy10" || value == "residues")) {
      options.alphabet = value == "residues" ? ResidueAlphabet::kResidues : ResidueAlphabet::kMurphy10;
    } else {
      return false;
    }
    return true;
  });
  if (options.alphabet == ResidueAlphabet::kResidues && power(kNumResidues, options.k) > 4'000'000)
    throw specification.bad("k is at most 5 over the 20 residues");
  return options;
}

std::string kmers_name(const KmerOptions& options) {
  return "kmers:k=" + std::to_string(options.k) + ",width=" + std::to_string(options.width) +
         ",alphabet=" + (options.alphabet == ResidueAlphabet::kResidues ? "residues" : "murphy10");
}

/// Weights by the neighbours of 6,763 human proteins: composition and CTD, few and correlated numbers, drown the k-mers when they weigh as much.
std::vector<WeightedBlock> default_blocks() {
  constexpr float kHalf = 0.5F;
  std::vector<WeightedBlock> blocks;
  blocks.push_back({make_kmers({1, 20, ResidueAlphabet::kResidues}), kHalf});
  blocks.push_back({make_kmers({2, 400, ResidueAlphabet::kResidues}), 1});
  blocks.push_back({make_ctd(true), kHalf});
  blocks.push_back({make_kmers(), 1});
  return blocks;
}

std::unique_ptr<ProteinBlock> plain_block(std::string_view kind) {
  if (kind == "composition") return make_residue_shares(1);
  if (kind == "dipeptides") return make_residue_shares(2);
  if (kind == "ctd") return make_ctd(false);
  if (kind == "conjoint-triad") return make_conjoint_triad();
  return nullptr;
}

}  // namespace

bool is_protein_descriptor(std::string_view specification) {
  const std::string kind = split_kind(specification).kind;
  return kind == kDefaultProteinEncoder || kind == "kmers" || plain_block(kind) != nullptr;
}

std::shared_ptr<const ItemEncoder> make_protein_descriptor(const std::string& text) {
  const Specification specification{text, kKnownProteinEncoders};
  const auto [kind, arguments] = split_kind(text);
  if (kind == "kmers") {
    const KmerOptions options = parse_kmers(specification, arguments);
    return std::make_shared<ProteinDescriptor>(kmers_name(options), make_kmers(options));
  }
  if (!arguments.empty()) throw specification.bad("takes no options");
  if (kind == kDefaultProteinEncoder) return std::make_shared<ProteinDescriptor>(kind, default_blocks());
  if (auto block = plain_block(kind)) return std::make_shared<ProteinDescriptor>(kind, std::move(block));
  throw specification.bad("no descriptor of this name");
}

}  // namespace molbridge::encoders
