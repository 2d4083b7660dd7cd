// Text and proteins: RoBERTa, BERT, ALBERT and ESM-2 of a folder.

#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/service/embedder.hpp"

namespace molbridge::service {
namespace {

class SequenceEmbedder : public Embedder {
 public:
  SequenceEmbedder(const EmbedOptions& options, const encoders::SequenceEncoderOptions& encoding)
      : encoder_(encoders::SequenceEncoder::open(options.model, encoding)),
        dtype_(encoding.precision),
        normalize_(encoding.normalize) {}

  std::string name() const override { return encoder_->name(); }
  std::string digest() const override { return encoder_->digest(); }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(encoder_->width()); }
  std::vector<std::pair<std::string, std::string>> settings() const override {
    return {{"dtype", std::string(nn::name(dtype_))},
            {"pooling", std::string(encoders::name(encoder_->pooling()))},
            {"normalize", normalize_ ? "yes" : "no"},
            {"tokenizer", encoder_->tokenizer().name()}};
  }

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
  nn::Precision dtype_;
  bool normalize_;
};

}  // namespace

std::shared_ptr<const Embedder> open_sequence_embedder(const EmbedOptions& options) {
  encoders::SequenceEncoderOptions encoding;
  encoding.precision = nn::parse_precision(options.dtype);
  if (!options.pooling.empty()) encoding.pooling = encoders::parse_pooling(options.pooling);
  encoding.normalize = options.normalize;
  return std::make_shared<SequenceEmbedder>(options, encoding);
}

}  // namespace molbridge::service
