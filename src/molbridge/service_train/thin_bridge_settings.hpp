#pragma once
// The keys of a thin bridge's config. Private to its job.

#include <string>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/encoders/text/tfidf.hpp"
#include "molbridge/learn/linear_cca.hpp"
#include "molbridge/train/thin_bridge_task.hpp"

namespace molbridge::service_train {

/// Part of text.encoder that is learned from the training texts.
inline constexpr char kFittedTerms[] = "tfidf";

enum class BridgeMethod {
  kTrained,  ///< contrastive, by the loop
  kCca,      ///< canonical correlation analysis
  kRidge,    ///< regression from text vectors to molecule vectors
};
/// "trained", "cca", "ridge".
std::string_view name(BridgeMethod method);

struct ThinBridgeSettings {
  std::vector<std::string> train_files, held_out_files;  ///< specifications (train::parse_text_pair_file)
  std::vector<std::string> text_columns;                 ///< of files that name none
  train::PairGroup disjoint = train::PairGroup::kMolecule;
  std::string molecule_encoder, text_encoder;
  encoders::TfidfOptions tfidf;  ///< where "tfidf" is the text encoder, or one of those side by side
  BridgeMethod method = BridgeMethod::kTrained;
  train::ThinBridgeOptions bridge;
  learn::CcaOptions cca;
  train::ExcerptOptions excerpts;
  double validation_share = 0.1;
  train::PairGroup validation_by = train::PairGroup::kMolecule;

  bool fits_tfidf() const;
};

/// Errors: kUsage.
ThinBridgeSettings read_thin_bridge(const Config& config);
void write_thin_bridge(const ThinBridgeSettings& settings, ConfigWriter& out);
std::vector<train::TextPairFile> pair_files(const std::vector<std::string>& specifications,
                                            const ThinBridgeSettings& settings);

}  // namespace molbridge::service_train
