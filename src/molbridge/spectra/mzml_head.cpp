#include "molbridge/spectra/mzml_head.hpp"

#include <utility>

namespace molbridge::spectra {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::size_t kEntryBytes = 200;  // of a map node or a parameter, beside its text

}  // namespace

bool MzmlHead::has_room(std::size_t bytes) {
  if (kept_bytes_ > kMaxBytes) return false;
  kept_bytes_ += bytes + kEntryBytes;
  return kept_bytes_ <= kMaxBytes;
}

void MzmlHead::open_group(const std::string& id) { group_ = has_room(id.size()) ? &groups_[id] : nullptr; }

void MzmlHead::group_param(MzmlParam param) {
  if (group_ == nullptr) return;
  const std::size_t bytes = param.accession.size() + param.name.size() + param.value.size() +
                            param.unit_accession.size() + param.unit_name.size();
  if (has_room(bytes)) group_->push_back(std::move(param));
}

const std::vector<MzmlParam>& MzmlHead::group(const std::string& id) const {
  static const std::vector<MzmlParam> kNone;
  const auto found = groups_.find(id);
  return found == groups_.end() ? kNone : found->second;
}

void MzmlHead::open_instrument(const std::string& id) {
  if (default_instrument_.empty()) default_instrument_ = id;
  instrument_ = has_room(id.size()) ? &instruments_[id] : nullptr;
}

void MzmlHead::instrument_param(const MzmlParam& param) {
  if (instrument_ == nullptr || !instrument_->empty()) return;
  const bool generic = param.accession == "MS:1000031";  // "instrument model": the value, if any, says which
  if (!generic && !param.value.empty()) return;
  const std::string& model = generic ? param.value : param.name;
  if (has_room(model.size())) *instrument_ = model;
}

void MzmlHead::set_default_instrument(std::string id) {
  if (!id.empty()) default_instrument_ = std::move(id);
}

std::string MzmlHead::instrument(const std::string& id) const {
  const auto found = instruments_.find(id.empty() ? default_instrument_ : id);
  return found == instruments_.end() ? "" : found->second;
}

}  // namespace molbridge::spectra
