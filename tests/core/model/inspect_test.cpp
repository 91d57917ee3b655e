#include "core/model/inspect.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/model/describe.h"
#include "core/model/loader.h"
#include "tests/support/support.h"

namespace {

std::string textOf(const std::filesystem::path& path) {
  const auto inspection = core::inspectPath(path);
  if (!inspection) return inspection.error().message;
  std::string text;
  for (const std::string& line : inspection->lines) text += line + "\n";
  return text;
}

TEST(Inspect, AModelIsSaidInFullAndFromItsOwnNumbers) {
  std::string text = textOf(test::fixture("models/openmoe-base"));
  const size_t hash = text.find("hash");
  text.erase(hash, text.find('\n', hash) - hash + 1);
  EXPECT_EQ(text,
            "model         openmoe-base\n"
            "parameters    75000 in 305008 bytes, 51960 used for a token\n"
            "family        openmoe (OpenMoeForCausalLM)\n"
            "sizes         width 40, 4 layers, vocabulary 108, context 96\n"
            "runs          attention: 3 heads of 14, logits not scaled\n"
            "runs          positions: rotation of 14 dimensions, base 10000\n"
            "runs          cache: 1344 bytes a token, a key and a value of every head in 32 bits\n"
            "runs          block: a * silu(b) * up, where (a; b) is the gate\n"
            "runs          router: softmax over 8 experts, the best 2, weights as scored (they need not sum to 1)\n"
            "runs          capacity: rule openmoe_torch, factor 1, at least 4; choices past it are dropped\n"
            "runs          shared expert: a residual step of its own after the routed sum, with its own norm\n"
            "runs          output: a matrix of its own\n"
            "layer 0       dense, 12 neurons\n"
            "layer 1       8 experts of 12 neurons, 2 chosen; shared expert of 12\n"
            "layer 2       dense, 12 neurons\n"
            "layer 3       8 experts of 12 neurons, 2 chosen; shared expert of 12\n"
            "costs         305 kB of weights, mapped; a token reads 191 kB of them (30.7 kB by its chosen experts)\n"
            "tokenizer     none: no tokenizer.json or tokenizer.model in this folder\n");
}

TEST(Inspect, AChatTemplateIsShownAndLikenedToAWrapperButNotExecuted) {
  const test::ScratchFolder scratch;
  for (const auto& entry : std::filesystem::directory_iterator(test::fixture("models/openmoe-base"))) {
    std::filesystem::copy(entry.path(), scratch.path() / entry.path().filename());
  }
  const auto config = scratch.path() / "tokenizer_config.json";
  std::ofstream(config) << R"({"chat_template": "[INST] {{ x }} [/INST]\n{% never %}"})";
  const std::string text = textOf(scratch.path());
  EXPECT_NE(
      text.find(
          "chat          a template in tokenizer_config.json, shown and not executed; --chat llama2 is of its form\n"
          "template      [INST] {{ x }} [/INST]\n"
          "template      {% never %}\n"),
      std::string::npos)
      << text;
  std::ofstream(config) << R"({"chat_template": 3})";
  EXPECT_NE(
      textOf(scratch.path()).find("chat          the template cannot be shown: tokenizer_config.json: chat_template"),
      std::string::npos);
}

TEST(Inspect, ParametersOfTheBundledModelAreThoseOfItsCard) {
  const auto model = core::loadModel(test::asset("models/seed-7m"));
  ASSERT_TRUE(model.has_value());
  const core::ParameterCount count = core::countParameters(**model);
  EXPECT_EQ(count.total, 7336896);
  EXPECT_EQ(count.active, 2692032);
}

TEST(Inspect, ASingleFileIsCheckedAsAFileOfItsKind) {
  EXPECT_EQ(textOf(test::fixture("malformed/st/ok-scalar.safetensors")).substr(0, 13), "safetensors  ");
  EXPECT_NE(textOf(test::fixture("malformed/st/hole.safetensors")).find("expected to begin at byte"),
            std::string::npos);
  EXPECT_NE(textOf(test::fixture("malformed/cfg/ok-plain/config.json")).find("mixtral"), std::string::npos);
  EXPECT_NE(textOf(test::fixture("malformed/idx/ok-two-shards/model.safetensors.index.json")).find("2 shards"),
            std::string::npos);
  EXPECT_NE(textOf(test::fixture("malformed/gguf/ok-trailing.gguf")).find("architecture  "), std::string::npos);
  EXPECT_NE(textOf(test::asset("models/seed-7m/tokenizer.json")).find("4096 entries"), std::string::npos);
  const test::ScratchFolder scratch;
  std::ofstream(scratch.path() / "tokenizer.json") << "{";
  EXPECT_FALSE(core::inspectPath(scratch.path() / "tokenizer.json").has_value());
  EXPECT_NE(textOf("/no/such/place").find("no such file or folder"), std::string::npos);
}

TEST(Inspect, TheDocumentHoldsWhatTheLinesSay) {
  const auto inspection = core::inspectPath(test::fixture("models/mistral-sliding"));
  ASSERT_TRUE(inspection.has_value());
  const nlohmann::json& document = inspection->document;
  EXPECT_EQ(document["kind"], "model");
  EXPECT_EQ(document["family"], "mistral");
  EXPECT_EQ(document["parameters"]["total"], document["parameters"]["active"]);
  EXPECT_EQ(document["layers"].size(), 3u);
  EXPECT_EQ(document["layers"][1]["kind"], "dense");
  EXPECT_EQ(document["layers"][1]["window"], 9);
}

}  // namespace
