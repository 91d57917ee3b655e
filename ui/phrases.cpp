#include "ui/phrases.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace ui {
namespace {

constexpr std::array<std::string_view, kPhrases> kKeys = {
#define UI_KEY(key, text) #key,
    UI_PHRASES(UI_KEY)
#undef UI_KEY
};

constexpr std::array<std::string_view, kPhrases> kEnglish = {
#define UI_TEXT(key, text) text,
    UI_PHRASES(UI_TEXT)
#undef UI_TEXT
};

// The numbers in {0}, {1}, ... of a text; none if a brace is not closed or holds anything but digits.
std::optional<std::set<int>> places(std::string_view text) {
  std::set<int> found;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '}') return std::nullopt;
    if (text[i] != '{') continue;
    int number = 0;
    size_t digits = 0;
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9' && digits < 3; ++i, ++digits) {
      number = number * 10 + (text[i] - '0');
    }
    if (i >= text.size() || text[i] != '}' || digits == 0) return std::nullopt;
    found.insert(number);
  }
  return found;
}

}  // namespace

std::string_view phraseKey(Say phrase) { return kKeys[static_cast<size_t>(phrase)]; }
std::string_view englishPhrase(Say phrase) { return kEnglish[static_cast<size_t>(phrase)]; }

Phrases::Phrases() {
  for (size_t i = 0; i < kPhrases; ++i) m_texts[i] = kEnglish[i];
}

// A table that came through fromTable names no place the English text has not, so this cannot fail for it.
std::string Phrases::filled(Say phrase, fmt::format_args args) const {
  return fmt::vformat(m_texts[static_cast<size_t>(phrase)], args);
}

core::Result<Phrases> Phrases::fromTable(const std::map<std::string, std::string>& texts) {
  Phrases phrases;
  for (const auto& [key, text] : texts) {
    const auto known = std::find(kKeys.begin(), kKeys.end(), key);
    if (known == kKeys.end()) return core::fail("phrase {}: there is no such phrase", key);
    const auto index = static_cast<size_t>(known - kKeys.begin());
    const std::optional<std::set<int>> own = places(text), english = places(kEnglish[index]);
    if (!own) return core::fail("phrase {}: a brace is not closed, or holds more than a number", key);
    for (const int place : *own) {
      if (!english->count(place)) {
        return core::fail("phrase {}: names {{{}}}, which \"{}\" has not", key, place, kEnglish[index]);
      }
    }
    phrases.m_texts[index] = text;
  }
  return phrases;
}

std::string ordinalWord(const Phrases& say, int number) {
  constexpr int kWords = 10;
  if (number < 1 || number > kWords) return ordinalNumber(say, number);
  return say(static_cast<Say>(static_cast<int>(Say::First) + number - 1));
}

std::string ordinalNumber(const Phrases& say, int number) {
  const int tens = number / 10 % 10, ones = number % 10;
  if (tens == 1 || ones == 0 || ones > 3) return say(Say::OrdinalTh, number);
  return say(ones == 1 ? Say::OrdinalSt : ones == 2 ? Say::OrdinalNd : Say::OrdinalRd, number);
}

std::string listOf(const Phrases& say, const std::vector<std::string>& items) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i == 0) {
      text = items[0];
    } else {
      text = say(i + 1 == items.size() ? Say::ListLast : Say::ListNext, text, items[i]);
    }
  }
  return text;
}

}  // namespace ui
