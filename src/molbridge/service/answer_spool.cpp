#include "molbridge/service/answer_spool.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "molbridge/core/bytes.hpp"

namespace molbridge::service {
namespace {

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, const std::string& text) {
  put(out, std::uint64_t{text.size()});
  out += text;
}

void put_fields(std::string& out, const std::vector<ResultField>& fields) {
  put(out, std::uint64_t{fields.size()});
  for (const ResultField& field : fields) {
    put(out, field.kind);
    put_text(out, field.text);
  }
}

std::string packed(const Answer& answer) {
  std::string out;
  put(out, answer.query_index);
  put_text(out, answer.query_id);
  put_text(out, answer.source);
  put(out, answer.line);
  put_fields(out, answer.fields);
  put(out, answer.status);
  put(out, answer.num_candidates);
  put_text(out, answer.reason);
  put(out, std::uint64_t{answer.hits.size()});
  for (const AnswerHit& hit : answer.hits) {
    put(out, hit.rank);
    put(out, hit.score);
    put_fields(out, hit.fields);
    put_text(out, hit.peaks);
  }
  return out;
}

/// Reads what packed() wrote.
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : reader_(bytes, "spool of results") {}

  Answer answer() {
    Answer out;
    out.query_index = number<std::uint64_t>();
    out.query_id = text();
    out.source = text();
    out.line = number<std::uint64_t>();
    out.fields = fields();
    out.status = number<QueryStatus>();
    out.num_candidates = number<std::uint64_t>();
    out.reason = text();
    for (auto left = number<std::uint64_t>(); left > 0; --left) out.hits.push_back(hit());
    return out;
  }

 private:
  template <typename T>
  T number() {
    return reader_.number<T>("a number");
  }
  std::string text() {
    const auto bytes = reader_.take(number<std::uint64_t>(), "a text");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::vector<ResultField> fields() {
    std::vector<ResultField> out;
    for (auto left = number<std::uint64_t>(); left > 0; --left) {
      const auto kind = number<ResultField::Kind>();
      out.push_back({kind, text()});
    }
    return out;
  }
  AnswerHit hit() {
    AnswerHit out;
    out.rank = number<std::uint64_t>();
    out.score = number<double>();
    out.fields = fields();
    out.peaks = text();
    return out;
  }

  ByteReader reader_;
};

[[noreturn]] void fail(const std::string& folder, const std::string& what) {
  throw Error(ErrorCode::kOutput, what + " a temporary file: " + std::strerror(errno))
      .in_file(folder)
      .remedy("Results wait there for their q-values; make room, or write them to another folder with -o.");
}

}  // namespace

AnswerSpool::AnswerSpool(const std::string& folder) : folder_(folder.empty() ? "." : folder) {
  std::string path = folder_ + "/.molbridge-results-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  if (descriptor < 0) fail(folder_, "cannot create");
  ::unlink(path.c_str());
  file_.reset(::fdopen(descriptor, "w+b"));
  if (file_ != nullptr) return;
  ::close(descriptor);
  fail(folder_, "cannot open");
}

void AnswerSpool::add(const Answer& answer) {
  const std::string bytes = packed(answer);
  std::string record;
  put_text(record, bytes);
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size()) fail(folder_, "cannot write to");
}

void AnswerSpool::replay(const std::function<void(Answer&)>& visit) {
  if (std::fflush(file_.get()) != 0) fail(folder_, "cannot write to");
  std::rewind(file_.get());
  std::uint64_t size = 0;
  std::vector<std::byte> bytes;
  while (std::fread(&size, sizeof size, 1, file_.get()) == 1) {
    bytes.resize(size);
    if (std::fread(bytes.data(), 1, size, file_.get()) != size) fail(folder_, "cannot read back");
    Answer answer = Unpacker(bytes).answer();
    visit(answer);
  }
  if (std::ferror(file_.get()) != 0) fail(folder_, "cannot read back");
}

}  // namespace molbridge::service
