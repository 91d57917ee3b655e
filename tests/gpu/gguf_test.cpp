// Whole models in GGUF on the GPU engine, as a software device and as if it were a real GPU.
#include "core/engine/run.h"
#include "tests/gpu/test_device.h"
#include "tests/support/golden_gguf.h"

namespace {

class GpuGguf : public testing::TestWithParam<std::string> {};

TEST_P(GpuGguf, EveryTensorAndTheGreedyContinuationAgree) {
  const test::GoldenModel golden = test::loadGoldenGguf(GetParam());
  for (const bool asIfReal : {false, true}) {
    auto engine = gpu::makeGpuEngine(golden.model, test::gpuOptions(asIfReal));
    ASSERT_TRUE(engine.has_value()) << engine.error().message;
    auto session = test::runGolden(golden, *engine);
    ASSERT_TRUE(session.has_value()) << session.error().message;
    double worst = 0;
    EXPECT_EQ(test::compareWithGolden(golden, (*session)->trace(), &worst), "");
    EXPECT_GT(worst, 0);
    EXPECT_EQ(gpu::gpuCounters(**engine).validationMessages, std::vector<std::string>{});
  }
}

INSTANTIATE_TEST_SUITE_P(Files, GpuGguf, testing::ValuesIn(test::goldenGgufNames()), [](const auto& tested) {
  std::string name = tested.param;
  for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
  return name;
});

}  // namespace
