// The golden cases come from the published libraries: every line of every case must agree.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text/tokenizer.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

struct Golden {
  const char* name;
  bool streams;  // whether the case has a streaming.jsonl
};

std::vector<Json> lines(const std::filesystem::path& path) {
  std::vector<Json> all;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) all.push_back(Json::parse(line));
  return all;
}

std::filesystem::path fileOf(const std::string& name) {
  if (name == "seed-7m") return test::asset("models/seed-7m/tokenizer.json");
  return test::fixture("tokenizers/" + name);
}

class GoldenTokenizer : public testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    auto loaded = core::Tokenizer::load(fileOf(GetParam().name));
    ASSERT_TRUE(loaded) << loaded.error().message;
    m_tokenizer = *loaded;
    m_folder = test::fixture(std::string("tokenizers/") + GetParam().name);
  }

  std::vector<int32_t> encode(const std::string& text, bool addSpecial) {
    const auto ids = m_tokenizer->encode(text, addSpecial);
    EXPECT_TRUE(ids) << ids.error().message;
    return ids.value_or(std::vector<int32_t>{});
  }

  std::shared_ptr<const core::Tokenizer> m_tokenizer;
  std::filesystem::path m_folder;
};

TEST_P(GoldenTokenizer, EveryTextGivesTheSameIdsAndTokens) {
  const std::vector<Json> cases = lines(m_folder / "expected.jsonl");
  ASSERT_GE(cases.size(), 20u);
  for (const Json& line : cases) {
    const std::string text = line["text"];
    const std::vector<int32_t> ids = line["ids"];
    EXPECT_EQ(encode(text, false), ids) << line["text"];
    EXPECT_EQ(encode(text, true), line.value("ids_special", ids)) << line["text"];
    if (!line.contains("tokens")) continue;
    std::vector<std::string> tokens;
    const auto found = m_tokenizer->tokenize(text, false);
    ASSERT_TRUE(found);
    for (const core::TextToken& token : *found) tokens.push_back(token.text);
    EXPECT_EQ(Json(tokens), line["tokens"]) << line["text"];
  }
}

TEST_P(GoldenTokenizer, EveryListOfIdsGivesTheSameText) {
  for (const Json& line : lines(m_folder / "expected.jsonl")) {
    const std::vector<int32_t> ids = line["ids"];
    const std::string decoded = line["decoded"];
    EXPECT_EQ(m_tokenizer->decode(ids, false), decoded) << line["text"];
    EXPECT_EQ(m_tokenizer->decode(ids, true), line.value("decoded_skip", decoded)) << line["text"];
  }
}

TEST_P(GoldenTokenizer, EveryStreamShowsTheSamePieces) {
  if (!GetParam().streams) {
    ASSERT_FALSE(std::filesystem::exists(m_folder / "streaming.jsonl"));
    return;
  }
  const std::vector<Json> cases = lines(m_folder / "streaming.jsonl");
  ASSERT_FALSE(cases.empty());
  core::StreamingDetokenizer stream(m_tokenizer);  // flush() makes it ready for the next text
  for (const Json& line : cases) {
    std::vector<std::string> pieces;
    for (const int32_t id : line["ids"]) pieces.push_back(stream.push(id));
    EXPECT_EQ(Json(pieces), line["pieces"]) << line["ids"];
    EXPECT_EQ(stream.flush(), line["flush"]) << line["ids"];
  }
}

TEST_P(GoldenTokenizer, TheVocabularyHasTheStatedSize) {
  std::ifstream in(m_folder / "case.json");
  EXPECT_EQ(m_tokenizer->vocabularySize(), Json::parse(in)["vocab"]);
}

INSTANTIATE_TEST_SUITE_P(Families, GoldenTokenizer,
                         testing::Values(Golden{"added-tokens", true}, Golden{"deepseek-llm", true},
                                         Golden{"deepseek-v3", true}, Golden{"gpt-oss", true}, Golden{"gpt2", true},
                                         Golden{"granite", true}, Golden{"llama3", true}, Golden{"llama4", true},
                                         Golden{"neox-olmoe", true}, Golden{"qwen2", true}, Golden{"seed-7m", true},
                                         Golden{"mixtral-json-legacy", false}, Golden{"mixtral-json-metaspace", false},
                                         Golden{"phimoe-json", false}, Golden{"t5-json", false},
                                         Golden{"umt5-json", false}, Golden{"mixtral-spm", true},
                                         Golden{"t5-spm", true}, Golden{"umt5-spm", true}),
                         [](const auto& tested) {
                           std::string name = tested.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
