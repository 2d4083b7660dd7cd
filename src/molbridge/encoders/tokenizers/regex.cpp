#include "molbridge/encoders/tokenizers/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::size_t kPatternLimit = 1U << 16;
constexpr std::uint32_t kMatchLimit = 5'000'000;  // steps of one match attempt: about 50 ms
constexpr std::uint32_t kHeapLimitKb = 64 * 1024;
constexpr std::uint32_t kPairs = 64;  // groups that search() reports
constexpr std::size_t kStackLimit = 1U << 20;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};

struct MatchMemory {  // one per thread, shared by all expressions
  MatchMemory()
      : data(pcre2_match_data_create(kPairs, nullptr)),
        context(pcre2_match_context_create(nullptr)),
        stack(pcre2_jit_stack_create(32 * 1024, kStackLimit, nullptr)) {
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_set_heap_limit(context.get(), kHeapLimitKb);
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
  std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>> data;
  std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>> context;
  std::unique_ptr<pcre2_jit_stack, Deleter<pcre2_jit_stack_free>> stack;
};

MatchMemory& memory() {
  thread_local MatchMemory mine;
  return mine;
}

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> code;
  std::uint32_t groups = 0;
};

Regex::Regex(std::string_view pattern, RegexSyntax syntax) : pattern_(pattern), code_(std::make_unique<Code>()) {
  if (pattern.size() > kPatternLimit)
    throw Error(ErrorCode::kModel, "a regular expression of the tokenizer is longer than 65536 bytes");
  const std::string translated = translate_regex(pattern, syntax);
  const std::unique_ptr<pcre2_compile_context, Deleter<pcre2_compile_context_free>> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 200);
  std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
  if (syntax == RegexSyntax::kOniguruma) options |= PCRE2_MULTILINE;  // ^ and $ of Ruby are those of lines
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(), options, &error,
                                  &offset, context.get()));
  if (!code_->code) {
    throw Error(ErrorCode::kModel,
                "the regular expression '" + pattern_.substr(0, 200) + "' cannot be compiled: " + message_of(error));
  }
  pcre2_jit_compile(code_->code.get(), PCRE2_JIT_COMPLETE);  // without JIT it still works
  pcre2_pattern_info(code_->code.get(), PCRE2_INFO_CAPTURECOUNT, &code_->groups);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::size_t Regex::groups() const { return std::min<std::size_t>(code_->groups, kPairs - 1); }

std::span<const std::size_t> Regex::search(std::string_view text, std::size_t from) const {
  auto& mine = memory();
  const auto run = [&](std::uint32_t options) {
    return pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options,
                       mine.data.get(), mine.context.get());
  };
  int found = run(PCRE2_NO_UTF_CHECK);
  if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = run(PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT);
  if (found == PCRE2_ERROR_NOMATCH) return {};
  if (found < 0) {
    throw Error(ErrorCode::kModel, "the regular expression '" + pattern_.substr(0, 200) + "' gave up on a text of " +
                                       std::to_string(text.size()) + " bytes: " + message_of(found));
  }
  return {pcre2_get_ovector_pointer(mine.data.get()), 2 * (groups() + 1)};
}

void Regex::find_all(std::string_view text, std::vector<Match>& matches) const {
  std::size_t done = 0;
  std::size_t from = 0;
  std::size_t last_end = npos;
  while (from <= text.size() && !text.empty()) {
    const auto pairs = search(text, from);
    if (pairs.empty()) break;
    const std::size_t begin = pairs[0];
    const std::size_t end = pairs[1];
    if (begin > end) break;  // \K in a lookahead
    if (begin == end && last_end == end) {
      if (from >= text.size()) break;
      from += char_bytes(static_cast<unsigned char>(text[from]));
      continue;
    }
    if (done < begin) matches.push_back({done, begin, false});
    matches.push_back({begin, end, true});
    done = from = last_end = end;
  }
  if (done < text.size()) matches.push_back({done, text.size(), false});
}

}  // namespace molbridge::encoders
