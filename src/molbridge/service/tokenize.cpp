#include "molbridge/service/tokenize.hpp"

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/encoders/tokenizers/tokenizer.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

std::string row_of(std::uint64_t line, const encoders::Encoding& encoding) {
  std::string row = std::to_string(line) + "\t" + std::to_string(encoding.ids.size()) + "\t" +
                    std::to_string(encoding.unknown) + "\t" + (encoding.truncated ? "1" : "0") + "\t";
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) row += (i > 0 ? " " : "") + std::to_string(encoding.ids[i]);
  return row + "\n";
}

}  // namespace

TokenizeReport tokenize(const TokenizeOptions& options) {
  const auto tokenizer = encoders::Tokenizer::open(options.model, {options.behaviour, options.max_tokens});
  const auto source = LineSource::open(options.input);
  const auto output = open_output(options.output);
  output->write("line\ttokens\tunknown\ttruncated\tids\n");
  TokenizeReport report;
  report.tokenizer = tokenizer->name();
  for (std::string line; source->next_line(line);) {
    check_interrupt();
    const auto encoding = tokenizer->encode(line, !options.no_special_tokens);
    output->write(row_of(source->line_number(), encoding));
    ++report.texts;
    report.tokens += encoding.ids.size();
    report.unknown += static_cast<std::uint64_t>(encoding.unknown);
    report.truncated += encoding.truncated ? 1 : 0;
  }
  output->commit();
  return report;
}

}  // namespace molbridge::service
