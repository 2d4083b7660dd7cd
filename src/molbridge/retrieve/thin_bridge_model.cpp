#include "molbridge/retrieve/thin_bridge_model.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "molbridge/bridges/linear_side.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/nn/mlp.hpp"
#include "molbridge/retrieve/folder_model.hpp"
#include "molbridge/retrieve/frozen_source.hpp"
#include "molbridge/retrieve/projected_bank.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::size_t kItemsAtOnce = 1024;  // frozen vectors in memory

struct Sides {
  std::shared_ptr<const bridges::LinearSide> molecule, text;
};

Sides read_sides(const nn::ModelFolder& folder) {
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  std::set<std::string> used;
  Sides sides{std::make_shared<const bridges::LinearSide>(bridges::LinearSide::read(weights, "molecule", used)),
              std::make_shared<const bridges::LinearSide>(bridges::LinearSide::read(weights, "text", used))};
  nn::require_all_used(weights, "", used);
  if (sides.molecule->outputs() == sides.text->outputs()) return sides;
  throw Error(ErrorCode::kModel, "the sides do not meet: the molecule's ends in " +
                                     std::to_string(sides.molecule->outputs()) + ", the text's in " +
                                     std::to_string(sides.text->outputs()))
      .in_file(folder.weights.path());
}

FrozenSide text_side(const nn::ModelFolder& folder, std::uint64_t width) {
  return {encoders::Modality::kText, folder.manifest.text("text.encoder"), folder.manifest.text("text.encoder_digest"),
          width, folder.manifest.texts("text.part_digests")};
}

/// A network in the folder of the model (as of JESTR), or a specification.
class MoleculeSource {
 public:
  std::shared_ptr<const encoders::MoleculeEncoder> open(const QueryModel& model) const {
    const std::lock_guard lock(mutex_);
    if (encoder_ == nullptr) encoder_ = open_checked(model);
    return encoder_;
  }

 private:
  static std::shared_ptr<const encoders::MoleculeEncoder> open_checked(const QueryModel& model) {
    auto encoder = encoders::make_molecule_encoder(model.target_encoder());
    if (encoder->digest() == model.target_encoder_digest() && encoder->width() == model.target_width()) return encoder;
    throw Error(ErrorCode::kModel, "the molecule encoder " + model.target_encoder() + " has the digest " +
                                       short_digest(encoder->digest()) + "; the model was trained with " +
                                       short_digest(model.target_encoder_digest()))
        .remedy("Put the encoder back that the model was trained with, or train the model again.");
  }
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
};

class ThinBridgeModel final : public FolderFacts<TextModel> {
 public:
  ThinBridgeModel(const nn::ModelFolder& folder, const TextModelOptions& options)
      : FolderFacts(folder, folder.manifest.text("target.encoder"), read_training_molecules(folder)),
        method_(folder.manifest.text("bridge.method")),
        cache_folder_(options.cache_folder),
        sides_(read_sides(folder)),
        text_(folder, text_side(folder, sides_.text->inputs()), options.text_encoder) {}

  std::uint64_t width() const override { return sides_.text->outputs(); }
  std::uint64_t target_width() const override { return sides_.molecule->inputs(); }
  std::string text_encoder() const override { return text_.side().specification; }
  std::string text_encoder_digest() const override { return text_.side().digest; }
  std::string method() const override { return method_; }

  std::shared_ptr<const bank::Bank> view(std::shared_ptr<const bank::Bank> bank, std::size_t threads) const override {
    return project_bank(std::move(bank), sides_.molecule, {digest(), cache_folder_, threads});
  }

  TextVectors embed_texts(std::span<const std::string> texts, std::size_t threads) const override {
    TextVectors out;
    out.rows.resize(texts.size() * width());
    if (texts.empty()) return out;
    const auto encoder = text_.open();
    std::vector<float> x;
    for (std::size_t begin = 0; begin < texts.size(); begin += kItemsAtOnce) {
      check_interrupt();
      const auto block = texts.subspan(begin, std::min(kItemsAtOnce, texts.size() - begin));
      x.resize(block.size() * encoder->width());
      for (encoders::ItemState& state : encoder->encode(block, threads, x)) {
        out.truncated += state.truncated;
        out.states.push_back(std::move(state));
      }
      sides_.text->apply_normalized(x.data(), block.size(), out.rows.data() + begin * width());
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!out.states[i].ok()) std::fill_n(out.rows.begin() + static_cast<std::ptrdiff_t>(i * width()), width(), 0.0F);
    }
    return out;
  }

  std::vector<float> embed_molecules(std::span<const chem::Molecule> molecules, std::size_t threads) const override {
    std::vector<float> out(molecules.size() * width()), x;
    if (molecules.empty()) return out;
    const auto encoder = molecule_.open(*this);
    for (std::size_t begin = 0; begin < molecules.size(); begin += kItemsAtOnce) {
      check_interrupt();
      const auto block = molecules.subspan(begin, std::min(kItemsAtOnce, molecules.size() - begin));
      x.resize(block.size() * encoder->width());
      encoder->encode_all(block, threads, x);
      sides_.molecule->apply_normalized(x.data(), block.size(), out.data() + begin * width());
    }
    return out;
  }

 private:
  std::string method_, cache_folder_;
  Sides sides_;
  FrozenSource text_;
  MoleculeSource molecule_;
};

}  // namespace

std::shared_ptr<const TextModel> load_thin_bridge_model(const nn::ModelFolder& folder,
                                                        const TextModelOptions& options) {
  return std::make_shared<ThinBridgeModel>(folder, options);
}

}  // namespace molbridge::retrieve
