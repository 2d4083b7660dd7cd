#include "molbridge/service_train/thin_bridge_validator.hpp"

#include <map>
#include <numeric>

#include "molbridge/core/text.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::service_train {
namespace {

/// Rank of the best right column of each row among the wrong ones. Shapes: scores and right [rows, columns]; returns [rows] float64.
torch::Tensor ranks(const torch::Tensor& scores, const torch::Tensor& right) {
  constexpr double kNone = -4;  // below every cosine
  const torch::Tensor best = scores.masked_fill(right.logical_not(), kNone).amax(1, /*keepdim=*/true);
  const torch::Tensor wrong = scores.masked_fill(right, kNone);
  return 1 + (wrong >= best).sum(1).to(torch::kFloat64);
}

double share(const torch::Tensor& ranks, double most) {
  return (ranks <= most).to(torch::kFloat64).mean().item<double>();
}

}  // namespace

ThinBridgeValidator::ThinBridgeValidator(const train::TextPairs& pairs, const train::PairFeatures& features,
                                         train::ThinBridgeTask& task)
    : features_(features), task_(task) {
  std::map<std::int64_t, std::int64_t> place_of_text, place_of_molecule;
  std::vector<std::pair<std::int64_t, std::int64_t>> partners;
  const auto place = [](std::map<std::int64_t, std::int64_t>& places, std::vector<std::int64_t>& list,
                        std::size_t item) {
    const auto number = static_cast<std::int64_t>(item);
    const auto [at, is_new] = places.try_emplace(number, static_cast<std::int64_t>(list.size()));
    if (is_new) list.push_back(number);
    return at->second;
  };
  for (const train::TextPair& pair : pairs.pairs)
    partners.emplace_back(place(place_of_text, texts_, pair.texts.front()),
                          place(place_of_molecule, molecules_, pair.molecule));
  right_ = torch::zeros({static_cast<std::int64_t>(texts_.size()), static_cast<std::int64_t>(molecules_.size())},
                        torch::kBool);
  for (const auto& [text, molecule] : partners) right_[text][molecule] = true;
}

std::string ThinBridgeValidator::describe() const {
  return "validation: " + format_count(texts_.size()) + " texts and " + format_count(molecules_.size()) +
         " molecules held out of training";
}

std::vector<std::pair<std::string, double>> ThinBridgeValidator::measure() {
  const torch::NoGradGuard no_grad;
  const torch::Tensor t = train::normalized(task_.embed_texts(features_.texts, texts_).to(torch::kFloat32));
  const torch::Tensor m = train::normalized(task_.embed_molecules(features_.molecules, molecules_).to(torch::kFloat32));
  const torch::Tensor scores = t.matmul(m.t());
  const torch::Tensor of_texts = ranks(scores, right_), of_molecules = ranks(scores.t(), right_.t());
  return {{"mrr", of_texts.reciprocal().mean().item<double>()},
          {"recall_at_1", share(of_texts, 1)},
          {"recall_at_10", share(of_texts, 10)},
          {"molecule_mrr", of_molecules.reciprocal().mean().item<double>()}};
}

}  // namespace molbridge::service_train
