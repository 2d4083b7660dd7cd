#include "molbridge/spectra/test_support.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace molbridge::spectra {

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(TestSupport, GzipOfText_IsReadBack) {
  auto source = LineSource::from_memory("x", gzip("one\ntwo\n"));
  std::string line;
  ASSERT_TRUE(source->next_line(line));
  EXPECT_EQ(line, "one");
}

}  // namespace molbridge::spectra
