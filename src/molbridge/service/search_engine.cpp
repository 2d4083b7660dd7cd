// A text model with what it ranks.

#include <unordered_set>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/model_cache.hpp"
#include "molbridge/service/query_items.hpp"
#include "molbridge/service/text_search.hpp"

namespace molbridge::service {
namespace {

void take_distinct(const std::string& file, const std::string& column, TextGallery& gallery) {
  std::unordered_set<std::string> seen;
  std::string all;
  gallery.file = file;
  for (QueryItem& item : read_text_items(file, column)) {
    ++gallery.read;
    if (item.content.empty()) {
      ++gallery.left_out;
    } else if (seen.insert(item.content).second) {
      all += item.content + "\n";
      gallery.ids.push_back(std::move(item.id));
      gallery.texts.push_back(std::move(item.content));
    }
  }
  gallery.digest = sha256(all);
}

/// Vectors of the texts; texts without one leave the gallery.
void embed(const retrieve::TextModel& model, std::size_t threads, TextGallery& gallery, Progress& progress) {
  constexpr std::size_t kBlock = 64;
  TextGallery kept = gallery;
  kept.ids.clear();
  kept.texts.clear();
  std::vector<float> rows;
  progress.start("encoding " + gallery.file, gallery.texts.size(), "texts");
  for (std::size_t begin = 0; begin < gallery.texts.size(); begin += kBlock) {
    check_interrupt();
    const auto block = std::span(gallery.texts).subspan(begin, std::min(kBlock, gallery.texts.size() - begin));
    const retrieve::TextVectors vectors = model.embed_texts(block, threads);
    kept.truncated += vectors.truncated;
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (!vectors.states[i].ok()) {
        ++kept.left_out;
        continue;
      }
      kept.ids.push_back(gallery.ids[begin + i]);
      kept.texts.push_back(block[i]);
      const auto row = std::span(vectors.rows).subspan(i * model.width(), model.width());
      rows.insert(rows.end(), row.begin(), row.end());
    }
    progress.advance(begin + block.size());
  }
  progress.finish();
  gallery = std::move(kept);
  if (!rows.empty()) gallery.vectors = std::make_shared<bank::MemoryTable>(std::move(rows), model.width());
}

}  // namespace

SearchEngine open_search_engine(const SearchEngineOptions& options, Progress& progress) {
  SearchEngine engine;
  engine.model = retrieve::TextModel::load(
      options.model.empty() ? shipped_model(kDefaultTextModel) : options.model,
      {.text_encoder = options.text_encoder, .cache_folder = vector_cache_folder(options.cache)});
  if (options.texts.empty()) {
    engine.bank = open_bank_for(*engine.model, options.bank, options.threads);
    return engine;
  }
  take_distinct(options.texts, options.text_column, engine.gallery);
  embed(*engine.model, options.threads, engine.gallery, progress);
  return engine;
}

}  // namespace molbridge::service
