// Every visible string of the instruments, in one table. The keys and the English text are in phrases_table.h; another
// language is another table of the same keys. Numbers, labels (E08, L3), hook names and the user's own text are no
// phrases.
#pragma once

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "ui/phrases_table.h"

namespace ui {

enum class Say : uint16_t {
#define UI_KEY(key, text) key,
  UI_PHRASES(UI_KEY)
#undef UI_KEY
      Count
};

constexpr size_t kPhrases = static_cast<size_t>(Say::Count);
std::string_view phraseKey(Say phrase);      // "RouterTitle"
std::string_view englishPhrase(Say phrase);  // as written in the table

class Phrases {
 public:
  Phrases();  // English

  const std::string& operator()(Say phrase) const { return m_texts[static_cast<size_t>(phrase)]; }
  // The phrase with its {0}, {1}, ... filled in.
  template <class... Args>
  std::string operator()(Say phrase, const Args&... args) const {
    return filled(phrase, fmt::make_format_args(args...));
  }

  // Phrases by key over the English ones. Errors: an unknown key, a text that names a place the English one has not, a
  // brace that is not closed.
  static core::Result<Phrases> fromTable(const std::map<std::string, std::string>& texts);

 private:
  std::string filled(Say phrase, fmt::format_args args) const;

  std::array<std::string, kPhrases> m_texts;
};

// first, second, ... tenth, then 11th; and 1st, 2nd, 3rd, 9th. Counting from 1.
std::string ordinalWord(const Phrases& say, int number);
std::string ordinalNumber(const Phrases& say, int number);
// "E06, E08 and E11".
std::string listOf(const Phrases& say, const std::vector<std::string>& items);

}  // namespace ui
