// Text and proteins: RoBERTa, BERT, ALBERT and ESM-2 of a folder.

#include "molbridge/service/embedder.hpp"
#include "molbridge/service/sequence_settings.hpp"

namespace molbridge::service {
namespace {

class SequenceEmbedder : public Embedder {
 public:
  explicit SequenceEmbedder(const EmbedOptions& options)
      : encoder_(encoders::SequenceEncoder::open(options.model, sequence_options(options))),
        settings_(sequence_settings(*encoder_, options)) {}

  std::string name() const override { return encoder_->name(); }
  std::string digest() const override { return encoder_->digest(); }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(encoder_->width()); }
  std::vector<std::pair<std::string, std::string>> settings() const override { return settings_; }

  void embed(std::span<EmbedItem> items, std::size_t threads, std::span<float> out) const override {
    std::vector<std::string> texts;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].reason.empty()) continue;
      texts.push_back(std::move(std::get<std::string>(items[i].content)));
      rows.push_back(i);
    }
    std::vector<float> vectors(texts.size() * width());
    encoder_->embed(texts, threads, vectors);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * width()), width(),
                  out.begin() + static_cast<std::ptrdiff_t>(rows[i] * width()));
    }
  }

 private:
  std::shared_ptr<const encoders::SequenceEncoder> encoder_;
  std::vector<std::pair<std::string, std::string>> settings_;
};

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
  return std::make_shared<SequenceEmbedder>(options);
}

}  // namespace molbridge::service
