#include "molbridge/service_train/side_terms.hpp"

#include "molbridge/core/files.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/encoders/text/tfidf.hpp"

namespace molbridge::service_train {

std::string keep_terms(const std::string& specification, const std::string& file, nn::ModelFolderWriter& writer) {
  const std::string prefix = encoders::TfidfEncoder::kPrefix;
  auto parts = encoders::parse_parts(specification);
  int kept = 0;
  for (auto& part : parts) {
    if (!part.text.starts_with(prefix)) continue;
    const std::string own = ++kept == 1 ? file : std::to_string(kept) + "_" + file;
    writer.add_side_file(own, read_text_file(part.text.substr(prefix.size())));
    part.text = prefix + own;
  }
  return encoders::join_parts(parts);
}

}  // namespace molbridge::service_train
