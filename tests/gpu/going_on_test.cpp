// The GPU's twin of tests/core/engine/going_on_test.cpp.
#include "tests/support/going_on.h"
#include "tests/gpu/test_device.h"

namespace {

TEST(GpuGoingOn, InsideThePromptAndBehindItRunsOnlyTheLastKeptToken) {
  for (const char* name : {"mixtral-sharded", "yuan-m32"}) {
    SCOPED_TRACE(name);
    const test::GoldenModel golden = test::loadGoldenModel(name);
    auto made = gpu::makeGpuEngine(golden.model, test::gpuOptions(false));
    ASSERT_TRUE(made) << made.error().message;
    const std::shared_ptr<core::Engine> engine = std::move(*made);
    const auto prompt = static_cast<int>(golden.ids().size());
    for (const int kept : {prompt / 2, prompt + 2}) {
      SCOPED_TRACE(kept);
      test::expectGoesOn(golden, engine, kept);
    }
    EXPECT_EQ(gpu::gpuCounters(*engine).validationMessages, std::vector<std::string>{});
  }
}

}  // namespace
