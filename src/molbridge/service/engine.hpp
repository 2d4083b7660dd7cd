#pragma once
// A model and a bank that fit each other: what every identification needs.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "molbridge/bank/bank.hpp"
#include "molbridge/rerank/reranker.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"
#include "molbridge/retrieve/two_stage.hpp"

namespace molbridge::service {

/// Threads: const use is safe.
struct Engine {
  std::shared_ptr<const retrieve::SpectrumModel> model;  ///< the first stage
  std::shared_ptr<const bank::Bank> bank;
  std::shared_ptr<const rerank::Reranker> reranker = nullptr;             ///< the second; null: there is one stage
  std::optional<retrieve::TwoStageModel> two_stage_model = std::nullopt;  ///< the folder that holds both

  /// Of what ranks: of the whole where a second stage takes part, else of the first.
  std::string model_name() const { return reranker && two_stage_model ? two_stage_model->name : model->name(); }
  std::string model_digest() const { return reranker && two_stage_model ? two_stage_model->digest : model->digest(); }
  std::uint64_t stages() const { return reranker ? 2 : 1; }
};

/// The models that are shipped, of spectra and of texts, and the bank that the quick start makes.
inline constexpr char kDefaultModel[] = "models/default";
inline constexpr char kBaselineModel[] = "models/fingerprint-ffn";  ///< the default where that one is not installed
inline constexpr char kDefaultTextModel[] = "models/text";
inline constexpr char kDefaultBank[] = "examples/bank";

/// Where a shipped model stands (installation.hpp). Errors: kModel when it is nowhere.
std::string shipped_model(const std::string& relative);

/// The model alone, or with a bank. Empty names stand for the defaults, looked for as installation.hpp says. Errors: kModel when one is missing, damaged, or
/// they do not fit; the message has the command that mends it. `stages`: "1" leaves a second stage out, "2" asks for one (kUsage where there is
/// none), "" takes what the model has.
std::shared_ptr<const retrieve::SpectrumModel> open_model(
    const std::string& model_folder, retrieve::Convention convention = retrieve::Convention::kHonest);
Engine open_engine(const std::string& model_folder, const std::string& bank_folder,
                   retrieve::Convention convention = retrieve::Convention::kHonest, const std::string& stages = "");
/// The same without a bank.
Engine open_engine_without_bank(const std::string& model_folder,
                                retrieve::Convention convention = retrieve::Convention::kHonest,
                                const std::string& stages = "");

/// `wanted` as the options say, 0 for what the model says. Requires a second stage.
std::uint64_t shortlist_of(const Engine& engine, std::uint64_t wanted);

/// A bank for a model, in the space in which the model ranks. An empty name stands for the default. Errors: as open_engine().
std::shared_ptr<const bank::Bank> open_bank_for(const retrieve::QueryModel& model, const std::string& bank_folder,
                                                std::size_t threads = 1);

/// The random model, in the space of the bank; with `bank_folder` absent, of no bank and in the default space.
Engine open_random_engine(const std::optional<std::string>& bank_folder, std::uint64_t seed);

/// What is to be said of a run by the released convention; "" for others. `ranks_strings`: candidates are strings as given, not
/// molecules of a bank.
std::string convention_warning(const retrieve::SpectrumModel& model, bool ranks_strings);

}  // namespace molbridge::service
