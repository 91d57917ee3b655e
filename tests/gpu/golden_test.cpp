// The golden models on the GPU engine, as a software device and as if it were a real GPU.
#include <algorithm>

#include "core/engine/run.h"
#include "gpu/device_weights.h"
#include "tests/gpu/test_device.h"
#include "tests/support/golden_model.h"
#include "tests/support/support.h"

namespace {

using Example = std::tuple<std::string, bool>;

std::shared_ptr<core::Engine> engineFor(const test::GoldenModel& golden, const gpu::GpuOptions& options) {
  auto engine = gpu::makeGpuEngine(golden.model, options);
  if (!engine) throw std::runtime_error(engine.error().message);
  return *engine;
}

void expectQuiet(const core::Engine& engine) {
  const gpu::GpuCounters counters = gpu::gpuCounters(engine);
  EXPECT_EQ(counters.validationMessages, std::vector<std::string>{});
  EXPECT_EQ(counters.readBacksInsidePass, 0u);
  EXPECT_EQ(counters.submissions, counters.hostWaits);
}

class GpuGolden : public testing::TestWithParam<Example> {
 protected:
  GpuGolden()
      : golden(test::loadGoldenModel(std::get<0>(GetParam()))), options(test::gpuOptions(std::get<1>(GetParam()))) {}
  test::GoldenModel golden;
  gpu::GpuOptions options;
};

TEST_P(GpuGolden, EveryTensorAndTheGreedyContinuationAgree) {
  const auto engine = engineFor(golden, options);
  EXPECT_EQ(engine->info().engine, "gpu");
  EXPECT_EQ(engine->info().kernels, std::get<1>(GetParam()) ? "tiles" : "registers");
  auto session = test::runGolden(golden, engine);
  ASSERT_TRUE(session) << session.error().message;
  double worst = 0;
  EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace(), &worst), "");
  EXPECT_GT(worst, 0);  // something was compared
  expectQuiet(*engine);
}

TEST_P(GpuGolden, ChunksAgreeWithTheWholePrompt) {
  const auto engine = engineFor(golden, options);
  for (int chunk : {1, 7}) {
    auto session = test::runGolden(golden, engine, chunk);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace()), "") << "chunks of " << chunk;
  }
  expectQuiet(*engine);
}

TEST_P(GpuGolden, WeightsInSlicesAndCallsInPassesAgreeToo) {
  // Bindings just large enough for what cannot be cut: weights come in slices, prompts without a capacity rule in
  // passes.
  const bool whole = golden.model->config.router.dropsChoices;
  const bool large = golden.name == "seed-7m";
  const core::AttentionConfig& a = golden.model->config.attention;
  const auto tokens = static_cast<uint32_t>(golden.ids().size()) + static_cast<uint32_t>(golden.greedyTokens());
  const uint64_t cache = uint64_t{gpu::padded(tokens)} * static_cast<uint32_t>(a.keyValueHeads) *
                         gpu::padded(static_cast<uint32_t>(std::max(a.headDim, a.valueDim()))) * 4;
  options.maxBindingBytes = std::max<uint64_t>(large ? 64 << 10 : 14 << 10, (cache + 255) / 256 * 256);
  options.captureBytes = large ? 256 << 10 : 16 << 10;
  const auto engine = engineFor(golden, options);
  auto session = test::runGolden(golden, engine);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace()), "");
  const auto passes = gpu::gpuCounters(*engine).passes;
  EXPECT_GE(passes, static_cast<uint64_t>(golden.greedyTokens()));
  if (!whole) {
    EXPECT_GT(passes, static_cast<uint64_t>(golden.greedyTokens()) + 1) << "the prompt was not cut";
  }
  expectQuiet(*engine);
}

std::string caseName(const testing::TestParamInfo<std::tuple<std::string, bool>>& example) {
  std::string name = std::get<0>(example.param) + (std::get<1>(example.param) ? "_tiles" : "_registers");
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(, GpuGolden, testing::Combine(testing::ValuesIn(test::goldenModelNames()), testing::Bool()), caseName);
INSTANTIATE_TEST_SUITE_P(Options, GpuGolden, testing::Combine(testing::ValuesIn(test::goldenOptionNames()), testing::Bool()),
                         caseName);

TEST(GpuSeedModel, TheLongerPromptRoutesAsTheReferenceDoes) {
  for (bool asDiscrete : {false, true}) {
    test::GoldenModel golden = test::loadGoldenModel("seed-7m");
    golden.expected = test::readGoldenTensors(test::fixture("models/seed-7m/expected-2.safetensors"));
    const test::GoldenTensor last = golden.expected.extract("logits.last").mapped();
    const auto engine = engineFor(golden, test::gpuOptions(asDiscrete));
    auto session = test::runGolden(golden, engine);
    ASSERT_TRUE(session) << session.error().message;
    const core::Trace& trace = (*session)->trace();
    EXPECT_EQ(test::compareWithGolden(golden, trace), "");
    test::GoldenTensor got;
    got.floats = trace.gatherFloats(core::Hook::Logits, 0, trace.promptTokens() - 1, 1);
    got.shape = last.shape;
    EXPECT_EQ(test::differences("logits.last", got, last, golden.abs, golden.rel), "");
    expectQuiet(*engine);
  }
}

}  // namespace
