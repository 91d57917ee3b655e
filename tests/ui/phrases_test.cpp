#include "ui/phrases.h"

#include <gtest/gtest.h>

#include <set>

namespace ui {
namespace {

TEST(Phrases, FillsPlacesInOrder) {
  const Phrases say;
  EXPECT_EQ(say(Say::KeptOf, 1, 2), "1 of 2 kept");
  EXPECT_EQ(ordinalNumber(say, 1), "1st");
  EXPECT_EQ(ordinalNumber(say, 11), "11th");
  EXPECT_EQ(ordinalNumber(say, 22), "22nd");
  EXPECT_EQ(ordinalNumber(say, 113), "113th");
  EXPECT_EQ(ordinalWord(say, 3), "third");
  EXPECT_EQ(listOf(say, {"E06"}), "E06");
  EXPECT_EQ(listOf(say, {"E06", "E08", "E11"}), "E06, E08 and E11");
}

TEST(Phrases, AnotherLanguageReplacesWhatItNames) {
  const auto table = Phrases::fromTable({{"KeptOf", "{1} gewählt, {0} behalten"}});
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ((*table)(Say::KeptOf, 1, 2), "2 gewählt, 1 behalten");
  EXPECT_EQ((*table)(Say::RouterTitle), "Router");
}

TEST(Phrases, ATableWithAMistakeIsRefusedWithTheKey) {
  const auto message = [](const std::map<std::string, std::string>& table) {
    const auto result = Phrases::fromTable(table);
    return result ? std::string("accepted") : result.error().message;
  };
  EXPECT_EQ(message({{"Nonsense", "x"}}), "phrase Nonsense: there is no such phrase");
  EXPECT_EQ(message({{"KeptOf", "{2} of {0}"}}), "phrase KeptOf: names {2}, which \"{0} of {1} kept\" has not");
  EXPECT_EQ(message({{"KeptOf", "{0"}}), "phrase KeptOf: a brace is not closed, or holds more than a number");
  EXPECT_EQ(message({{"KeptOf", "{0:>1000000}"}}), "phrase KeptOf: a brace is not closed, or holds more than a number");
  EXPECT_EQ(message({{"KeptOf", "}"}}), "phrase KeptOf: a brace is not closed, or holds more than a number");
}

TEST(Phrases, EveryEnglishTextIsAValidTableOfItsOwn) {
  std::map<std::string, std::string> all;
  for (size_t i = 0; i < kPhrases; ++i) {
    const auto phrase = static_cast<Say>(i);
    EXPECT_TRUE(all.emplace(phraseKey(phrase), englishPhrase(phrase)).second) << phraseKey(phrase);
  }
  EXPECT_TRUE(Phrases::fromTable(all).has_value());
}

}  // namespace
}  // namespace ui
