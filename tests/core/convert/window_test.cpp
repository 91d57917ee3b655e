// How far layers see, carried into GGUF and back: windows, chunks, layers without rotation, queries that grow.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/convert/convert.h"
#include "core/engine/cpu_engine.h"
#include "core/model/loader.h"
#include "tests/support/golden_model.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// A golden model with other words in its config.json.
fs::path changed(const test::ScratchFolder& scratch, const std::string& name, const Json& changes) {
  const fs::path folder = scratch.path() / name;
  fs::create_directory(folder);
  for (const auto& entry : fs::directory_iterator(test::fixture("models/" + name))) {
    if (entry.path().filename() != "config.json") fs::create_symlink(entry.path(), folder / entry.path().filename());
  }
  Json config = Json::parse(test::readFile(test::fixture("models/" + name) / "config.json"));
  config.update(changes);
  std::ofstream(folder / "config.json") << config.dump();
  return folder;
}

std::shared_ptr<const core::Model> opened(const fs::path& path) {
  auto model = core::loadModel(path);
  if (!model) throw std::runtime_error(model.error().message);
  return *model;
}

std::unique_ptr<core::Session> run(const test::GoldenModel& golden) {
  auto engine = core::makeCpuEngine(golden.model, 2);
  if (!engine) throw std::runtime_error(engine.error().message);
  auto session = test::runGolden(golden, *engine);
  if (!session) throw std::runtime_error(session.error().message);
  return std::move(*session);
}

struct Converted {
  std::string problem;  // of the conversion, or where traces differ
  core::ConvertReport report;
  std::shared_ptr<const core::Model> model;
};

core::Result<core::ConvertReport> convert(const fs::path& in, const fs::path& out) {
  core::ConvertRequest request;
  request.in = in;
  request.out = out;
  request.toGguf = out.extension() == ".gguf";
  request.type = core::ConvertType::F32;
  return core::convertModel(request);
}

// Folder -> GGUF -> folder; what both new models record of the golden prompt is compared with what the first does.
Converted thereAndBack(const test::ScratchFolder& scratch, const std::string& name, const Json& changes) {
  const fs::path in = changed(scratch, name, changes);
  Converted result;
  auto there = convert(in, scratch.path() / "there.gguf");
  if (!there) {
    result.problem = there.error().message;
    return result;
  }
  result.report = *there;
  if (const auto back = convert(scratch.path() / "there.gguf", scratch.path() / "back"); !back) {
    result.problem = back.error().message;
    return result;
  }
  result.model = opened(scratch.path() / "there.gguf");
  test::GoldenModel golden = test::loadGoldenModel(name);
  golden.model = opened(in);
  const auto original = run(golden);
  for (auto& [tensor, values] : golden.expected) values = test::fromTrace(original->trace(), tensor);
  for (const auto& model : {result.model, opened(scratch.path() / "back")}) {
    golden.model = model;
    result.problem += test::compareWithGolden(golden, run(golden)->trace());
  }
  return result;
}

std::string layersOf(const core::ModelConfig& config) {
  std::string text;
  for (const core::LayerConfig& layer : config.layer) {
    text += fmt::format("{}{} ", layer.rope ? "" : "still", std::max(layer.window, layer.chunk));
  }
  return text;
}

