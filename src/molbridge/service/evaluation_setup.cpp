#include "molbridge/service/evaluation_setup.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/hash.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"
#include "molbridge/retrieve/query.hpp"
#include "molbridge/retrieve/random_model.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/service/evaluation_control.hpp"
#include "molbridge/service/random_pools.hpp"
#include "molbridge/service/released_pools.hpp"

namespace molbridge::service {
namespace {

void check_pool_options(const EvaluateOptions& options) {
  const bool by_file = !options.candidates.empty();
  if (by_file && (!options.pool.empty() || !options.bank.empty())) {
    throw Error(ErrorCode::kUsage, "--candidates and --bank/--pool exclude each other")
        .remedy("Take pools from a bank (--bank DIR --pool ppm) or from a file (--candidates C.json).");
  }
  if (!by_file && options.pool != "formula" && options.pool != "ppm") {
    throw Error(ErrorCode::kUsage,
                "no pools: give --pool formula or --pool ppm with --bank DIR, or --candidates C.json");
  }
  if (options.first_is_truth && !by_file) throw Error(ErrorCode::kUsage, "--first-is-truth needs --candidates");
}

void check_released_options(const EvaluateOptions& options) {
  if (!is_released(options)) return;
  if (options.candidates.empty()) {
    throw Error(ErrorCode::kUsage, "the released convention ranks SMILES as they are given, which a bank does not keep")
        .remedy("Name the lists: --candidates C.json.");
  }
  if (options.cap > 0 || options.mces || options.merge != "none") {
    throw Error(ErrorCode::kUsage,
                "--cap, --mces and --merge ask for molecules; the released convention knows only strings")
        .remedy("Leave them out, or take --convention honest.");
  }
}

std::shared_ptr<const encoders::MoleculeEncoder> encoder_of(const retrieve::SpectrumModel& model) {
  retrieve::require_target_space(model);
  auto encoder = encoders::make_molecule_encoder(model.target_encoder());
  if (encoder->digest() != model.target_encoder_digest()) {
    throw Error(ErrorCode::kModel, "the model was trained for the molecule space " +
                                       short_digest(model.target_encoder_digest()) + ", this build's " +
                                       encoder->name() + " is " + short_digest(encoder->digest()))
        .remedy("Train or import the model again with this build.");
  }
  return encoder;
}

void check_stage_options(const EvaluateOptions& options, const Engine& engine) {
  if (options.stages == "2" && !engine.reranker) {
    throw Error(ErrorCode::kUsage, "--stages 2 asks for a second stage, and there is none");
  }
  if (options.shortlist > 0 && !engine.reranker) {
    throw Error(ErrorCode::kUsage, "--shortlist is about the second stage, and there is none");
  }
  if (options.merge == "scores" && (engine.reranker || options.control != "none")) {
    throw Error(ErrorCode::kUsage,
                "--merge scores is of the first stage: a second stage and controls need one spectrum per query")
        .remedy("Take --merge compound, or --stages 1 without a control.");
  }
}

/// With the bank, where pools come from one.
void open_model_of(const EvaluateOptions& options, EvaluationSetup& setup) {
  const bool by_file = !options.candidates.empty();
  if (options.model == retrieve::kRandomModel) {
    if (is_released(options)) throw Error(ErrorCode::kUsage, "the random model has no released convention");
    setup.engine = open_random_engine(by_file ? std::nullopt : std::optional(options.bank), options.seed);
  } else if (by_file) {
    const auto convention = retrieve::parse_convention(options.convention);
    setup.engine = open_engine_without_bank(options.model, convention, options.stages);
  } else {
    setup.engine = open_engine(options.model, options.bank, retrieve::Convention::kHonest, options.stages);
  }
  check_stage_options(options, setup.engine);
}

EvaluationSetOptions set_options(const EvaluateOptions& options, const CandidateLists& lists) {
  EvaluationSetOptions out{options.spectra, options.threads, {}};
  if (!options.first_is_truth) return out;
  for (const auto& [key, list] : lists) {
    if (!list.empty()) out.truth_by_id[key] = list.front();
  }
  return out;
}

std::unique_ptr<PoolSource> make_pools(const EvaluateOptions& options, EvaluationSetup& setup, Progress& progress) {
  const retrieve::SpectrumModel& model = *setup.engine.model;
  const auto encoder = encoder_of(model);
  if (is_released(options)) {
    return make_released_pools(setup.lists, setup.set, model.target_encoder(), options.threads, progress);
  }
  if (!options.candidates.empty()) {
    auto file = make_candidate_file_pools(setup.lists, setup.set, encoder, options.threads, progress);
    setup.distinct_candidates = file.distinct;
    setup.rejected_candidates = file.rejected;
    return std::move(file.source);
  }
  if (options.pool == "formula") return make_formula_pools(setup.engine.bank, encoder);
  return make_mass_pools(setup.engine.bank, encoder, mass::Tolerance::ppm(options.ppm));
}

void read_queries(const EvaluateOptions& options, EvaluationSetup& setup, Progress& progress) {
  setup.set = load_evaluation_set(set_options(options, setup.lists), progress);
  if (setup.set.queries.empty()) {
    throw Error(ErrorCode::kInput, "no spectrum names a structure, so there is nothing to evaluate")
        .in_file(options.spectra.front())
        .remedy(
            "Name spectra with a SMILES field; where the lists of --candidates start with the truth: "
            "--first-is-truth.");
  }
  if (!options.candidates.empty() && !is_released(options)) resolve_list_keys(setup.lists, setup.set, options.threads);
  setup.merged = merge_queries(setup.set, parse_merge(options.merge));
  apply_control(setup.set, parse_control(options.control), options.seed);
  std::vector<std::string> training;
  for (const auto& molecule : setup.engine.model->training_molecules()) training.push_back(molecule.smiles);
  measure_novelty(setup.set, training, options.threads);
}

void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(squares));
}

