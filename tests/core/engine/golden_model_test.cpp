#include <gtest/gtest.h>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "tests/support/golden_model.h"
#include "tests/support/support.h"

namespace {

class GoldenModels : public testing::TestWithParam<std::string> {};

TEST_P(GoldenModels, EveryTensorAndTheGreedyContinuationAgreeOnTheCpu) {
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  auto engine = core::makeCpuEngine(golden.model, 2);
  ASSERT_TRUE(engine) << engine.error().message;
  auto session = test::runGolden(golden, *engine);
  ASSERT_TRUE(session) << session.error().message;
  double worst = 0;
  EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace(), &worst), "");
  EXPECT_GT(worst, 0);  // something was compared
}

TEST_P(GoldenModels, ThreadsDoNotChangeABit) {
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  std::map<std::string, test::GoldenTensor> first;
  for (int threads : {1, 2, 3}) {
    auto engine = core::makeCpuEngine(golden.model, threads);
    auto session = test::runGolden(golden, *engine);
    ASSERT_TRUE(session) << session.error().message;
    for (const auto& [name, expected] : golden.expected) {
      const test::GoldenTensor got = test::fromTrace((*session)->trace(), name);
      if (threads == 1) {
        first[name] = got;
      } else {
        EXPECT_TRUE(got.floats == first[name].floats && got.ints == first[name].ints)
            << name << " on " << threads << " threads";
      }
    }
  }
}

TEST_P(GoldenModels, ChunksAndSingleTokensAgreeWithTheWholePrompt) {
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  auto engine = core::makeCpuEngine(golden.model, 2);
  for (int chunk : {1, 7, 16}) {
    auto session = test::runGolden(golden, *engine, chunk);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace()), "") << "chunks of " << chunk;
  }
}

std::string testName(const testing::TestParamInfo<std::string>& example) {
  std::string name = example.param;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(, GoldenModels, testing::ValuesIn(test::goldenModelNames()), testName);
INSTANTIATE_TEST_SUITE_P(Options, GoldenModels, testing::ValuesIn(test::goldenOptionNames()), testName);

TEST(SeedModel, TheLongerPromptRoutesAsTheReferenceDoes) {
  test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  golden.expected = test::readGoldenTensors(test::fixture("models/seed-7m/expected-2.safetensors"));
  const test::GoldenTensor last = golden.expected.extract("logits.last").mapped();
  auto engine = core::makeCpuEngine(golden.model, 2);
  auto session = test::runGolden(golden, *engine);
  ASSERT_TRUE(session) << session.error().message;
  const core::Trace& trace = (*session)->trace();
  EXPECT_EQ(test::compareWithGolden(golden, trace), "");
  test::GoldenTensor got;
  got.floats = trace.gatherFloats(core::Hook::Logits, 0, trace.promptTokens() - 1, 1);
  got.shape = last.shape;
  EXPECT_EQ(test::differences("logits.last", got, last, golden.abs, golden.rel), "");
}

}  // namespace
