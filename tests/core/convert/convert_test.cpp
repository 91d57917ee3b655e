// Conversions there and back: what is computed from the new files is what the golden implementation computed from the
// old ones.
#include "core/convert/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/version.h"
#include "core/engine/cpu_engine.h"
#include "core/model/loader.h"
#include "core/model/quant/dequantize.h"
#include "core/model/weight_files.h"
#include "core/text/tokenizer.h"
#include "tests/support/golden_gguf.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

core::ConvertRequest toGguf(const fs::path& in, const fs::path& out, core::ConvertType type = core::ConvertType::F32) {
  core::ConvertRequest request;
  request.in = in;
  request.out = out;
  request.toGguf = true;
  request.type = type;
  return request;
}

core::ConvertRequest toFolder(const fs::path& in, const fs::path& out) {
  core::ConvertRequest request = toGguf(in, out);
  request.toGguf = false;
  return request;
}

std::string problem(const core::ConvertRequest& request) {
  const auto report = core::convertModel(request);
  return report ? "" : report.error().message;
}

// Runs the golden case on the model at `path`.
std::string goldenProblem(test::GoldenModel golden, const fs::path& path) {
  auto model = core::loadModel(path);
  if (!model) return model.error().message;
  golden.model = *model;
  auto engine = core::makeCpuEngine(golden.model, 2);
  if (!engine) return engine.error().message;
  auto session = test::runGolden(golden, *engine);
  if (!session) return session.error().message;
  double worst = 0;
  const std::string differences = test::compareWithGolden(golden, (*session)->trace(), &worst);
  return worst > 0 || !differences.empty() ? differences : "nothing was compared";
}

std::vector<fs::path> listed(const fs::path& folder) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

std::string caseName(const testing::TestParamInfo<std::string>& tested) {
  std::string name = tested.param;
  for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
  return name;
}

// |a - b| over |b|, of all elements together.
double distance(const core::Tensor& a, const core::Tensor& b) {
  if (a.shape != b.shape) return 1e9;
  std::vector<float> x(static_cast<size_t>(a.elements())), y(x.size());
  core::dequantize(a.type, a.data, a.elements(), x.data());
  core::dequantize(b.type, b.data, b.elements(), y.data());
  double off = 0, all = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    off += std::pow(static_cast<double>(x[i] - y[i]), 2), all += std::pow(static_cast<double>(y[i]), 2);
  }
  return std::sqrt(off / std::max(all, 1e-30));
}

class ConvertToGguf : public testing::TestWithParam<std::string> {};

TEST_P(ConvertToGguf, TheNewFileComputesTheGoldenValues) {
  const test::ScratchFolder scratch;
  const fs::path out = scratch.path() / "new.gguf";
  EXPECT_EQ(problem(toGguf(test::fixture("models/" + GetParam()), out)), "");
  test::GoldenModel golden = test::loadGoldenModel(GetParam());
  // The two formats' references record these before and after the residual multiplier.
  if (golden.model->config.residualScale != 1) {
    std::erase_if(golden.expected,
                  [](const auto& row) { return row.first.ends_with(".routed") || row.first.ends_with(".shared"); });
  }
  EXPECT_EQ(goldenProblem(golden, out), "");
  EXPECT_EQ(listed(scratch.path()), std::vector<fs::path>{"new.gguf"});
}

