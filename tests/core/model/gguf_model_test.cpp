// Whole models in GGUF: what an independent implementation computed from the same weights, their tokenizers, and files
// that are split or do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/engine/cpu_engine.h"
#include "core/model/inspect.h"
#include "core/model/loader.h"
#include "core/text/tokenizer.h"
#include "tests/core/model/gguf_bytes.h"
#include "tests/support/golden_gguf.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;
using test::GgufBytes;

class GgufModel : public testing::TestWithParam<std::string> {};

TEST_P(GgufModel, EveryTensorAndTheGreedyContinuationAgreeOnTheCpu) {
  const test::GoldenModel golden = test::loadGoldenGguf(GetParam());
  auto engine = core::makeCpuEngine(golden.model, 2);
  ASSERT_TRUE(engine.has_value()) << engine.error().message;
  auto session = test::runGolden(golden, *engine);
  ASSERT_TRUE(session.has_value()) << session.error().message;
  double worst = 0;
  EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace(), &worst), "");
  EXPECT_GT(worst, 0);
}

TEST_P(GgufModel, NothingInItsConfigIsUnsaid) {
  const test::GoldenModel golden = test::loadGoldenGguf(GetParam());
  EXPECT_EQ(golden.model->tokenizerProblem, "");
  EXPECT_EQ(golden.model->name, fs::path(GetParam()).filename().string());
  for (const std::string& line : golden.model->config.disagreements) {
    EXPECT_EQ(line.find("not used"), std::string::npos) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, GgufModel, testing::ValuesIn(test::goldenGgufNames()), [](const auto& tested) {
  std::string name = tested.param;
  for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
  return name;
});

class GgufTokens : public testing::TestWithParam<const char*> {};

TEST_P(GgufTokens, TheTokenizerInTheFileGivesTheGoldenIds) {
  const fs::path folder = test::fixture(fmt::format("gguf/models/{}", GetParam()));
  const auto model = core::loadModel(folder / "model.gguf");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  const core::Tokenizer* tokenizer = (*model)->tokenizer.get();
  ASSERT_NE(tokenizer, nullptr) << (*model)->tokenizerProblem;
  std::istringstream lines(test::readFile(folder / "tokens.jsonl"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    const std::string text = row["text"];
    EXPECT_EQ(tokenizer->encode(text, false).value(), row["ids"].get<std::vector<int32_t>>()) << row["text"];
    EXPECT_EQ(tokenizer->encode(text, true).value(), row["ids_special"].get<std::vector<int32_t>>()) << row["text"];
  }
  EXPECT_EQ(count, 48);
}

INSTANTIATE_TEST_SUITE_P(Files, GgufTokens,
                         testing::Values("llama", "olmoe", "qwen2moe", "qwen3moe", "granitemoe", "gpt-oss",
                                         "deepseek2"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// A dense model of one layer whose tensors are all ones, cut into `parts` files; queries, keys and values may be left
// out.
std::vector<GgufBytes> tinyModel(int parts, bool withQkv = true) {
  std::vector<GgufBytes> files(static_cast<size_t>(parts));
  GgufBytes& first = files.front();
  first.text("general.architecture", "llama");
  for (const auto& [key, value] : {std::pair("block_count", 1u),
                                   {"context_length", 16u},
                                   {"embedding_length", 8u},
                                   {"feed_forward_length", 12u},
                                   {"attention.head_count", 2u}}) {
    first.number(std::string("llama.") + key, value);
  }
  first.real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  std::vector<std::pair<const char*, std::vector<uint64_t>>> tensors = {
      {"token_embd.weight", {8, 20}},       {"output_norm.weight", {8}},        {"blk.0.attn_norm.weight", {8}},
      {"blk.0.attn_q.weight", {8, 8}},      {"blk.0.attn_k.weight", {8, 8}},    {"blk.0.attn_v.weight", {8, 8}},
      {"blk.0.attn_output.weight", {8, 8}}, {"blk.0.ffn_norm.weight", {8}},     {"blk.0.ffn_gate.weight", {8, 12}},
      {"blk.0.ffn_up.weight", {8, 12}},     {"blk.0.ffn_down.weight", {12, 8}},
  };
  if (!withQkv) tensors.erase(tensors.begin() + 3, tensors.begin() + 6);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, ne] = tensors[i];
    const size_t count = ne.size() > 1 ? ne[0] * ne[1] : ne[0];
    files[i % files.size()].tensor(name, ne, 0, test::floatBytes(std::vector<float>(count, 1.0f)));
  }
  for (size_t i = 0; parts > 1 && i < files.size(); ++i) {
    files[i].entry("split.no", core::GgufType::UInt16, test::bytesOf(static_cast<uint16_t>(i)));
    files[i].entry("split.count", core::GgufType::UInt16, test::bytesOf(static_cast<uint16_t>(parts)));
    files[i].entry("split.tensors.count", core::GgufType::Int32, test::bytesOf(static_cast<int32_t>(tensors.size())));
  }
  return files;
}

void write(const fs::path& folder, const std::vector<GgufBytes>& files) {
  for (size_t i = 0; i < files.size(); ++i) {
    test::writeFile(folder / fmt::format("tiny-{:05}-of-{:05}.gguf", i + 1, files.size()), files[i].file());
  }
}

std::string problem(const fs::path& path) {
  const auto model = core::loadModel(path);
  return model ? "" : model.error().message;
}

TEST(GgufFiles, AModelInThreeFilesIsOpenedByTheFirst) {
  const test::ScratchFolder scratch;
  write(scratch.path(), tinyModel(3));
  const auto model = core::loadModel(scratch.path() / "tiny-00001-of-00003.gguf");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ((*model)->name, "tiny");
  EXPECT_EQ((*model)->config.family, "mistral");
  EXPECT_EQ((*model)->config.layer[0].denseHidden, 12);
  EXPECT_TRUE((*model)->config.tiedEmbeddings);
  EXPECT_EQ((*model)->tokenizerProblem, "tiny-00001-of-00003.gguf: tokenizer.ggml.model: no tokenizer in this file");
  EXPECT_EQ(problem(scratch.path() / "tiny-00002-of-00003.gguf"),
            "tiny-00002-of-00003.gguf: this is file 2 of 3; open the first, tiny-00001-of-00003.gguf");
  const auto inspection = core::inspectPath(scratch.path() / "tiny-00001-of-00003.gguf");
  ASSERT_TRUE(inspection.has_value()) << inspection.error().message;
  EXPECT_EQ(inspection->document["family"], "mistral");
  EXPECT_EQ(inspection->document["problem"], nullptr);
}

// With fewer keys and values than queries, and biases: rows 0 to 7 are queries, 8 to 11 keys, 12 to 15 values.
TEST(GgufFiles, QueriesKeysAndValuesMayLieInOneTensor) {
  const test::ScratchFolder scratch;
  GgufBytes file = tinyModel(1, false).front();
  file.number("llama.attention.head_count_kv", 1);
  std::vector<float> rows, biases;
  for (int r = 0; r < 16; ++r) {
    rows.insert(rows.end(), 8, static_cast<float>(r));
    biases.push_back(static_cast<float>(100 + r));
  }
  file.tensor("blk.0.attn_qkv.weight", {8, 16}, 0, test::floatBytes(rows));
  file.tensor("blk.0.attn_qkv.bias", {16}, 0, test::floatBytes(biases));
  test::writeFile(scratch.path() / "m.gguf", file.file());
  const auto model = core::loadModel(scratch.path() / "m.gguf");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  const core::LayerWeights& layer = (*model)->weights.layer[0];
  const auto rowsAre = [](const core::Linear& linear, int first, int count) {
    EXPECT_EQ(linear.weight.shape, (std::vector<int64_t>{count, 8}));
    EXPECT_EQ(linear.bias.shape, (std::vector<int64_t>{count}));
    for (int r = 0; r < count; ++r) {
      float row[8], bias = 0;
      std::memcpy(row, linear.weight.data + r * 32, sizeof row);
      std::memcpy(&bias, linear.bias.data + r * 4, sizeof bias);
      EXPECT_THAT(row, testing::Each(static_cast<float>(first + r)));
      EXPECT_EQ(bias, static_cast<float>(100 + first + r));
    }
  };
  rowsAre(layer.query, 0, 8);
  rowsAre(layer.key, 8, 4);
  rowsAre(layer.value, 12, 4);
  for (const std::string& line : (*model)->config.disagreements)
    EXPECT_EQ(line.find("not used"), std::string::npos) << line;
}

TEST(GgufFiles, FilesThatDoNotBelongTogetherAreRefused) {
  const test::ScratchFolder scratch;
  const fs::path first = scratch.path() / "tiny-00001-of-00002.gguf",
                 second = scratch.path() / "tiny-00002-of-00002.gguf";
  write(scratch.path(), tinyModel(2));
  EXPECT_EQ(problem(first), "");
  fs::copy_file(first, scratch.path() / "other.gguf");
  EXPECT_EQ(problem(scratch.path() / "other.gguf"),
            "other.gguf: split.count: the model is in 2 files; expected this one to be called "
            "NAME-00001-of-00002.gguf");
  fs::copy_file(first, second, fs::copy_options::overwrite_existing);
  EXPECT_EQ(
      problem(first),
      "tiny-00002-of-00002.gguf: split.no, split.count: expected 1 of 2 (counted from 0), found 0 of 2; the files "
      "belong to different models");
  fs::remove(second);
  EXPECT_NE(problem(first).find("tiny-00002-of-00002.gguf: cannot be opened"), std::string::npos);
  std::vector<GgufBytes> twice = tinyModel(2);
  twice[1].tensor("token_embd.weight", {8, 20}, 0, std::string(640, 'x'));
  write(scratch.path(), twice);
  EXPECT_EQ(problem(first),
            "tiny-00001-of-00002.gguf: split.tensors.count: expected 11 tensors in all files, found 12");
}

TEST(GgufFiles, WhatIsMissingOrWrongIsNamedAsTheFileNamesIt) {
  const test::ScratchFolder scratch;
  const fs::path path = scratch.path() / "m.gguf";
  const auto opened = [&](auto change) {
    GgufBytes file = tinyModel(1).front();
    change(file);
    test::writeFile(path, file.file());
    return problem(path);
  };
  EXPECT_EQ(opened([](GgufBytes&) {}), "");
  EXPECT_EQ(opened([](GgufBytes& file) { file.number("llama.attention.key_length", 16); }),
            "m.gguf: blk.0.attn_q.weight: expected (32, 8) by the metadata, found (8, 8); the two may belong to "
            "different models");
  EXPECT_EQ(opened([](GgufBytes& file) { file.real("llama.rope.freq_base", -1); }),
            "m.gguf: rope_parameters: rope_theta: expected a number above 0, found -1.0");
  EXPECT_EQ(
      opened([](GgufBytes& file) { file.number("llama.rope.dimension_count", 2); }),
      "m.gguf: llama.rope.dimension_count over the head's length: expected 1, the only one this family runs with, "
      "found 0.5");
  EXPECT_EQ(opened([](GgufBytes& file) { file.number("llama.attention.head_count_kv", 3); }),
            "m.gguf: llama.attention.head_count_kv: expected a divisor of num_attention_heads, 2, found 3");
  GgufBytes bare;
  bare.text("general.architecture", "llama");
  test::writeFile(path, bare.file());
  EXPECT_EQ(
      problem(path),
      "m.gguf: llama.embedding_length: expected a whole number from 1 to 131072, found no such key; also missing: "
      "llama.block_count, vocab_size, llama.attention.head_count, llama.feed_forward_length");
  // Words where numbers are turned into others.
  GgufBytes minicpm;
  minicpm.text("general.architecture", "minicpm");
  minicpm.text("minicpm.embedding_length", "wide");
  minicpm.real("minicpm.residual_scale", 0.25f);
  test::writeFile(path, minicpm.file());
  EXPECT_TRUE(problem(path).starts_with(
      "m.gguf: minicpm.embedding_length: expected a whole number from 1 to 131072, found \"wide\""))
      << problem(path);
  GgufBytes llama4;
  llama4.text("general.architecture", "llama4");
  llama4.number("llama4.expert_count", 4);
  llama4.number("llama4.attention.sliding_window", 9);
  llama4.text("llama4.attention.temperature_scale", "much");
  test::writeFile(path, llama4.file());
  EXPECT_TRUE(problem(path).starts_with("m.gguf: llama4.embedding_length: expected a whole number")) << problem(path);
  GgufBytes other;
  other.text("general.architecture", "mamba");
  other.number("mamba.block_count", 2);
  test::writeFile(path, other.file());
  EXPECT_TRUE(
      problem(path).starts_with("m.gguf: general.architecture: \"mamba\" is not run; architectures that run: "
                                "llama, olmoe, "))
      << problem(path);
  EXPECT_TRUE(
      problem(path).ends_with(". Keys that all of them need and this file has not: embedding_length, "
                              "attention.head_count"))
      << problem(path);
  const auto inspection = core::inspectPath(path);
  ASSERT_TRUE(inspection.has_value());
  EXPECT_EQ(inspection->document["problem"], problem(path));
}

TEST(GgufFiles, TheWindowAndItsPatternAreNumbersThatMakeSense) {
  const test::ScratchFolder scratch;
  const fs::path path = scratch.path() / "m.gguf";
  const auto opened = [&](auto change) {
    GgufBytes file = tinyModel(1).front();
    change(file);
    test::writeFile(path, file.file());
    const auto model = core::loadModel(path);
    return model ? std::to_string((*model)->config.layer[0].window) : model.error().message;
  };
  const std::string key = "llama.attention.sliding_window", pattern = key + "_pattern";
  EXPECT_EQ(opened([&](GgufBytes&) {}), "0");
  EXPECT_EQ(opened([&](GgufBytes& file) { file.number(key, 9); }), "9");
  EXPECT_EQ(opened([&](GgufBytes& file) { file.number(key, 0); }), "0");
  EXPECT_EQ(opened([&](GgufBytes& file) { file.number(key, 3000000000); }),
            "m.gguf: llama.attention.sliding_window: expected a whole number from 0 to 1073741824, found the uint32 "
            "3000000000");
  EXPECT_EQ(opened([&](GgufBytes& file) { file.text(key, "far"); }),
            "m.gguf: llama.attention.sliding_window: expected a whole number from 0 to 1073741824, found the string "
            "\"far\"");
  const auto both = [&](auto add) {
    return opened([&](GgufBytes& file) {
      file.number(key, 9);
      add(file);
    });
  };
  EXPECT_EQ(both([&](GgufBytes& file) { file.number(pattern, 0); }), "9");
  EXPECT_EQ(both([&](GgufBytes& file) { file.number(pattern, 2); }), "9");
  EXPECT_EQ(both([&](GgufBytes& file) { file.number(pattern, 1); }), "0");
  EXPECT_EQ(both([&](GgufBytes& file) { file.array(pattern, core::GgufType::Bool, 1, std::string(1, '\0')); }), "0");
  EXPECT_EQ(both([&](GgufBytes& file) { file.array(pattern, core::GgufType::Bool, 1, "\1"); }), "9");
  const std::string expected =
      "m.gguf: llama.attention.sliding_window_pattern: expected a whole number or a truth value for each of 1 layers, "
      "found ";
  EXPECT_EQ(both([&](GgufBytes& file) { file.array(pattern, core::GgufType::Bool, 2, "\1\1"); }),
            expected + "an array of 2 bool");
  EXPECT_EQ(both([&](GgufBytes& file) { file.array(pattern, core::GgufType::Text, 1, test::ggufText("x")); }),
            expected + "an array of 1 string");
  EXPECT_EQ(both([&](GgufBytes& file) { file.text(pattern, "x"); }), expected + "the string \"x\"");
}

TEST(GgufFiles, FactorsOfTheRotationComeFromTheirTensors) {
  const test::ScratchFolder scratch;
  const fs::path path = scratch.path() / "m.gguf";
  GgufBytes file = tinyModel(1).front();
  file.tensor("rope_freqs.weight", {2}, 0, test::floatBytes({1.0f, 8.0f}));
  test::writeFile(path, file.file());
  const auto model = core::loadModel(path);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  const core::RopeConfig& rope = (*model)->config.attention.rope;
  EXPECT_EQ(rope.scaling, core::RopeScaling::LongRope);
  EXPECT_EQ(rope.longFactor, (std::vector<double>{1, 8}));
  EXPECT_EQ(rope.shortFactor, rope.longFactor);
  EXPECT_EQ(rope.attentionFactor, 1);
  EXPECT_EQ(rope.layout, core::RopeLayout::Interleaved);
  file.tensor("rope_factors_long.weight", {3}, 0, test::floatBytes({1.0f, 8.0f, 2.0f}));
  test::writeFile(path, file.file());
  EXPECT_EQ(problem(path), "m.gguf: rope_factors_long.weight: expected 2 F32 numbers above 0, found others");
}

}  // namespace
