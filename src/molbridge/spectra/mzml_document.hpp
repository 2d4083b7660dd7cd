#pragma once
// The two documents, mzML and mzXML: XML events in, finished scans out to a sink. Not thread-safe.

#include <memory>
#include <string>

#include "molbridge/spectra/mzml_scan.hpp"
#include "molbridge/spectra/mzml_xml.hpp"

namespace molbridge::spectra {

class ScanDocument : public XmlHandler {
 public:
  /// Where the reading stands, for the message about a break: "in spectrum scan=5", "after the last spectrum"...
  virtual std::string place() const = 0;
  /// Id of the scan that is open, "" if none.
  virtual std::string open_id() const = 0;
};

/// `sink` must outlive the document.
std::unique_ptr<ScanDocument> make_mzml_document(ScanSink& sink);
std::unique_ptr<ScanDocument> make_mzxml_document(ScanSink& sink);

/// Of a text "count" attribute; nullopt if it is no number.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// Reports a list that ends before the count that it declares. A count that is too small does no harm.
void check_list_count(ScanSink& sink, std::optional<std::uint64_t> declared);

}  // namespace molbridge::spectra
