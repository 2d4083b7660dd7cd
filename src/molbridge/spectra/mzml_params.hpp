#pragma once
// Controlled-vocabulary parameters of mzML: what each accession means for a scan. Not thread-safe.

#include <string>
#include <string_view>

#include "molbridge/spectra/mzml_binary.hpp"
#include "molbridge/spectra/mzml_scan.hpp"
#include "molbridge/spectra/mzml_xml.hpp"

namespace molbridge::spectra {

/// A cvParam or userParam (then without accession).
struct MzmlParam {
  std::string accession, name, value, unit_accession, unit_name;
};

MzmlParam read_param(const XmlAttributes& attributes);

/// Which part of a spectrum a parameter stands in: the same term means different things in different parts.
enum class MzmlPart { kSpectrum, kScan, kIsolationWindow, kSelectedIon, kActivation, kArray, kIgnored };

enum class ArrayKind { kOther, kMz, kIntensity };

/// The binary array that is being read.
struct MzmlArray {
  ArrayKind kind = ArrayKind::kOther;
  ArrayEncoding encoding;
  bool external = false;  ///< imzML: the values are in another file
};

/// Width and target of the isolation window, until the precursor is complete.
struct IsolationWindow {
  std::string target;
  double lower = 0;
  double upper = 0;
};

/// Everything that parameters of one spectrum can change.
struct MzmlTargets {
  Scan& scan;
  IsolationWindow& isolation;
  MzmlArray& array;
};

/// Applies a parameter. One that is not known is kept as a field under its name if it has a value.
void apply_param(MzmlPart part, const MzmlParam& param, const MzmlTargets& targets);

/// Called at the end of a precursor: the isolation target stands in for a missing selected ion; the width becomes a field.
void finish_precursor(Scan& scan, IsolationWindow& isolation);

}  // namespace molbridge::spectra
