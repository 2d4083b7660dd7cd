#include "molbridge/spectra/mzml_reader.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "molbridge/spectra/mzml_document.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 16;
// Keeps sizes of arrays and texts far below what zlib's 32-bit counters hold.
constexpr std::uint64_t kLargestMaxPeaks = std::uint64_t{1} << 25;

ReadOptions bounded(ReadOptions options) {
  options.max_peaks = std::min(options.max_peaks, kLargestMaxPeaks);
  return options;
}

/// Finds the root element and lets the document of that name have everything from there.
class RootHandler : public XmlHandler {
 public:
  RootHandler(ScanSink& sink, std::string file) : sink_(sink), file_(std::move(file)) {}

  const ScanDocument* document() const { return document_.get(); }
  Format format() const { return format_; }

  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (!document_) open(name);
    document_->start_element(name, attributes);
  }
  void end_element(std::string_view name) override { document_->end_element(name); }
  void text(std::string_view piece) override { document_->text(piece); }
  bool wants_text() const override { return document_ && document_->wants_text(); }

 private:
  void open(std::string_view root) {
    if (root == "indexedmzML" || root == "mzML") {
      format_ = Format::kMzml;
      document_ = make_mzml_document(sink_);
    } else if (root == "mzXML" || root == "msRun") {  // mzXML 1 has no outer element
      format_ = Format::kMzxml;
      document_ = make_mzxml_document(sink_);
    } else {
      throw Error(ErrorCode::kInput, "the XML document is '" + std::string(root.substr(0, 40)) + "', not mzML or mzXML")
          .in_file(file_)
          .remedy("Convert it: msconvert FILE --mzML");
    }
  }

  ScanSink& sink_;
  std::string file_;
  Format format_ = Format::kAuto;
  std::unique_ptr<ScanDocument> document_;
};

class MzmlReader : public SpectrumReader {
 public:
  MzmlReader(std::unique_ptr<LineSource> source, std::string name, const ReadOptions& options)
      : source_(std::move(source)),
        sink_(std::move(name), bounded(options)),
        root_(sink_, source_->name()),
        parser_(root_),
        chunk_(kChunkBytes) {
    while (!ended_ && root_.document() == nullptr) pump();
  }

  std::optional<Record> next() override {
    while (sink_.empty() && !ended_) pump();
    if (sink_.empty()) return std::nullopt;
    Record record = sink_.pop();
    ++(std::holds_alternative<Spectrum>(record) ? given_.spectra : given_.skipped);
    return record;
  }
  ReadCounts counts() const override { return {given_.spectra, given_.skipped, sink_.counts().ms1}; }
  std::uint64_t bytes_read() const override { return source_->bytes_read(); }
  std::uint64_t bytes_total() const override { return source_->bytes_total(); }
  Format format() const { return root_.format(); }

 private:
  /// Reads and parses one chunk.
  void pump() {
    std::size_t count = 0;
    try {
      count = source_->read(std::as_writable_bytes(std::span(chunk_)));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInput || root_.document() == nullptr) throw;
      return end_at(parser_.position(error.message()));
    }
    ended_ = count == 0;
    const auto broken = ended_ ? parser_.finish() : parser_.feed({chunk_.data(), count});
    if (broken) end_at(*broken);
  }

  void end_at(const XmlBreak& place) {
    ended_ = true;
    if (root_.document() == nullptr) {
      throw Error(ErrorCode::kInput, "cannot be read as mzML or mzXML: " + place.what)
          .at_line(source_->name(), place.line);
    }
    sink_.damage(root_.document()->open_id(), place.line,
                 "the file is damaged " + root_.document()->place() + " (line " + std::to_string(place.line) +
                     ", byte " + std::to_string(place.offset) + "): " + place.what +
                     "; what follows is lost, copy or convert it again from its source");
  }

  std::unique_ptr<LineSource> source_;
  ScanSink sink_;
  RootHandler root_;
  XmlParser parser_;
  std::vector<char> chunk_;
  ReadCounts given_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<SpectrumReader> make_mzml_reader(std::unique_ptr<LineSource> source, std::string name,
                                                 const ReadOptions& options) {
  return std::make_unique<MzmlReader>(std::move(source), std::move(name), options);
}

std::unique_ptr<SpectrumReader> open_mzml(const std::string& path, const ReadOptions& options, Format format) {
  auto reader = std::make_unique<MzmlReader>(LineSource::open(path), path, options);
  if ((format == Format::kMzml || format == Format::kMzxml) && reader->format() != format) {
    const bool is_mzml = reader->format() == Format::kMzml;
    throw Error(ErrorCode::kInput, std::string("is ") + (is_mzml ? "mzML, not mzXML" : "mzXML, not mzML"))
        .in_file(path)
        .remedy("Leave the format away or name the right one.");
  }
  return reader;
}

}  // namespace molbridge::spectra
