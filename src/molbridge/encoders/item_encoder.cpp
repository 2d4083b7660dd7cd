#include "molbridge/encoders/item_encoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/encoders/protein/descriptor.hpp"
#include "molbridge/encoders/protein/fasta.hpp"
#include "molbridge/encoders/specification.hpp"
#include "molbridge/encoders/text/tfidf.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::array<std::pair<std::string_view, Modality>, 3> kModalities = {
    {{"molecule", Modality::kMolecule}, {"protein", Modality::kProtein}, {"text", Modality::kText}}};

constexpr const char* kKnownTexts =
    "Known encoders of texts: the folder of a network over text (BERT, RoBERTa, ALBERT), DIR or DIR?pooling=P,dtype=T, "
    "or tfidf:FILE.";

/// The items that can be encoded, and which they were.
template <typename Content>
struct Kept {
  std::vector<Content> contents;
  std::vector<std::size_t> rows;

  /// `prepare(item)` gives a Result<Content>; its failure becomes the state of the item.
  template <typename Prepare>
  static Kept of(std::span<const std::string> items, std::size_t threads, std::vector<ItemState>& states,
                 const Prepare& prepare) {
    constexpr std::size_t kChunk = 16;
    std::vector<std::optional<Content>> prepared(items.size());
    parallel_for(items.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Result<Content> content = prepare(items[i]);
        if (!content) states[i].reason = content.reason();
        if (content) prepared[i] = std::move(*content);
      }
    });
    Kept kept;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!prepared[i]) continue;
      kept.contents.push_back(std::move(*prepared[i]));
      kept.rows.push_back(i);
    }
    return kept;
  }
};

/// No NaN leaves an encoder: a network with damaged weights makes failures, not rows that poison what is computed from them.
void place_row(std::span<const float> row, bool truncated, ItemState& state, std::span<float> out) {
  if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); })) {
    state.reason = "the vector is not finite";
    return;
  }
  std::copy(row.begin(), row.end(), out.begin());
  state.truncated = truncated;
}

/// `encode(contents, vectors)` gives who was truncated.
template <typename Content, typename Encode>
void encode_kept(const Kept<Content>& kept, std::size_t width, std::vector<ItemState>& states, std::span<float> out,
                 const Encode& encode) {
  std::fill(out.begin(), out.end(), 0.0F);
  std::vector<float> vectors(kept.contents.size() * width);
  const std::vector<std::uint8_t> truncated = encode(kept.contents, std::span<float>(vectors));
  for (std::size_t i = 0; i < kept.rows.size(); ++i) {
    const std::size_t row = kept.rows[i];
    place_row(std::span(vectors).subspan(i * width, width), truncated[i] != 0, states[row],
              out.subspan(row * width, width));
  }
}

class MoleculeItems : public ItemEncoder {
 public:
  explicit MoleculeItems(std::shared_ptr<const MoleculeEncoder> encoder) : encoder_(std::move(encoder)) {}
  Modality modality() const override { return Modality::kMolecule; }
  std::string name() const override { return encoder_->name(); }
  std::string digest() const override { return encoder_->digest(); }
  std::uint64_t width() const override { return encoder_->width(); }
  std::string precision() const override { return encoder_->precision(); }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t threads,
                                std::span<float> out) const override {
    MOLBRIDGE_CHECK(out.size() == items.size() * width(), std::to_string(out.size()));
    std::vector<ItemState> states(items.size());
    const auto kept = Kept<chem::Molecule>::of(items, threads, states,
                                               [](const std::string& smiles) { return chem::standardize(smiles); });
    encode_kept(kept, width(), states, out, [&](const std::vector<chem::Molecule>& molecules, std::span<float> rows) {
      return encoder_->encode_all(molecules, threads, rows);
    });
    return states;
  }

 private:
  std::shared_ptr<const MoleculeEncoder> encoder_;
};

Result<std::string> prepare_text(const std::string& text) {
  if (trim(text).empty()) return Failure{"an empty text"};
  return text;
}

