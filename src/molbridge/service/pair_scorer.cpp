// The trained bridge and the popularity baseline.

#include "molbridge/service/pair_scorer.hpp"

#include <algorithm>
#include <unordered_map>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/encoders/text/tfidf.hpp"
#include "molbridge/service/link_scorer.hpp"

namespace molbridge::service {
namespace {

class ModelScorer : public PairScorer {
 public:
  explicit ModelScorer(std::shared_ptr<const retrieve::TextModel> model) : model_(std::move(model)) {}

  std::string name() const override { return model_->name(); }
  std::string digest() const override { return model_->digest(); }
  std::string description() const override {
    return "cosine of text and molecule behind the bridge; text encoder " + model_->text_encoder() +
           ", molecule encoder " + model_->target_encoder();
  }

  PairScores score(std::span<const std::string> texts, std::span<const PairMolecule> molecules, std::size_t threads,
                   Progress& progress) const override {
    PairScores made;
    made.scores.resize(texts.size() * molecules.size());
    std::vector<float> queries = embed_texts(texts, threads, progress, made);
    std::vector<chem::Molecule> structures;
    for (const PairMolecule& molecule : molecules) structures.push_back(molecule.molecule);
    const bank::MemoryTable table(model_->embed_molecules(structures, threads), model_->width());
    score_all(table, queries, model_->similarity(), threads, made.scores);
    return made;
  }

 private:
  std::vector<float> embed_texts(std::span<const std::string> texts, std::size_t threads, Progress& progress,
                                 PairScores& made) const {
    constexpr std::size_t kBlock = 64;  // between two looks at Ctrl-C
    std::vector<float> rows;
    progress.start("encoding texts", texts.size(), "texts");
    for (std::size_t begin = 0; begin < texts.size(); begin += kBlock) {
      check_interrupt();
      const auto block = texts.subspan(begin, std::min(kBlock, texts.size() - begin));
      const retrieve::TextVectors vectors = model_->embed_texts(block, threads);
      rows.insert(rows.end(), vectors.rows.begin(), vectors.rows.end());
      for (const auto& state : vectors.states) made.reasons.push_back(state.reason);
      made.truncated += vectors.truncated;
      progress.advance(begin + block.size());
    }
    progress.finish();
    return rows;
  }

  std::shared_ptr<const retrieve::TextModel> model_;
};

class PopularityScorer : public PairScorer {
 public:
  explicit PopularityScorer(std::span<const corpus::MoleculeTextPair> training) {
    for (const auto& pair : training) {
      ++of_molecule_[pair.inchikey14];
      ++of_text_[pair.text];
    }
  }

  std::string name() const override { return "popularity"; }
  std::string description() const override {
    return "training rows of the molecule plus training rows of the text, whether they fit or not";
  }
  PairScores score(std::span<const std::string> texts, std::span<const PairMolecule> molecules, std::size_t,
                   Progress&) const override {
    PairScores made{.scores = {}, .reasons = std::vector<std::string>(texts.size()), .truncated = 0};
    for (const std::string& text : texts) {
      for (const PairMolecule& molecule : molecules) {
        made.scores.push_back(count(of_text_, text) + count(of_molecule_, molecule.inchikey14));
      }
    }
    return made;
  }

 private:
  using Counts = std::unordered_map<std::string, std::uint64_t>;
  static float count(const Counts& counts, const std::string& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : static_cast<float>(found->second);
  }
  Counts of_molecule_, of_text_;
};

}  // namespace

std::unique_ptr<PairScorer> make_model_scorer(std::shared_ptr<const retrieve::TextModel> model) {
  return std::make_unique<ModelScorer>(std::move(model));
}

std::unique_ptr<PairScorer> make_popularity_scorer(std::span<const corpus::MoleculeTextPair> training) {
  return std::make_unique<PopularityScorer>(training);
}

std::shared_ptr<const encoders::ItemEncoder> make_pair_text_encoder(
    const std::string& specification, std::span<const corpus::MoleculeTextPair> training) {
  constexpr std::string_view kFitted = "tfidf";
  std::vector<encoders::ItemPart> parts;
  for (const auto& part : encoders::parse_parts(specification)) {
    if (part.text != kFitted) {
      parts.push_back({encoders::make_item_encoder(encoders::Modality::kText, part.text), part.weight});
      continue;
    }
    std::vector<std::string> texts;
    for (const auto& pair : training) texts.push_back(pair.text);
    parts.push_back({std::make_shared<encoders::TfidfEncoder>(encoders::fit_tfidf(texts)), part.weight});
  }
  if (parts.size() == 1) return parts.front().encoder;
  return std::make_shared<encoders::ConcatEncoder>(std::move(parts));
}

}  // namespace molbridge::service