bool says(const std::vector<std::string>& lines, std::string_view part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

constexpr const char* kIgnored = "llama.cpp lets the layers of the architecture";

TEST(ConvertWindows, OneForAllLayersGoesThereAndBack) {
  const test::ScratchFolder scratch;
  const Converted converted = thereAndBack(scratch, "mistral-sliding", {{"sliding_window", 5}});
  ASSERT_EQ(converted.problem, "");
  EXPECT_EQ(layersOf(converted.model->config), "5 5 5 ");
  EXPECT_TRUE(says(converted.report.notes, kIgnored));
  EXPECT_TRUE(says(converted.model->config.disagreements, kIgnored));
}

TEST(ConvertWindows, TheOneOfQwen3MustBeSwitchedOn) {
  const test::ScratchFolder scratch;
  const Converted converted =
      thereAndBack(scratch, "qwen3_moe-head-dim", {{"use_sliding_window", true}, {"sliding_window", 6}});
  ASSERT_EQ(converted.problem, "");
  EXPECT_EQ(layersOf(converted.model->config), "6 6 6 ");
}

TEST(ConvertWindows, InSomeLayersGoesThereAndBack) {
  const test::ScratchFolder scratch;
  const Converted converted = thereAndBack(scratch, "options-qwen2_moe", {{"norm_topk_prob", false}});
  ASSERT_EQ(converted.problem, "");
  EXPECT_EQ(layersOf(converted.model->config), "7 0 7 0 0 0 ");
}

TEST(ConvertWindows, GptOssMayHaveItsWindowInAnyLayers) {
  constexpr const char *kFull = "full_attention", *kSlides = "sliding_attention";
  for (const auto& [types, expected, listed] : {std::tuple(Json{kFull, kFull, kSlides, kSlides}, "0 0 8 8 ", true),
                                                {Json{kSlides, kSlides, kSlides, kFull}, "8 8 8 0 ", false},
                                                {Json{kFull, kFull, kFull, kFull}, "0 0 0 0 ", false}}) {
    const test::ScratchFolder scratch;
    const Converted converted = thereAndBack(scratch, "gpt_oss-plain", {{"layer_types", types}});
    ASSERT_EQ(converted.problem, "");
    EXPECT_EQ(layersOf(converted.model->config), expected);
    EXPECT_FALSE(says(converted.report.notes, kIgnored));
    EXPECT_EQ(says(converted.report.notes, "the file lists which layers see less"), listed) << expected;
  }
}

// The published Phi-3.5-MoE: a window as long as the context, and one factor of cos and sin for both lengths.
TEST(ConvertWindows, OneAsLongAsTheContextIsAsGoodAsNone) {
  const test::ScratchFolder scratch;
  Json scaling = Json::parse(test::readFile(test::fixture("models/phimoe-longrope") / "config.json"))["rope_scaling"];
  scaling["long_mscale"] = scaling["short_mscale"] = 1.243163121016122;
  const Converted converted =
      thereAndBack(scratch, "phimoe-longrope",
                   {{"sliding_window", 131072}, {"max_position_embeddings", 131072}, {"rope_scaling", scaling}});
  ASSERT_EQ(converted.problem, "");
  EXPECT_FALSE(says(converted.report.notes, kIgnored));
  EXPECT_FALSE(says(converted.report.notes, "cos and sin")) << "one factor has a key that all read";
  EXPECT_EQ(converted.model->config.attention.rope.longMscale, 0);
  EXPECT_NEAR(converted.model->config.attention.rope.attentionFactor, 1.243163121016122, 1e-7);
}

TEST(ConvertWindows, PhiMoesTwoFactorsAreKept) {
  const test::ScratchFolder scratch;
  const Converted converted = thereAndBack(scratch, "phimoe-longrope", Json::object());
  ASSERT_EQ(converted.problem, "");
  EXPECT_EQ(converted.model->config.attention.rope.longMscale, 1.31);
  EXPECT_EQ(converted.model->config.attention.rope.shortMscale, 1.24);
  EXPECT_TRUE(says(converted.report.notes, "cos and sin are multiplied by 1.24 within the first"));
  EXPECT_TRUE(says(converted.report.notes, "so other programs multiply by 1.31 always"));
}

TEST(ConvertWindows, Llama4KeepsItsChunksStillLayersAndGrowth) {
  constexpr const char* kFixed = "llama.cpp has 8192, 8192 and 0.1";
  {
    const test::ScratchFolder scratch;
    const Converted converted =
        thereAndBack(scratch, "llama4-step2", {{"no_rope_layers", {1, 0, 0, 1}}, {"attn_scale", 0.3}});
    ASSERT_EQ(converted.problem, "");
    EXPECT_EQ(layersOf(converted.model->config), "11 still0 still0 11 ");
    EXPECT_EQ(converted.model->config.attention.temperatureFloor, 6);
    EXPECT_EQ(converted.model->config.attention.temperatureScale, 0.3);
    EXPECT_TRUE(says(converted.report.notes, kFixed));
  }
  {
    const test::ScratchFolder scratch;
    const Converted converted = thereAndBack(scratch, "llama4-step2", {{"attn_temperature_tuning", false}});
    ASSERT_EQ(converted.problem, "");
    EXPECT_EQ(converted.model->config.attention.temperatureScale, 0);
  }
  {
    const test::ScratchFolder scratch;
    const Converted converted =
        thereAndBack(scratch, "llama4-step2", {{"attention_chunk_size", nullptr}, {"floor_scale", 8192}});
    ASSERT_EQ(converted.problem, "");
    EXPECT_EQ(layersOf(converted.model->config), "1024 1024 1024 still0 ");
  }
  {
    const test::ScratchFolder scratch;
    const Converted converted =
        thereAndBack(scratch, "llama4-step2", {{"attention_chunk_size", nullptr}, {"no_rope_layers", {1, 1, 1, 1}}});
    ASSERT_EQ(converted.problem, "");
    EXPECT_EQ(layersOf(converted.model->config), "0 0 0 0 ");
    EXPECT_FALSE(says(converted.report.notes, kFixed));
  }
}

}  // namespace