class SequenceItems : public ItemEncoder {
 public:
  SequenceItems(Modality modality, std::shared_ptr<const SequenceEncoder> encoder, std::string name)
      : modality_(modality), encoder_(std::move(encoder)), name_(std::move(name)) {}
  Modality modality() const override { return modality_; }
  std::string name() const override { return name_; }
  std::string digest() const override { return encoder_->digest(); }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(encoder_->width()); }
  std::string precision() const override { return std::string(nn::name(encoder_->precision())); }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t threads,
                                std::span<float> out) const override {
    MOLBRIDGE_CHECK(out.size() == items.size() * width(), std::to_string(out.size()));
    std::vector<ItemState> states(items.size());
    const bool proteins = modality_ == Modality::kProtein;
    const auto kept = Kept<std::string>::of(items, threads, states, [proteins](const std::string& item) {
      return proteins ? clean_protein(item) : prepare_text(item);
    });
    encode_kept(kept, width(), states, out, [&](const std::vector<std::string>& texts, std::span<float> rows) {
      return encoder_->embed(texts, threads, rows);
    });
    return states;
  }

 private:
  Modality modality_;
  std::shared_ptr<const SequenceEncoder> encoder_;
  std::string name_;
};

std::shared_ptr<const ItemEncoder> open_network(Modality modality, const NetworkFolder& network) {
  return make_item_encoder(modality, SequenceEncoder::open(network.folder, network.options), network.name());
}

std::shared_ptr<const ItemEncoder> make_text_encoder(const std::string& text) {
  const Specification specification{text, kKnownTexts};
  if (text.starts_with(TfidfEncoder::kPrefix))
    return std::make_shared<TfidfEncoder>(
        TfidfEncoder::read(text.substr(std::string_view(TfidfEncoder::kPrefix).size())));
  if (const auto network = find_network(specification)) return open_network(Modality::kText, *network);
  throw specification.bad("unknown kind, and no such folder");
}

std::shared_ptr<const ItemEncoder> make_protein_encoder(const std::string& text) {
  if (is_protein_descriptor(text)) return make_protein_descriptor(text);
  const Specification specification{text, kKnownProteinEncoders};
  if (const auto network = find_network(specification)) return open_network(Modality::kProtein, *network);
  throw specification.bad("unknown kind, and no such folder");
}

std::shared_ptr<const ItemEncoder> make_side_by_side(Modality modality, std::span<const PartSpecification> parts) {
  std::vector<ItemPart> encoders;
  for (const PartSpecification& part : parts) encoders.push_back({make_item_encoder(modality, part.text), part.weight});
  return std::make_shared<ConcatEncoder>(std::move(encoders));
}

}  // namespace

std::string_view name(Modality modality) {
  for (const auto& [text, value] : kModalities) {
    if (value == modality) return text;
  }
  return "";
}

Modality parse_modality(std::string_view text) {
  for (const auto& [name, modality] : kModalities) {
    if (name == text) return modality;
  }
  throw Error(ErrorCode::kUsage, "unknown modality \"" + std::string(text) + "\"")
      .remedy("one of molecule, protein, text");
}

std::string_view default_encoder(Modality modality) {
  switch (modality) {
    case Modality::kMolecule: return "ecfp4";
    case Modality::kProtein: return kDefaultProteinEncoder;
    case Modality::kText: return "";
  }
  return "";
}

std::shared_ptr<const ItemEncoder> make_item_encoder(Modality modality, const std::string& specification) {
  if (const auto parts = parse_parts(specification); parts.size() > 1) return make_side_by_side(modality, parts);
  switch (modality) {
    case Modality::kMolecule: return make_item_encoder(make_molecule_encoder(specification));
    case Modality::kProtein: return make_protein_encoder(specification);
    case Modality::kText: return make_text_encoder(specification);
  }
  MOLBRIDGE_CHECK(false, "modality");
}

std::shared_ptr<const ItemEncoder> make_item_encoder(std::shared_ptr<const MoleculeEncoder> encoder) {
  return std::make_shared<MoleculeItems>(std::move(encoder));
}

std::shared_ptr<const ItemEncoder> make_item_encoder(Modality modality, std::shared_ptr<const SequenceEncoder> encoder,
                                                     const std::string& name) {
  MOLBRIDGE_CHECK(modality != Modality::kMolecule, "molecules are standardised first: a MoleculeEncoder");
  const bool esm = encoder->kind() == "esm";
  if (esm != (modality == Modality::kProtein)) {
    throw Error(ErrorCode::kModel, esm ? "is a network over proteins, not over texts"
                                       : "is a network over texts (" + encoder->kind() + "), not over proteins")
        .in_file(name)
        .remedy(esm ? kKnownTexts : kKnownProteinEncoders);
  }
  return std::make_shared<SequenceItems>(modality, std::move(encoder), name);
}

}  // namespace molbridge::encoders
