// How much one call may cost. The steps of a tokenizer come from an untrusted file: sixty replacements of "a" by "aa"
// in a row, or a pattern that backtracks for ever, must end in an error and not in a full memory or a hung program.
#pragma once

#include <chrono>
#include <cstddef>

#include "core/base/result.h"

namespace core {

class WorkBudget {
 public:
  explicit WorkBudget(size_t textBytes, std::chrono::milliseconds time = std::chrono::milliseconds(10'000))
      : m_end(std::chrono::steady_clock::now() + time), m_bytes((size_t{16} << 20) + 256 * textBytes) {}

  bool late() const { return std::chrono::steady_clock::now() > m_end; }

  // For loops over a text: looks at the clock every 256th time. Errors: the time is over.
  Status tick() {
    if ((++m_ticks & 255) != 0 || !late()) return {};
    return fail("the tokenizer's rules take too long on this text; use a shorter one");
  }

  // Every step pays for the bytes it makes, before it makes them. Errors: the budget is spent.
  Status charge(size_t bytes) {
    if (bytes <= m_bytes) {
      m_bytes -= bytes;
      return {};
    }
    return fail(
        "the tokenizer's rules make the text grow without measure; the tokenizer file is not what it should be");
  }

 private:
  std::chrono::steady_clock::time_point m_end;
  size_t m_bytes;
  unsigned m_ticks = 0;
};

}  // namespace core
