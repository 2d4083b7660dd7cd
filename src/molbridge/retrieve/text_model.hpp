#pragma once
// A trained text bridge as `search` and `pairs evaluate` use it: texts and molecules in, vectors of one space out. A model of the kind
// "thin-bridge" holds two linear sides over two frozen encoders. Format page: docs/formats/thin-bridge.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/encoders/item_encoder.hpp"
#include "molbridge/retrieve/query_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kThinBridgeKind[] = "thin-bridge";

struct TextModelOptions {
  std::string text_encoder;  ///< specification or folder; "": MOLBRIDGE_TEXT_ENCODER, else what the model names
  std::string cache_folder;  ///< for what view() computes of a bank; "": kept in no file
};

struct TextVectors {
  std::vector<float> rows;                  ///< [B * D], each of length 1, or zero where its text could not be encoded
  std::vector<encoders::ItemState> states;  ///< of each text
  std::uint64_t truncated = 0;              ///< texts longer than the encoder takes; their heads count
};

/// Queries are texts, what is ranked are molecules, or the other way round: both live in one space, by cosine. Threads: const use is safe.
/// Deterministic: a vector depends on its text or molecule alone.
class TextModel : public QueryModel {
 public:
  /// Opens weights and manifest only; the text encoder is opened when a text must be encoded first. Errors: kModel when the folder is missing,
  /// damaged, of a newer format or of another kind.
  static std::shared_ptr<const TextModel> load(const std::string& folder, const TextModelOptions& options = {});

  /// Errors: kModel when the text encoder is not there, or is another than the model was trained with (both digests are named).
  virtual TextVectors embed_texts(std::span<const std::string> texts, std::size_t threads) const = 0;
  /// Shapes: returns [B * D], each row of length 1. Requires standardised molecules.
  virtual std::vector<float> embed_molecules(std::span<const chem::Molecule> molecules, std::size_t threads) const = 0;
  virtual std::string text_encoder() const = 0;  ///< specification that the model was trained with
  virtual std::string text_encoder_digest() const = 0;
  virtual std::string method() const = 0;  ///< "trained", "cca", "ridge"
};

}  // namespace molbridge::retrieve
