#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/text/regex.h"

#include <pcre2.h>

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "core/text/regex_syntax.h"
#include "core/text/unicode.h"

namespace core {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

constexpr size_t kMaxPatternBytes = size_t{1} << 18;
constexpr uint32_t kHeapLimitKiB = 64 * 1024;
constexpr uint64_t kStepsBetweenLooks = 100'000'000;  // at the clock; about a tenth of a second

// An honest pattern walks over its match a few times; an exponential one is stopped soon.
uint32_t stepLimit(size_t textBytes) {
  return static_cast<uint32_t>(std::min<uint64_t>(100'000 + 20 * uint64_t{textBytes}, 1u << 31));
}

std::string messageOf(int code) {
  PCRE2_UCHAR buffer[160];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

std::string shorten(std::string_view pattern) {
  if (pattern.size() <= 60) return std::string(pattern);
  size_t cut = 57;
  while (cut > 0 && (static_cast<unsigned char>(pattern[cut]) & 0xC0) == 0x80) --cut;
  return std::string(pattern.substr(0, cut)) + "...";
}

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, Freer<&pcre2_code_free>> code;
  std::once_flag translated;  // to machine code, at the first search: a file may hold patterns that nobody needs
};

Result<Regex> Regex::compile(std::string_view pattern) {
  Regex regex;
  regex.m_shown = shorten(pattern);
  if (pattern.size() > kMaxPatternBytes) {
    return fail("pattern of {} bytes; at most {} are read", pattern.size(), kMaxPatternBytes);
  }
  const Result<std::string> rewritten = toPcreSyntax(pattern);
  if (!rewritten) return fail("pattern {}: {}", regex.m_shown, rewritten.error().message);
  const std::unique_ptr<pcre2_compile_context, Freer<&pcre2_compile_context_free>> context(
      pcre2_compile_context_create(nullptr));
  if (!context) return fail("pattern {}: not enough memory", regex.m_shown);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 200);
  int error = 0;
  PCRE2_SIZE place = 0;
  auto code = std::make_shared<Code>();
  code->code.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(rewritten->data()), rewritten->size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C, &error,
                    &place, context.get()));
  if (!code->code) return fail("pattern {}: does not compile at byte {}: {}", regex.m_shown, place, messageOf(error));
  regex.m_code = std::move(code);
  return regex;
}

Result<std::vector<Span>> Regex::findAll(std::string_view text, const WorkBudget& budget) const {
  pcre2_code* code = m_code->code.get();
  // Without machine code the interpreter does the same, slower; so there is nothing to report where this fails.
  std::call_once(m_code->translated, [&] { (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); });
  const std::unique_ptr<pcre2_match_data, Freer<&pcre2_match_data_free>> data(
      pcre2_match_data_create_from_pattern(code, nullptr));
  const std::unique_ptr<pcre2_match_context, Freer<&pcre2_match_context_free>> context(
      pcre2_match_context_create(nullptr));
  if (!data || !context) return fail("pattern {}: not enough memory", m_shown);
  const uint32_t steps = stepLimit(text.size());
  pcre2_set_match_limit(context.get(), steps);
  pcre2_set_depth_limit(context.get(), steps);
  pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
  const size_t window = std::clamp<size_t>(kStepsBetweenLooks / steps, 1, 4096);  // starting places a look

  std::vector<Span> matches;
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t from = 0, previousEnd = std::string_view::npos, looked = 0;
  while (from <= text.size()) {
    const size_t last = std::min(from + window, text.size());
    pcre2_set_offset_limit(context.get(), last);
    int found = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
      found =
          pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data.get(), context.get());
    }
    // A look at the clock costs more than a short match.
    if ((found == PCRE2_ERROR_NOMATCH || (++looked & 63) == 0) && budget.late()) {
      return fail("pattern {}: takes too long on a text of {} bytes; use a shorter text", m_shown, text.size());
    }
    if (found == PCRE2_ERROR_NOMATCH) {
      if (last == text.size()) break;
      from = last;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
      continue;
    }
    if (found < 0) {
      return fail("pattern {}: stopped on a text of {} bytes: {}; the pattern may backtrack without end", m_shown,
                  text.size(), messageOf(found));
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
    const Span match{ends[0], ends[1]};
    if (match.begin > match.end || match.begin < from) {
      return fail("pattern {}: gives a match that ends before it begins", m_shown);
    }
    if (match.begin == match.end && match.end == previousEnd) {
      from += from < text.size() ? utf8CharAt(text, from).length : 1;
      continue;
    }
    matches.push_back(match);
    from = previousEnd = match.end;
  }
  return matches;
}

}  // namespace core
