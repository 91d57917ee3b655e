#include "core/text/tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/text/normalizer.h"
#include "core/text/pieces.h"
#include "core/text/regex_syntax.h"
#include "tests/support/support.h"

namespace {

std::shared_ptr<const core::Tokenizer> golden(const std::string& name) {
  auto tokenizer = core::Tokenizer::load(test::fixture("tokenizers/" + name));
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  return tokenizer.value_or(nullptr);
}

TEST(Tokenizer, AWordOfAHundredThousandCharactersIsQuick) {
  const auto tokenizer = golden("gpt2");
  std::string word;
  for (int i = 0; i < 100'000; ++i) word += static_cast<char>('a' + (i % 97 * i % 89 + i / 7) % 26);
  const auto begin = std::chrono::steady_clock::now();
  const auto ids = tokenizer->encode(word, false);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_EQ(tokenizer->decode(*ids, false), word);
  EXPECT_LT(seconds.count(), 20.0) << "a hang, not a measurement";
}

TEST(Tokenizer, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  const auto tokenizer = golden("gpt2");
  const auto ids = tokenizer->encode("a\xE4\xBD z\xFF\xC3", false);
  ASSERT_TRUE(ids);
  EXPECT_EQ(tokenizer->decode(*ids, false), "a\uFFFD z\uFFFD\uFFFD");
}

TEST(Tokenizer, ManyThreadsGetTheSameIds) {
  const auto tokenizer = golden("llama3");
  const std::string text = test::readFile(test::fixture("tokenizers/llama3/expected.jsonl"));
  const auto expected = *tokenizer->encode(text, true);
  std::vector<std::thread> threads;
  std::vector<int> same(4, 0);
  for (size_t i = 0; i < same.size(); ++i) {
    threads.emplace_back([&, i] { same[i] = *tokenizer->encode(text, true) == expected; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, std::vector<int>(4, 1));
}

TEST(Tokenizer, TokensAreShownAsTheyStandInTheVocabularyAndAsText) {
  const auto tokenizer = golden("llama3");
  const auto ids = tokenizer->encode(" zorro", false);
  ASSERT_TRUE(ids);
  ASSERT_EQ(ids->size(), 1u);
  EXPECT_EQ(tokenizer->tokenText((*ids)[0]), "Ġzorro");
  EXPECT_EQ(tokenizer->pieceText((*ids)[0]), " zorro");
  EXPECT_EQ(tokenizer->tokenText(1'000'000), "");
  EXPECT_EQ(tokenizer->findToken("Ġzorro"), (*ids)[0]);
  EXPECT_TRUE(tokenizer->addsSpecialTokens());
  EXPECT_EQ(tokenizer->tokenText(*tokenizer->beginOfSequence()), "<|begin_of_text|>");
  EXPECT_EQ(tokenizer->tokenText(*tokenizer->endOfSequence()), "<|end_of_text|>");
  EXPECT_FALSE(golden("gpt2")->addsSpecialTokens());
}

TEST(Tokenizer, TheConfigurationBesideTheFileAddsTheFirstToken) {
  const auto tokenizer = golden("deepseek-v3");
  EXPECT_TRUE(tokenizer->addsSpecialTokens());
  EXPECT_EQ(tokenizer->encode("", true)->size(), 1u);
  const std::string json = test::readFile(test::fixture("tokenizers/deepseek-v3/tokenizer.json"));
  EXPECT_FALSE((*core::Tokenizer::loadFromMemory(json, ""))->addsSpecialTokens());
  EXPECT_EQ(core::Tokenizer::loadFromMemory(json, R"({"add_bos_token":true,"bos_token":"<odd>"})").error().message,
            "tokenizer_config.json: add_bos_token is true, but bos_token (\"<odd>\") is not in the vocabulary");
}

TEST(Tokenizer, StreamsOfFallbackBytesNeverShowHalfACharacter) {
  const auto tokenizer = golden("mixtral-json-legacy");
  core::StreamingDetokenizer stream(tokenizer);
  const auto byte = [&](const char* name) { return *tokenizer->findToken(name); };
  EXPECT_EQ(stream.push(*tokenizer->findToken("▁")), "");
  EXPECT_EQ(stream.push(byte("<0xE4>")), "");
  EXPECT_EQ(stream.push(byte("<0xBD>")), "");
  EXPECT_EQ(stream.push(byte("<0xA0>")), "你");
  EXPECT_EQ(stream.push(byte("<0xE4>")), "");
  EXPECT_EQ(stream.push(*tokenizer->findToken("a")), "\uFFFDa");
  EXPECT_EQ(stream.push(*tokenizer->findToken("▁")), " ");
  EXPECT_EQ(stream.push(byte("<0xFF>")), "\uFFFD");
  EXPECT_EQ(stream.push(byte("<0xE4>")), "");
  EXPECT_EQ(stream.flush(), "\uFFFD");
}

std::string split(std::string_view text, core::SplitBehavior behavior) {
  const auto isDash = [](char32_t code) { return code == U'-'; };
  std::string shown;
  for (const core::Span& span :
       core::splitAt(core::segmentsOf(text.size(), core::matchingCharacters(text, isDash)), behavior)) {
    shown += fmt::format("[{}]", text.substr(span.begin, span.end - span.begin));
  }
  return shown;
}

// Controls, formats and private characters go; code points that mean nothing yet stay, as in tokenizers' own.
TEST(Normalizer, BertsDropsControlsButNotWhatIsUnassigned) {
  const auto normalizer = core::makeNormalizer({{"type", "BertNormalizer"},
                                                {"clean_text", true},
                                                {"handle_chinese_chars", false},
                                                {"strip_accents", false},
                                                {"lowercase", false}},
                                               "normalizer");
  ASSERT_TRUE(normalizer) << normalizer.error().message;
  core::WorkBudget budget(1000);
  const auto text = (*normalizer)->apply("a\u0007b\u00ADc\uE000d\tE \U00012AD4\U00010C4D", budget);
  EXPECT_EQ(text.value_or(""), "abcd E \U00012AD4\U00010C4D");
}

TEST(Split, MatchesGoWhereTheBehaviorSays) {
  using enum core::SplitBehavior;
  EXPECT_EQ(split("the-final--countdown", Removed), "[the][final][countdown]");
  EXPECT_EQ(split("the-final--countdown", Isolated), "[the][-][final][-][-][countdown]");
  EXPECT_EQ(split("the-final--countdown", MergedWithPrevious), "[the-][final-][-][countdown]");
  EXPECT_EQ(split("the-final--countdown", MergedWithNext), "[the][-final][-][-countdown]");
  EXPECT_EQ(split("the-final--countdown", Contiguous), "[the][-][final][--][countdown]");
}

TEST(RegexSyntax, RubyIsRewrittenWhereItDiffers) {
  EXPECT_EQ(*core::toPcreSyntax(R"(\s+[^\s\d]\u00e9)"), R"(\p{White_Space}+[^\p{White_Space}\d]\x{00e9})");
  EXPECT_EQ(*core::toPcreSyntax(R"(\p{N}{1,3}+|(ab){2}?|x{,4})"), R"((?:\p{N}{1,3})+|(?:(ab){2})?|x{0,4})");
  EXPECT_EQ(*core::toPcreSyntax(R"((?i:'s)(?m:.)(?<!a)é{2,3}+)"), R"((?i:'s)(?s:.)(?<!a)(?:é{2,3})+)");
  EXPECT_EQ(core::toPcreSyntax("[a&&b]").error().message, "an intersection (&&) in a character class is not supported");
  EXPECT_FALSE(core::toPcreSyntax("[a[b]]"));
  EXPECT_TRUE(core::toPcreSyntax("[[:alpha:]-]"));
}

}  // namespace
