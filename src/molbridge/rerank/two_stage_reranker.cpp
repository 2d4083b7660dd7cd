// The second stage from a model folder: examination, combiner, calibration.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/fragment/annotation.hpp"
#include "molbridge/rerank/calibration.hpp"
#include "molbridge/rerank/combiner.hpp"
#include "molbridge/rerank/examination.hpp"
#include "molbridge/rerank/reranker.hpp"

namespace molbridge::rerank {
namespace {

constexpr float kBehind = 1;          // the first that was not looked at stands this far behind the last that was
constexpr float kStepBehind = 0.01F;  // and each further one this far

class TwoStageReranker : public Reranker {
 public:
  TwoStageReranker(const nn::ModelFolder& folder, std::shared_ptr<const AnalogLibrary> analogs)
      : digest_(folder.digest),
        scorer_(FragmentScorer::read(folder)),
        analogs_(std::move(analogs)),
        combiner_(Combiner::read(folder)),
        calibration_(Calibration::read(folder.manifest)) {
    const std::int64_t shortlist = folder.manifest.integer("rerank.shortlist");
    if (shortlist < 1 || shortlist > 1'000'000)
      throw Error(ErrorCode::kModel, "rerank.shortlist is " + std::to_string(shortlist)).in_file(folder.path);
    shortlist_ = static_cast<std::size_t>(shortlist);
  }

  std::string digest() const override { return digest_; }
  std::size_t default_shortlist() const override { return shortlist_; }

  std::vector<Verdict> judge(std::span<const retrieve::SpectrumQuery> hypotheses, std::span<const Candidate> pool,
                             const RerankOptions& options) const override {
    std::vector<Verdict> out(pool.size());
    if (pool.empty()) return out;
    const Examination found = examine({scorer_, analogs_.get()}, hypotheses, pool, options.shortlist);
    const std::vector<float> scores = combiner_.scores(found.features);
    for (std::size_t i = 0; i < found.shortlist.size(); ++i) {
      const Examined& examined = found.shortlist[i];
      Verdict& verdict = out[examined.candidate];
      verdict.score = scores[i];
      verdict.looked_at = true;
      if (!examined.taken_apart) continue;
      verdict.fragments_explained = examined.fragments.share_of_peaks;
      verdict.intensity_explained = examined.fragments.share_of_intensity;
    }
    float behind = *std::min_element(scores.begin(), scores.end()) - kBehind;
    for (std::size_t i = found.shortlist.size(); i < found.order.size(); ++i, behind -= kStepBehind)
      out[found.order[i]].score = behind;
    calibration_.apply(found, scores, pool, out);
    return out;
  }

  std::vector<AnnotatedPeak> explain(const retrieve::SpectrumQuery& query, const std::string& smiles) const override {
    const auto adduct = mass::Adduct::parse(query.adduct, query.ion_mode);
    MOLBRIDGE_CHECK(bool(adduct), query.adduct);
    const auto seen = fragment::observe(*query.spectrum, query.precursor_mz, *adduct);
    std::vector<AnnotatedPeak> out;
    for (std::size_t p = 0; p < seen.mz.size(); ++p) {
      out.emplace_back();
      out.back().mz = seen.mz[p];
      out.back().intensity = seen.intensity[p];
    }
    const auto molecule = chem::Molecule::from_smiles(smiles);
    if (!molecule) return out;
    const auto structure = fragment::Structure::of(*molecule);
    if (!structure) return out;
    const auto parts = fragment::take_apart(*structure);
    for (const PeakExplanation& found : scorer_.explain(seen, parts)) {
      const fragment::Fragment& part = parts.fragments[found.fragment];
      AnnotatedPeak& peak = out[found.peak];
      peak.formula = fragment::ion_formula(*structure, part, found.channel, seen.ion).hill();
      peak.smiles = fragment::part_smiles(*molecule, part);
      peak.ppm_error = found.ppm_error;
      peak.hydrogen_shift = fragment::shift_of_channel(found.channel);
      peak.bonds_cut = part.bonds_cut();
      peak.weight = found.share;
    }
    return out;
  }

 private:
  std::string digest_;
  FragmentScorer scorer_;
  std::shared_ptr<const AnalogLibrary> analogs_;
  Combiner combiner_;
  Calibration calibration_;
  std::size_t shortlist_ = 0;
};

}  // namespace

std::shared_ptr<const Reranker> Reranker::load(const std::string& folder) {
  const std::string part = (std::filesystem::path(folder) / kRerankFolder).string();
  if (!nn::is_model_folder(part)) return nullptr;
  const std::string bridge = (std::filesystem::path(folder) / kBridgeFolder).string();
  std::shared_ptr<const AnalogLibrary> analogs;
  if (nn::is_model_folder(bridge)) analogs = AnalogLibrary::read(nn::ModelFolder::open(bridge));
  return std::make_shared<TwoStageReranker>(nn::ModelFolder::open(part), std::move(analogs));
}

}  // namespace molbridge::rerank
