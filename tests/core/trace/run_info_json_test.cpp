#include "core/trace/run_info_json.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace {

core::RunInfo everyFieldSet() {
  core::ModelConfig config;
  config.family = "deepseek_v3";
  config.architecture = "DeepseekV3ForCausalLM";
  config.width = 64;
  config.layers = 2;
  config.vocabulary = 500;
  config.norm = core::NormKind::Layer;
  config.activation = core::Activation::ClampedSwiGlu;
  config.shared = core::SharedExpert::OwnStep;
  config.attention.heads = 4;
  config.attention.qkNorm = core::QkNorm::Weightless;
  config.attention.latent.keyValueRank = 7;
  config.attention.rope.scaling = core::RopeScaling::LongRope;
  config.attention.rope.layout = core::RopeLayout::Interleaved;
  config.attention.rope.longFactor = {1.0, 1.0 / 3.0};
  config.router.experts = 8;
  config.router.chosen = 2;
  config.router.score = core::ScoreFunction::SparseMixer;
  config.router.weights = core::WeightForm::SigmoidRenorm;
  config.router.side = core::WeightSide::Input;
  config.router.groupScore = core::GroupScore::SumOfTopTwo;
  config.router.capacityRule = core::CapacityRule::ExpertChoice;
  config.layer = {{.moe = false, .rope = false, .window = 3, .chunk = 4, .denseHidden = 5}, {.moe = true}};
  config.bos = {1};
  config.eos = {2, 3};
  config.disagreements = {"one says a, another b"};

  core::RunInfo info;
  info.programVersion = "0.1.0";
  info.modelName = "seed-7m";
  info.modelPath = "/models/seed";
  info.modelHash = "abc";
  info.config = std::make_shared<const core::ModelConfig>(config);
  info.engine = {"gpu", "llvmpipe", "Mesa 22.3.6", "tiles"};
  info.prompt = "H\xc3\xa9llo";
  info.promptTokens = 5;
  info.specialTokens = 1;
  info.chat = "chatml";
  info.sampling = {0.7, 40, 0.95, ~uint64_t{0}};
  info.capture = core::Capture::Full;
  info.capacity = {true, true, core::CapacityRule::Tutel, 1.25, 2};
  return info;
}

core::Result<core::RunInfo> readText(const std::string& text) {
  TRY_ASSIGN(const nlohmann::json json, core::parseJson(text, "run"));
  return core::runInfoFromJson(json, "run");
}

// The document with one value replaced, as text.
std::string changed(const std::string& pointer, const nlohmann::json& value) {
  nlohmann::json json = core::toJson(everyFieldSet());
  json[nlohmann::json::json_pointer(pointer)] = value;
  return core::jsonText(json);
}

std::string errorOf(const std::string& pointer, const nlohmann::json& value) {
  const auto result = readText(changed(pointer, value));
  return result ? "accepted" : result.error().message;
}

TEST(RunInfoJson, EveryFieldSurvivesTheWayThroughText) {
  const core::RunInfo info = everyFieldSet();
  const std::string text = core::jsonText(core::toJson(info));
  const auto back = readText(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(core::jsonText(core::toJson(*back)), text);
  EXPECT_EQ(back->sampling.seed, ~uint64_t{0});
  EXPECT_EQ(back->config->attention.rope.longFactor[1], 1.0 / 3.0);
  EXPECT_EQ(back->config->router.capacityRule, core::CapacityRule::ExpertChoice);
  EXPECT_EQ(back->config->layer[0].window, 3);
  EXPECT_EQ(back->prompt, "H\xc3\xa9llo");
  EXPECT_EQ(back->capacity.minCapacity, 2);
  EXPECT_EQ(back->chat, "chatml");
}

TEST(RunInfoJson, APromptLeftOutStaysLeftOut) {
  core::RunInfo info = everyFieldSet();
  info.prompt.reset();
  const auto back = readText(core::jsonText(core::toJson(info)));
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->prompt.has_value());
}