retrieve::SpectrumQuery as_query(const spectra::Spectrum& spectrum) {
  const encoders::SpectrumInput input = encoders::spectrum_input(spectrum);
  return {&spectrum, input.precursor_mz, 0, input.adduct, input.ion_mode};
}

/// Mean of rows of length one.
std::vector<float> mean_direction(std::span<float> rows, std::size_t width) {
  std::vector<float> mean(width);
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    const auto row = rows.subspan(begin, width);
    normalize(row);
    for (std::size_t d = 0; d < width; ++d) mean[d] += row[d];
  }
  const auto count = static_cast<float>(rows.size() / width);
  for (float& value : mean) value /= count;
  return mean;
}

}  // namespace

std::optional<retrieve::SpectrumQuery> judged_query(const EvaluationSetup& setup, const EvaluationQuery& query) {
  const auto resolved = retrieve::resolve_query(query.spectrum, {});
  if (!resolved) return std::nullopt;
  const double mass = setup.set.compounds[query.compound].mass;
  const auto fits_better = [mass](const retrieve::Hypothesis& a, const retrieve::Hypothesis& b) {
    return std::abs(a.neutral_mass - mass) < std::abs(b.neutral_mass - mass);
  };
  const auto& best = *std::min_element(resolved->hypotheses.begin(), resolved->hypotheses.end(), fits_better);
  return retrieve::SpectrumQuery{&query.spectrum, resolved->precursor_mz, best.neutral_mass, best.adduct.str(),
                                 best.adduct.ion_mode()};
}

bool is_released(const EvaluateOptions& options) {
  return retrieve::parse_convention(options.convention) == retrieve::Convention::kReleased;
}

std::unique_ptr<const EvaluationSetup> open_evaluation(const EvaluateOptions& options, Progress& progress) {
  check_pool_options(options);
  check_released_options(options);
  parse_merge(options.merge);
  parse_control(options.control);
  auto setup = std::make_unique<EvaluationSetup>();
  open_model_of(options, *setup);
  if (!options.candidates.empty()) setup->lists = read_candidate_lists(options.candidates);
  read_queries(options, *setup, progress);
  setup->pools = make_pools(options, *setup, progress);
  if (options.cap > 0) setup->pools = make_capped_pools(std::move(setup->pools), options.cap, options.seed);
  if (options.model == retrieve::kRandomModel) setup->pools = make_random_pools(std::move(setup->pools));
  return setup;
}

std::string skip_reason(const EvaluationSetup& setup, const EvaluationQuery& query) {
  if (!query.skip_reason.empty()) return query.skip_reason;
  return setup.pools->has_pool(query) ? "" : "no candidate list for this query";
}

std::vector<float> embed_queries(const EvaluationSetup& setup, std::span<const std::size_t> queries,
                                 std::size_t threads) {
  std::vector<retrieve::SpectrumQuery> spectra;
  for (const std::size_t i : queries) {
    const EvaluationQuery& query = setup.set.queries[i];
    spectra.push_back(as_query(query.spectrum));
    for (const spectra::Spectrum& spectrum : query.more) spectra.push_back(as_query(spectrum));
  }
  std::vector<float> vectors = setup.engine.model->embed(spectra, threads);
  if (spectra.size() == queries.size()) return vectors;
  const std::size_t width = setup.engine.model->width();
  std::vector<float> means;
  std::size_t at = 0;
  for (const std::size_t i : queries) {
    const std::size_t count = 1 + setup.set.queries[i].more.size();
    const auto mean = mean_direction(std::span(vectors).subspan(at * width, count * width), width);
    means.insert(means.end(), mean.begin(), mean.end());
    at += count;
  }
  return means;
}

}  // namespace molbridge::service
