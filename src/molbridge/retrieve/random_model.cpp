#include "molbridge/retrieve/random_model.hpp"

#include <utility>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::retrieve {
namespace {

std::string content_of(const SpectrumQuery& query) {
  std::string text = query.spectrum->id + "\n" + format_shortest(query.precursor_mz);
  for (const auto& peak : query.spectrum->peaks) {
    text += "\n" + format_shortest(peak.mz) + " " + format_shortest(peak.intensity);
  }
  return text;
}

class RandomModel final : public SpectrumModel {
 public:
  RandomModel(std::string target_encoder, std::string target_encoder_digest, std::uint64_t width, std::uint64_t seed)
      : target_encoder_(std::move(target_encoder)),
        target_encoder_digest_(std::move(target_encoder_digest)),
        width_(width),
        seed_(seed) {}

  std::string name() const override { return kRandomModel; }
  std::string digest() const override { return sha256(kRandomModel + std::to_string(seed_)); }
  std::string target_encoder() const override { return target_encoder_; }
  std::string target_encoder_digest() const override { return target_encoder_digest_; }
  std::uint64_t width() const override { return width_; }
  const std::vector<TrainingMolecule>& training_molecules() const override { return none_; }
  bool uses_precursor() const override { return false; }

  std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t) const override {
    std::vector<float> out;
    out.reserve(queries.size() * width_);
    for (const SpectrumQuery& query : queries) {
      Rng rng(seed_, content_of(query));
      for (std::uint64_t d = 0; d < width_; ++d) out.push_back(static_cast<float>(rng.normal()));
    }
    return out;
  }

 private:
  std::string target_encoder_, target_encoder_digest_;
  std::uint64_t width_, seed_;
  std::vector<TrainingMolecule> none_;
};

}  // namespace

std::shared_ptr<const SpectrumModel> make_random_model(std::string target_encoder, std::string target_encoder_digest,
                                                       std::uint64_t width, std::uint64_t seed) {
  return std::make_shared<RandomModel>(std::move(target_encoder), std::move(target_encoder_digest), width, seed);
}

}  // namespace molbridge::retrieve
