// The GPU's twin of tests/core/engine/context_test.cpp.
#include "tests/gpu/test_device.h"
#include "tests/support/golden_model.h"
#include "tests/support/last_logits.h"

namespace {

TEST(GpuContext, AForkAndATruncatedContextLookBackAtTheSameTokens) {
  const test::GoldenModel golden = test::loadGoldenModel("yuan-m32");
  for (const bool asDiscrete : {false, true}) {
    auto made = gpu::makeGpuEngine(golden.model, test::gpuOptions(asDiscrete));
    ASSERT_TRUE(made) << made.error().message;
    core::Engine& engine = **made;
    const std::vector<int32_t> ids = golden.ids(), other = {7, 9, 5}, next = {3, 4};
    auto context = engine.newContext(400);
    ASSERT_TRUE(context) << context.error().message;
    test::lastLogits(engine, **context, ids);
    auto fork = (*context)->fork();
    ASSERT_TRUE(fork) << fork.error().message;
    const std::vector<float> expected = test::lastLogits(engine, **context, next);
    (*context)->truncate(static_cast<int>(ids.size()));
    EXPECT_NE(test::lastLogits(engine, **context, other), expected);
    EXPECT_EQ(test::lastLogits(engine, **fork, next), expected);
    // Room that grew moves what was remembered along.
    const std::vector<int32_t> many(250, 6);
    test::lastLogits(engine, **fork, many);
    (*fork)->truncate(static_cast<int>(ids.size()));
    EXPECT_EQ(test::lastLogits(engine, **fork, next), expected);
    EXPECT_EQ(gpu::gpuCounters(engine).validationMessages, std::vector<std::string>{});
  }
}

}  // namespace
