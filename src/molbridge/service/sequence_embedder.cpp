// Text and proteins: RoBERTa, BERT, ALBERT and ESM-2 of a folder; TF-IDF and descriptors, which are no networks.

#include "molbridge/core/files.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/encoders/item_encoder.hpp"
#include "molbridge/encoders/protein/descriptor.hpp"
#include "molbridge/encoders/text/tfidf.hpp"
#include "molbridge/service/embedder.hpp"
#include "molbridge/service/sequence_settings.hpp"

namespace molbridge::service {
namespace {

using encoders::Modality;
using Settings = std::vector<std::pair<std::string, std::string>>;

class SequenceEmbedder : public Embedder {
 public:
  SequenceEmbedder(std::shared_ptr<const encoders::ItemEncoder> encoder, std::string name, Settings settings)
      : encoder_(std::move(encoder)), name_(std::move(name)), settings_(std::move(settings)) {}

  std::string name() const override { return name_; }
  std::string digest() const override { return encoder_->digest(); }
  std::uint64_t width() const override { return encoder_->width(); }
  Settings settings() const override { return settings_; }

  void embed(std::span<EmbedItem> items, std::size_t threads, std::span<float> out) const override {
    std::vector<std::string> texts;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].reason.empty()) continue;
      texts.push_back(std::move(std::get<std::string>(items[i].content)));
      rows.push_back(i);
    }
    std::vector<float> vectors(texts.size() * width());
    const std::vector<encoders::ItemState> states = encoder_->encode(texts, threads, vectors);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      items[rows[i]].reason = states[i].reason;
      items[rows[i]].truncated = states[i].truncated;
      std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * width()), width(),
                  out.begin() + static_cast<std::ptrdiff_t>(rows[i] * width()));
    }
  }

 private:
  std::shared_ptr<const encoders::ItemEncoder> encoder_;
  std::string name_;
  Settings settings_;
};

bool is_network(const EmbedOptions& options) {
  if (encoders::parse_parts(options.model).size() > 1) return false;  // side by side: each part says its own options
  if (options.kind == EmbedKind::kText) return !options.model.starts_with(encoders::TfidfEncoder::kPrefix);
  return folder_exists(options.model) || !encoders::is_protein_descriptor(options.model);
}

}  // namespace

encoders::SequenceEncoderOptions sequence_options(const EmbedOptions& options) {
  encoders::SequenceEncoderOptions sequence;
  sequence.precision = nn::parse_precision(options.dtype);
  if (!options.pooling.empty()) sequence.pooling = encoders::parse_pooling(options.pooling);
  sequence.normalize = options.normalize;
  return sequence;
}

std::vector<std::pair<std::string, std::string>> sequence_settings(const encoders::SequenceEncoder& network,
                                                                   const EmbedOptions& options) {
  return {{"dtype", options.dtype},
          {"pooling", std::string(encoders::name(network.pooling()))},
          {"normalize", options.normalize ? "yes" : "no"},
          {"tokenizer", network.tokenizer().name()}};
}

std::shared_ptr<const Embedder> open_sequence_embedder(const EmbedOptions& options) {
  const Modality modality = options.kind == EmbedKind::kText ? Modality::kText : Modality::kProtein;
  if (is_network(options)) {
    const auto network = encoders::SequenceEncoder::open(options.model, sequence_options(options));
    return std::make_shared<SequenceEmbedder>(encoders::make_item_encoder(modality, network, options.model),
                                              network->name(), sequence_settings(*network, options));
  }
  if (options.dtype != "f32" || !options.pooling.empty())
    throw Error(ErrorCode::kUsage, "--dtype and --pooling are for networks; \"" + options.model + "\" is none");
  const auto encoder = encoders::make_item_encoder(modality, options.model);
  // Not the file's name: equal runs give equal bytes wherever the vocabulary lies.
  const bool is_file = modality == Modality::kText && encoder->parts().empty();
  return std::make_shared<SequenceEmbedder>(encoder, is_file ? "tfidf" : encoder->name(), Settings{});
}

}  // namespace molbridge::service
