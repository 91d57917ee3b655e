// Tokenizers in GGUF metadata, held against the same tokenizers from their own files.
#include "core/model/gguf_tokenizer.h"

#include <gtest/gtest.h>

#include "core/model/gguf_pre_tokenizers.h"
#include "core/text/sentencepiece_file.h"
#include "tests/core/model/gguf_bytes.h"
#include "tests/support/support.h"

namespace {

using core::GgufType;
using test::GgufBytes;

std::string texts(const std::vector<std::string>& list) {
  std::string bytes;
  for (const std::string& text : list) bytes += test::ggufText(text);
  return bytes;
}

template <class Number>
std::string numbers(const std::vector<Number>& list) {
  std::string bytes;
  for (const Number number : list) bytes += test::bytesOf(number);
  return bytes;
}

core::Result<std::shared_ptr<const core::Tokenizer>> open(const GgufBytes& file) {
  const std::string bytes = file.file();
  const auto header = core::parseGguf(bytes, bytes.size(), "f");
  if (!header) return tl::unexpected<core::Error>(header.error());
  return core::makeGgufTokenizer(*header, "f");
}

std::string problem(const GgufBytes& file) {
  const auto tokenizer = open(file);
  return tokenizer ? "" : tokenizer.error().message;
}

uint64_t varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

// The first field of this number in a protocol buffer of texts and numbers.
std::string_view fieldOf(std::string_view bytes, uint64_t wanted) {
  while (!bytes.empty()) {
    const uint64_t key = varint(bytes);
    if ((key & 7) == 5) bytes.remove_prefix(4);
    if ((key & 7) == 0) varint(bytes);
    if ((key & 7) != 2) continue;
    const uint64_t length = varint(bytes);
    if (key >> 3 == wanted) return bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return {};
}

// A SentencePiece model as GGUF has it.
GgufBytes asGguf(const std::string& model, const char* kind) {
  const auto file = core::parseSentencePiece(model, "spm");
  EXPECT_TRUE(file.has_value());
  std::vector<std::string> pieces;
  std::vector<int32_t> types;
  for (size_t id = 0; id < file->types.size(); ++id) {
    pieces.emplace_back(file->pieces->text(static_cast<int32_t>(id)).value());
    types.push_back(static_cast<int32_t>(file->types[id]));
  }
  GgufBytes out;
  out.text("tokenizer.ggml.model", kind);
  out.array("tokenizer.ggml.tokens", GgufType::Text, pieces.size(), texts(pieces));
  out.array("tokenizer.ggml.token_type", GgufType::Int32, types.size(), numbers(types));
  out.array("tokenizer.ggml.scores", GgufType::Float32, types.size(), numbers(file->scores));
  const std::string_view map = fieldOf(fieldOf(model, 3), 2);
  if (!map.empty()) out.array("tokenizer.ggml.precompiled_charsmap", GgufType::UInt8, map.size(), map);
  out.truth("tokenizer.ggml.add_space_prefix", file->addDummyPrefix);
  out.truth("tokenizer.ggml.remove_extra_whitespaces", file->removeExtraSpaces);
  if (file->begin) out.number("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(*file->begin));
  if (file->end) out.number("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(*file->end));
  return out;
}

TEST(GgufTokenizer, SentencePieceModelsCutAndDecodeAsFromTheirOwnFiles) {
  for (const auto& [path, kind] : {std::pair("t5-spm/tokenizer.model", "t5"), {"mixtral-spm/tokenizer.model", "llama"}}) {
    SCOPED_TRACE(path);
    const std::string bytes = test::readFile(test::fixture(std::string("tokenizers/") + path));
    const auto own = core::Tokenizer::loadSentencePiece(bytes, "");
    const auto made = open(asGguf(bytes, kind));
    ASSERT_TRUE(own.has_value() && made.has_value()) << (made ? "" : made.error().message);
    for (const char* text : {"", "Hello world", "  two  spaces ", "ﬁne, ①② x²", "grüße 世界 \U0001F600", "a\nb\tc"}) {
      const auto ids = (*own)->encode(text, true).value();
      EXPECT_EQ((*made)->encode(text, true).value(), ids) << text;
      EXPECT_EQ((*made)->decode(ids, true), (*own)->decode(ids, true)) << text;
    }
    EXPECT_EQ((*made)->largestId(), (*own)->largestId());
    EXPECT_EQ((*made)->endOfSequence(), (*own)->endOfSequence());
  }
}

GgufBytes bytePairs(const char* pre) {
  GgufBytes file;
  file.text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", pre);
  file.array("tokenizer.ggml.tokens", GgufType::Text, 8, texts({"a", "b", "ab", "1", "11", "\u0120", "<s>", "<x>"}));
  file.array("tokenizer.ggml.token_type", GgufType::Int32, 8, numbers<int32_t>({1, 1, 1, 1, 1, 1, 3, 4}));
  file.array("tokenizer.ggml.merges", GgufType::Text, 2, texts({"a b", "1 1"}));
  file.number("tokenizer.ggml.bos_token_id", 6);
  return file;
}

std::vector<int32_t> ids(const GgufBytes& file, std::string_view text, bool special) {
  const auto tokenizer = open(file);
  EXPECT_TRUE(tokenizer.has_value()) << (tokenizer ? "" : tokenizer.error().message);
  return tokenizer ? (*tokenizer)->encode(text, special).value() : std::vector<int32_t>();
}

TEST(GgufTokenizer, ThePreTokenizersNameDecidesWhereWordsEndAndWhatIsAdded) {
  EXPECT_EQ(ids(bytePairs("gpt-2"), "ab 11", false), (std::vector<int32_t>{2, 5, 4}));
  EXPECT_EQ(ids(bytePairs("qwen2"), "ab11", false), (std::vector<int32_t>{2, 3, 3}));  // digits one by one
  EXPECT_EQ(ids(bytePairs("gpt-2"), "ab", true), (std::vector<int32_t>{2}));
  EXPECT_EQ(ids(bytePairs("llama-bpe"), "ab", true), (std::vector<int32_t>{6, 2}));  // begins with its first token
  EXPECT_EQ(ids(bytePairs("gpt-2"), "a<x>b<s>", false), (std::vector<int32_t>{0, 7, 1, 6}));
  GgufBytes said = bytePairs("gpt-2");
  said.truth("tokenizer.ggml.add_bos_token", true);
  EXPECT_EQ(ids(said, "ab", true), (std::vector<int32_t>{6, 2}));
}

TEST(GgufTokenizer, EveryNamedPatternCompiles) {
  for (const core::GgufPreTokenizer& row : core::ggufPreTokenizers()) {
    const std::string name(row.names.front());
    EXPECT_EQ(ids(bytePairs(name.c_str()), "ab", false), (std::vector<int32_t>{2})) << name;
    EXPECT_EQ(core::ggufPreTokenizerOf(core::preTokenizerJson(row), row.ignoreMerges)->patterns, row.patterns) << name;
  }
}

TEST(GgufTokenizer, WhatDoesNotFitIsNamed) {
  EXPECT_EQ(problem(GgufBytes()), "f: tokenizer.ggml.model: no tokenizer in this file");
  GgufBytes other;
  other.text("tokenizer.ggml.model", "rwkv");
  EXPECT_EQ(problem(other), "f: tokenizer.ggml.model: the string \"rwkv\": expected gpt2, llama or t5");
  EXPECT_TRUE(problem(bytePairs("of-mars"))
                  .starts_with("f: tokenizer.ggml.pre: the string \"of-mars\" is not known; there are gpt-2, "));
  GgufBytes merge = bytePairs("gpt-2");
  const size_t at = merge.entries.find("1 1");
  merge.entries[at] = 'z';
  EXPECT_EQ(problem(merge),
            "f: tokenizer.ggml.merges[1]: expected two tokens that make a third, found the string \"z 1\"");
  GgufBytes types;
  types.text("tokenizer.ggml.model", "llama");
  types.array("tokenizer.ggml.tokens", GgufType::Text, 2, texts({"a", "b"}));
  types.array("tokenizer.ggml.token_type", GgufType::Int32, 2, numbers<int32_t>({1, 9}));
  EXPECT_EQ(problem(types), "f: tokenizer.ggml.token_type: expected numbers from 0 to 6, found another for token 1");
  GgufBytes scores;
  scores.text("tokenizer.ggml.model", "llama");
  scores.array("tokenizer.ggml.tokens", GgufType::Text, 2, texts({"a", "b"}));
  EXPECT_EQ(problem(scores), "f: tokenizer.ggml.scores: expected an array of 2 numbers, found no such entry");
  scores.array("tokenizer.ggml.scores", GgufType::Float32, 2, numbers<float>({0, 0}));
  EXPECT_EQ(problem(scores),
            "f: tokenizer.ggml.unknown_token_id: expected the token for what is not in the vocabulary, found none");
}

}  // namespace
