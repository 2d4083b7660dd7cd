#pragma once
// What stands before the spectra of an mzML file and is referred to by them: parameter groups and instruments. Not thread-safe.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "molbridge/spectra/mzml_params.hpp"

namespace molbridge::spectra {

/// Keeps at most 16 MiB of text; real files have a few KB, and what a hostile one has beyond that is forgotten.
class MzmlHead {
 public:
  /// Parameters that follow belong to the group until it is closed.
  void open_group(const std::string& id);
  void close_group() { group_ = nullptr; }
  void group_param(MzmlParam param);
  /// Empty for a group that is not there. Valid until the next open_group().
  const std::vector<MzmlParam>& group(const std::string& id) const;

  void open_instrument(const std::string& id);
  void close_instrument() { instrument_ = nullptr; }
  /// The model is the first term without a value (the serial number and the like have one).
  void instrument_param(const MzmlParam& param);
  void set_default_instrument(std::string id);
  /// Model of an instrument configuration, of the default one for "".
  std::string instrument(const std::string& id) const;

 private:
  bool has_room(std::size_t bytes);

  std::map<std::string, std::vector<MzmlParam>> groups_;
  std::map<std::string, std::string> instruments_;
  std::vector<MzmlParam>* group_ = nullptr;
  std::string* instrument_ = nullptr;
  std::string default_instrument_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace molbridge::spectra