TEST(RunInfoJson, UnknownKeysAreIgnoredAndMissingOnesKeepTheirDefault) {
  EXPECT_EQ(errorOf("/config/from_the_future", 1), "accepted");
  const auto back = readText(R"({"config": {"width": 8}})");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->config->normEps, 1e-6);
  EXPECT_EQ(back->capture, core::Capture::Ledger);
}

TEST(RunInfoJson, WrongTypesNamesAndSizesAreRefusedWithTheirPlace) {
  EXPECT_EQ(errorOf("/config/width", -1), "run.config.width: expected a whole number from 0 to 131072, found -1");
  EXPECT_EQ(errorOf("/config/width", 1e300),
            "run.config.width: expected a whole number from 0 to 131072, found 1e+300");
  EXPECT_EQ(errorOf("/config/width", uint64_t{1} << 63),
            "run.config.width: expected a whole number from 0 to 131072, found 9223372036854775808");
  EXPECT_EQ(errorOf("/config/router/score", "best"),
            "run.config.router.score: expected one of softmax, sigmoid, none, sparsemixer, found \"best\"");
  EXPECT_EQ(errorOf("/capacity/rule", "none"),
            "run.capacity.rule: expected the name of a capacity rule, found \"none\"");
  EXPECT_EQ(errorOf("/capture", 3), "run.capture: expected a name, found 3");
  EXPECT_EQ(errorOf("/config/layer/0/rope", "yes"), "run.config.layer[0].rope: expected true or false, found \"yes\"");
  EXPECT_EQ(errorOf("/config/layers", 3), "run.config.layer: expected 3 rows, one a layer, found 2");
  EXPECT_EQ(errorOf("/config/router/chosen", 9),
            "run.config.router.chosen: expected at most the 8 experts there are, found 9");
  EXPECT_EQ(errorOf("/config/norm_eps", nullptr), "run.config.norm_eps: expected a finite number, found null");
  EXPECT_EQ(errorOf("/prompt", 7), "run.prompt: expected a text, found 7");
  EXPECT_EQ(errorOf("/config", nullptr), "run.config: expected an object, found null");
  EXPECT_EQ(readText("{}").error().message, "run.config: missing; it says what the model is");
  EXPECT_EQ(readText("[]").error().message, "run: expected an object, found []");
}

// What rules and losses count with must fit the model.
TEST(RunInfoJson, AReplayOfMoreChoicesThanExpertsIsRefused) {
  core::RunInfo info = everyFieldSet();
  info.replay.emplace();
  info.replay->policy = "token-choice";
  info.replay->k = 8;
  info.replay->runK = 8;
  info.replay->serving = {core::ServingOrder::Permuted, ~uint64_t{0}, 12, 3};
  const nlohmann::json document = core::toJson(info);
  const auto back = core::runInfoFromJson(document, "run");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->replay->k, 8);
  EXPECT_EQ(back->replay->runK, 8);
  EXPECT_EQ(back->replay->serving, info.replay->serving);
  const auto errorWith = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json other = document;
    other["replay"][key] = value;
    if (value.is_null()) other["replay"].erase(key);
    const auto result = core::runInfoFromJson(other, "run");
    return result ? "accepted" : result.error().message;
  };
  EXPECT_EQ(errorWith("k", 9), "run.replay.k: expected 1 to the 8 experts there are, found 9");
  EXPECT_EQ(errorWith("k", nullptr), "run.replay.k: expected 1 to the 8 experts there are, found 0");
  EXPECT_EQ(errorWith("run_k", 9), "run.replay.run_k: expected at most the 8 experts there are, found 9");
  EXPECT_EQ(errorWith("run_k", nullptr), "accepted") << "an earlier version did not write it";
}

TEST(RunInfoJson, TextThatIsNotUtf8IsWrittenWithReplacements) {
  core::RunInfo info = everyFieldSet();
  info.prompt =
      "a\xff"
      "b";
  const auto back = readText(core::jsonText(core::toJson(info)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->prompt,
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
