#include "molbridge/service/engine.hpp"

#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/random_model.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/service/installation.hpp"

namespace molbridge::service {
namespace {

/// Relative to the current folder where that is shorter: commands to copy should be short.
std::string as_typed(const std::string& path) {
  std::error_code error;
  const std::string relative = std::filesystem::relative(path, error).string();
  return error || relative.empty() || relative.size() >= path.size() ? path : relative;
}

std::string default_bank() {
  const std::string found = find_shipped(kDefaultBank);
  if (!found.empty()) return found;
  const std::string molecules = find_shipped("examples/molecules.tsv");
  Error error(ErrorCode::kModel, "no bank is named, and there is no example bank yet");
  if (molecules.empty()) {
    throw error.remedy("Make one: molbridge bank build MOLECULES -o my-bank, and name it with --bank my-bank.");
  }
  const std::string target = (std::filesystem::path(molecules).parent_path() / "bank").string();
  throw error.remedy("Make it: molbridge bank build " + as_typed(molecules) + " -o " + as_typed(target) +
                     ", or name another one with --bank DIR or MOLBRIDGE_BANK.");
}

std::string default_model() {
  const std::string manifest = find_shipped(std::string(kDefaultModel) + "/" + nn::kManifestFile);
  return manifest.empty() ? shipped_model(kBaselineModel) : std::filesystem::path(manifest).parent_path().string();
}

void add_second_stage(Engine& engine, const std::string& folder, const std::string& stages) {
  if (!stages.empty() && stages != "1" && stages != "2") {
    throw Error(ErrorCode::kUsage, "--stages '" + stages + "' is neither 1 nor 2");
  }
  if (stages != "1") engine.two_stage_model = retrieve::read_two_stage(folder);
  if (engine.two_stage_model) engine.reranker = rerank::Reranker::load(folder);
  if (stages != "2" || engine.reranker) return;
  throw Error(ErrorCode::kUsage, "--stages 2 asks for a second stage, which the model does not have")
      .in_file(folder)
      .remedy("Leave --stages out, or name a model of the kind \"" + std::string(retrieve::kTwoStageKind) + "\".");
}

}  // namespace

std::string shipped_model(const std::string& relative) {
  const std::string found = find_shipped(relative);
  if (!found.empty()) return found;
  throw Error(ErrorCode::kModel, "the shipped model " + relative + " is neither near the program nor in this folder")
      .remedy("Name a model with --model DIR or MOLBRIDGE_MODEL.");
}

std::shared_ptr<const retrieve::SpectrumModel> open_model(const std::string& model_folder,
                                                          retrieve::Convention convention) {
  return retrieve::SpectrumModel::load(model_folder.empty() ? default_model() : model_folder, convention);
}

Engine open_engine_without_bank(const std::string& model_folder, retrieve::Convention convention,
                                const std::string& stages) {
  const std::string folder = model_folder.empty() ? default_model() : model_folder;
  Engine engine;
  engine.model = open_model(folder, convention);
  add_second_stage(engine, folder, stages);
  return engine;
}

Engine open_engine(const std::string& model_folder, const std::string& bank_folder, retrieve::Convention convention,
                   const std::string& stages) {
  Engine engine = open_engine_without_bank(model_folder, convention, stages);
  engine.bank = open_bank_for(*engine.model, bank_folder);
  return engine;
}

std::uint64_t shortlist_of(const Engine& engine, std::uint64_t wanted) {
  return wanted > 0 ? wanted : engine.reranker->default_shortlist();
}

std::shared_ptr<const bank::Bank> open_bank_for(const retrieve::QueryModel& model, const std::string& bank_folder,
                                                std::size_t threads) {
  auto bank = bank::Bank::open(bank_folder.empty() ? default_bank() : bank_folder);
  retrieve::require_same_space(model, *bank);
  return model.view(std::move(bank), threads);
}

Engine open_random_engine(const std::optional<std::string>& bank_folder, std::uint64_t seed) {
  Engine engine;
  if (bank_folder) {
    engine.bank = bank::Bank::open(bank_folder->empty() ? default_bank() : *bank_folder);
    const bank::Manifest& manifest = engine.bank->manifest();
    engine.model = retrieve::make_random_model(manifest.encoder, manifest.encoder_digest, manifest.width, seed);
  } else {
    const auto encoder = encoders::make_molecule_encoder(encoders::kDefaultEncoder);
    engine.model = retrieve::make_random_model(encoder->name(), encoder->digest(), encoder->width(), seed);
  }
  return engine;
}

std::string convention_warning(const retrieve::SpectrumModel& model, bool ranks_strings) {
  if (model.convention() != retrieve::Convention::kReleased) return "";
  return "released convention, for audits only: " +
         std::string(ranks_strings ? "SMILES as given, identity by spelling, " : "") +
         "raw dot product, a vector depends on the 31 spectra batched with it. Not comparable with honest figures.";
}

}  // namespace molbridge::service