// What is written is compared by the conversion itself, to the byte; here with what it was made from.
TEST_P(ConvertToGguf, InSmallerTypesWeightsMoveByRoundingAlone) {
  const test::ScratchFolder scratch;
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  for (const core::ConvertType type : {core::ConvertType::F16, core::ConvertType::Q8_0}) {
    const fs::path out = scratch.path() / (type == core::ConvertType::F16 ? "f16.gguf" : "q8.gguf");
    EXPECT_EQ(problem(toGguf(golden.model->path, out, type)), "");
    const auto model = core::loadModel(out);
    ASSERT_TRUE(model.has_value()) << model.error().message;
    const double most = type == core::ConvertType::F16 ? 0x1p-9 : 0x1p-5;
    EXPECT_LT(distance((*model)->weights.embedding, golden.model->weights.embedding), most);
    for (size_t l = 0; l < golden.model->weights.layer.size(); ++l) {
      const core::LayerWeights &a = (*model)->weights.layer[l], &b = golden.model->weights.layer[l];
      EXPECT_LT(distance(a.output.weight, b.output.weight), most) << l;
      if (b.experts.empty()) continue;
      EXPECT_EQ(distance(a.router.weight, b.router.weight), 0) << l;
      EXPECT_LT(distance(a.experts.back().gate.weight, b.experts.back().gate.weight), most) << l;
      EXPECT_LT(distance(a.experts.back().down.weight, b.experts.back().down.weight), most) << l;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ConvertToGguf,
                         testing::Values("mixtral-sharded", "olmoe-raw-topk", "qwen2_moe-gated-shared",
                                         "qwen3_moe-head-dim", "deepseek-v1", "minicpm-moe", "granitemoe-multipliers",
                                         "granitemoeshared-ungated", "grok1-keyfan", "gpt_oss-plain",
                                         "deepseek_v2-lite", "deepseek_v3-groups", "mistral-sliding", "phimoe-longrope",
                                         "llama4-step2", "llama4-nested", "options-mistral-longrope", "options-mixtral"),
                         caseName);

class ConvertToFolder : public testing::TestWithParam<std::string> {};

TEST_P(ConvertToFolder, TheNewFolderComputesTheGoldenValuesAndCutsTextsAlike) {
  const test::ScratchFolder scratch;
  const fs::path out = scratch.path() / "new";
  const test::GoldenModel golden = test::loadGoldenGguf(GetParam());
  EXPECT_EQ(problem(toFolder(golden.model->path, out)), "");
  test::GoldenModel expected = golden;
  // The two formats' references record these before and after the residual multiplier.
  if (golden.model->config.partsAsAdded)
    std::erase_if(expected.expected, [](const auto& row) { return row.first.ends_with(".routed"); });
  EXPECT_EQ(goldenProblem(expected, out), "");
  const auto model = core::loadModel(out);
  ASSERT_TRUE(model.has_value());
  ASSERT_NE((*model)->tokenizer, nullptr) << (*model)->tokenizerProblem;
  for (const char* text : {"Hello world", "  1234 don't\n\n\tgrüße 世界", ""}) {
    EXPECT_EQ((*model)->tokenizer->encode(text, true).value(), golden.model->tokenizer->encode(text, true).value())
        << text;
    const auto ids = golden.model->tokenizer->encode(text, true).value();
    EXPECT_EQ((*model)->tokenizer->decode(ids, true), golden.model->tokenizer->decode(ids, true)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ConvertToFolder, testing::ValuesIn(test::goldenGgufNames()), caseName);

// Everything that a run of the golden prompt records, to the bit.
std::string otherBits(const core::Trace& got, const core::Trace& expected, const test::GoldenModel& golden) {
  for (const auto& [name, tensor] : golden.expected) {
    const test::GoldenTensor a = test::fromTrace(got, name), b = test::fromTrace(expected, name);
    if (a.shape != b.shape || a.ints != b.ints || a.floats.size() != b.floats.size()) return name;
    const auto sameBits = [](float x, float y) { return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y); };
    if (!std::equal(a.floats.begin(), a.floats.end(), b.floats.begin(), sameBits)) return name;
  }
  return golden.expected.empty() ? "nothing was compared" : "";
}

std::unique_ptr<core::Session> run(test::GoldenModel golden, std::shared_ptr<const core::Model> model) {
  golden.model = std::move(model);
  auto engine = core::makeCpuEngine(golden.model, 2);
  if (!engine) throw std::runtime_error(engine.error().message);
  auto session = test::runGolden(golden, *engine);
  if (!session) throw std::runtime_error(session.error().message);
  return std::move(*session);
}

class ConvertFolder : public testing::TestWithParam<std::string> {};

TEST_P(ConvertFolder, InF32EveryRecordedNumberIsTheSameToTheBit) {
  const test::ScratchFolder scratch;
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  EXPECT_EQ(problem(toFolder(golden.model->path, scratch.path() / "new")), "");
  const auto again = core::loadModel(scratch.path() / "new");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  const auto changed = run(golden, *again);
  if (core::isQuantised(golden.model->weights.layer[0].experts.empty()
                            ? core::DType::F32
                            : golden.model->weights.layer[0].experts[0].gate.weight.type)) {
    // Blocks are multiplied by kernels of their own, which add in another order.
    EXPECT_EQ(test::compareWithGolden(golden, changed->trace()), "");
    return;
  }
  EXPECT_EQ(otherBits(changed->trace(), run(golden, golden.model)->trace(), golden), "");
}

TEST_P(ConvertFolder, InF16NumbersMoveByRoundingAlone) {
  const test::ScratchFolder scratch;
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  core::ConvertRequest request = toFolder(golden.model->path, scratch.path() / "new");
  request.type = core::ConvertType::F16;
  EXPECT_EQ(problem(request), "");
  const auto again = core::loadModel(scratch.path() / "new");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  const auto changed = run(golden, *again), original = run(golden, golden.model);
  // A rounded weight is off by 2^-12 of itself in the mean, and so is, about, what a few of them in a row make of a
  // vector. Where a choice stood close it may fall otherwise, so only what comes before the first router is looked at.
  for (const std::string name : {"embeddings", "layers.0.attn"}) {
    const test::GoldenTensor a = test::fromTrace(changed->trace(), name), b = test::fromTrace(original->trace(), name);
    double off = 0, all = 0;
    for (size_t i = 0; i < b.floats.size(); ++i) {
      off += std::pow(static_cast<double>(a.floats[i] - b.floats[i]), 2), all += std::pow(b.floats[i], 2);
    }
    EXPECT_GT(all, 0);
    EXPECT_LT(std::sqrt(off / all), 0x1p-9) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ConvertFolder, testing::ValuesIn(test::goldenModelNames()), caseName);
INSTANTIATE_TEST_SUITE_P(Options, ConvertFolder, testing::ValuesIn(test::goldenOptionNames()), caseName);

TEST(Convert, TheBundledModelTakesItsTokenizerAlong) {
  const test::ScratchFolder scratch;
  const fs::path out = scratch.path() / "seed.gguf";
  const auto report = core::convertModel(toGguf(test::asset("models/seed-7m"), out, core::ConvertType::Q8_0));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->architecture, "qwen2moe");
  ASSERT_EQ(report->notes.size(), 1u) << "a file's tokenizer has no normalizer";
  EXPECT_NE(report->notes[0].find("normalizer NFC cannot be said in GGUF"), std::string::npos) << report->notes[0];
  const auto before = core::loadModel(test::asset("models/seed-7m")), after = core::loadModel(out);
  ASSERT_TRUE(after.has_value()) << after.error().message;
  ASSERT_NE((*after)->tokenizer, nullptr) << (*after)->tokenizerProblem;
  const std::string text = "Once upon a time there was a little girl, 12 years old.\n\n\"Don't!\" she said.";
  EXPECT_EQ((*after)->tokenizer->encode(text, true).value(), (*before)->tokenizer->encode(text, true).value());
  const core::LayerWeights& layer = (*after)->weights.layer[0];
  EXPECT_EQ(layer.query.weight.type, core::DType::Q8_0);
  EXPECT_EQ(layer.experts[3].down.weight.type, core::DType::Q8_0);
  EXPECT_EQ(layer.router.weight.type, core::DType::F32);
  EXPECT_EQ(layer.inputNorm.weight.type, core::DType::F32);
  EXPECT_TRUE((*after)->config.tiedEmbeddings);
}

TEST(Convert, TheNewFilesSayWhereTheirWeightsComeFrom) {
  const test::ScratchFolder scratch;
  const fs::path in = test::asset("models/seed-7m");
  const std::string hash = (*core::loadModel(in))->contentHash;
  ASSERT_FALSE(hash.empty());
  ASSERT_TRUE(core::convertModel(toGguf(in, scratch.path() / "seed.gguf")));
  ASSERT_TRUE(core::convertModel(toFolder(in, scratch.path() / "seed")));
  for (const fs::path& file : {scratch.path() / "seed.gguf", scratch.path() / "seed" / "model.safetensors"}) {
    const std::string start = test::readFile(file).substr(0, 4096);
    for (const std::string& words :
         {hash, std::string("seed-7m"), std::string("qwen2_moe"), std::string(core::version())}) {
      EXPECT_NE(start.find(words), std::string::npos) << file << " " << words;
    }
  }
}

TEST(Convert, WhatIsThereAlreadyIsReplacedOnlyWhenAsked) {
  const test::ScratchFolder scratch;
  const fs::path in = test::fixture("models/mixtral-sharded");
  const fs::path file = scratch.path() / "a.gguf", folder = scratch.path() / "b";
  EXPECT_EQ(problem(toGguf(in, file)), "");
  EXPECT_EQ(problem(toGguf(in, file)), file.string() + ": is there already; --force replaces it");
  core::ConvertRequest again = toGguf(in, file, core::ConvertType::F16);
  again.force = true;
  const uintmax_t before = fs::file_size(file);
  EXPECT_EQ(problem(again), "");
  EXPECT_LT(fs::file_size(file), before);

  EXPECT_EQ(problem(toFolder(file, folder)), "");
  EXPECT_EQ(problem(toFolder(file, folder)), folder.string() + ": is there already; --force replaces it");
  again = toFolder(in, folder);
  again.force = true;
  EXPECT_EQ(problem(again), "");
  fs::create_directory(scratch.path() / "mine");
  again.out = scratch.path() / "mine";
  EXPECT_EQ(problem(again), again.out.string() + ": is no model and is not replaced; choose another name");
  again.out = folder;
  again.in = folder;
  EXPECT_EQ(problem(again), folder.string() + ": is the model that is to be read");
  EXPECT_EQ(listed(scratch.path()).size(), 3u);
}

TEST(Convert, NothingIsLeftBehindByOneThatFailsOrIsStopped) {
  const test::ScratchFolder scratch;
  const fs::path in = test::fixture("models/mixtral-sharded");
  EXPECT_NE(problem(toGguf(in, scratch.path() / "a.bin")).find("a name that ends in .gguf"), std::string::npos);
  EXPECT_NE(problem(toFolder(in, scratch.path() / "a.gguf")).find("a folder's name"), std::string::npos);
  EXPECT_NE(problem(toGguf(test::fixture("models/openmoe-base"), scratch.path() / "o.gguf"))
                .find("GGUF has no architecture for the family openmoe"),
            std::string::npos);
  core::ConvertRequest request = toGguf(in, scratch.path() / "b.gguf");
  request.progress = [](double share) { return share < 0.5; };
  const auto stopped = core::convertModel(request);
  ASSERT_FALSE(stopped.has_value());
  EXPECT_TRUE(stopped.error().cancelled);
  EXPECT_EQ(listed(scratch.path()), std::vector<fs::path>{});
}

}  // namespace
