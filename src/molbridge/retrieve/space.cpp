#include "molbridge/retrieve/space.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::retrieve {

void require_target_space(const QueryModel& model) {
  if (!model.target_encoder_digest().empty()) return;
  throw Error(ErrorCode::kModel,
              "the model was imported without the tokenizer of its molecule encoder, so no molecule can be "
              "compared with its vectors")
      .in_file(model.target_encoder())
      .remedy("Import it again: molbridge model import CHECKPOINT --molecule-encoder DIR -o NEW_FOLDER");
}

void require_same_space(const QueryModel& model, const bank::Bank& bank) {
  require_target_space(model);
  const bank::Manifest& manifest = bank.manifest();
  if (manifest.encoder_digest == model.target_encoder_digest() && manifest.width == model.target_width()) return;
  throw Error(ErrorCode::kModel,
              "the bank does not fit the model: the bank holds '" + manifest.encoder + "' (digest " +
                  short_digest(manifest.encoder_digest) + ", width " + std::to_string(manifest.width) +
                  "), the model " + model.name() + " needs '" + model.target_encoder() + "' (digest " +
                  short_digest(model.target_encoder_digest()) + ", width " + std::to_string(model.target_width()) + ")")
      .in_file(bank.folder())
      .remedy("Build one that fits: molbridge bank build MOLECULES --encoder " + model.target_encoder() +
              " -o NEW_FOLDER");
}

}  // namespace molbridge::retrieve
