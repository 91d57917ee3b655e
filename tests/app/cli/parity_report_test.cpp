#include "app/cli/parity_report.h"

#include <gtest/gtest.h>

#include "tests/support/small_trace.h"

namespace {

using core::Hook;
using core::Stream;

// A run of one token in one layer: logits of four experts, two of them chosen, and the layer's output.
core::Trace oneToken(std::vector<float> logits, std::vector<int32_t> ids, float out) {
  core::ModelConfig config;
  config.width = 1;
  config.layers = 1;
  config.router.experts = 4;
  config.router.chosen = 2;
  config.layer.resize(1);
  config.layer[0].moe = true;
  core::RunInfo info;
  info.config = std::make_shared<const core::ModelConfig>(config);
  info.promptTokens = 1;
  core::Block block{Stream::Layer, 0, 0, 1, {}};
  block.arrays.push_back({Hook::RouterLogits, 4, std::move(logits), {}});
  block.arrays.push_back({Hook::RouterIds, 2, {}, std::move(ids)});
  block.arrays.push_back({Hook::Out, 1, {out}, {}});
  return core::Trace(std::make_shared<const core::RunInfo>(info)).withIds({0}, {"a"}).with(std::move(block));
}

TEST(Parity, ARunAgreesWithItself) {
  const app::ParityReport report = app::compareTraces(test::smallTrace(), test::smallTrace());
  EXPECT_TRUE(report.passed());
  EXPECT_FALSE(report.hooks.empty());
  for (const app::HookParity& hook : report.hooks) EXPECT_EQ(hook.largestAbsolute, 0) << hook.name;
}

TEST(Parity, ToleranceIsAbsolutePlusRelativeToTheValueOrAFractionOfTheLargest) {
  // Allowed at 0 beside a largest value of 100: 2e-4 + 2e-4 * 5.
  EXPECT_TRUE(
      app::compareTraces(oneToken({100, 0, -1, -2}, {0, 1}, 1), oneToken({100, 0.0011f, -1, -2}, {0, 1}, 1)).passed());
  const auto report =
      app::compareTraces(oneToken({100, 0, -1, -2}, {0, 1}, 1), oneToken({100, 0.0013f, -1, -2}, {0, 1}, 1));
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(report.hooks[0].name, "router.logits");
  EXPECT_NEAR(report.hooks[0].largestAbsolute, 0.0013, 1e-6);
  EXPECT_NEAR(report.hooks[0].largestRelative, 0.0013 / 5, 1e-6);
  EXPECT_EQ(report.hooks[0].different, 1);
}

TEST(Parity, ACloseCallIsReportedAndWhatFollowsFromItIsNotJudged) {
  const auto report =
      app::compareTraces(oneToken({3, 2, 1.9999f, 0}, {0, 1}, 1), oneToken({3, 2, 1.9999f, 0}, {0, 2}, 7));
  EXPECT_TRUE(report.passed());
  ASSERT_EQ(report.closeCalls.size(), 1u);
  EXPECT_EQ(report.closeCalls[0].rank, 1);
  EXPECT_EQ(report.closeCalls[0].expected, 1);
  EXPECT_EQ(report.closeCalls[0].found, 2);
  EXPECT_NEAR(report.closeCalls[0].margin, 1e-4, 1e-6);
}

TEST(Parity, ACloseCallOfTheAttentionRouterComesBeforeTheBlocks) {
  const auto run = [](std::vector<int32_t> attentionIds, float attention, float logit) {
    core::ModelConfig config;
    config.width = config.layers = 1;
    config.router.experts = config.attentionRouter.experts = 2;
    config.router.chosen = config.attentionRouter.chosen = 1;
    config.layer.resize(1);
    config.layer[0].moe = true;
    core::RunInfo info;
    info.config = std::make_shared<const core::ModelConfig>(config);
    info.promptTokens = 1;
    core::Block block{Stream::Layer, 0, 0, 1, {}};
    block.arrays.push_back({Hook::AttentionRouterLogits, 2, {1, 1}, {}});
    block.arrays.push_back({Hook::AttentionRouterIds, 1, {}, std::move(attentionIds)});
    block.arrays.push_back({Hook::Attention, 1, {attention}, {}});
    block.arrays.push_back({Hook::RouterLogits, 2, {logit, 0}, {}});
    block.arrays.push_back({Hook::RouterIds, 1, {}, {0}});
    return core::Trace(std::make_shared<const core::RunInfo>(info)).withIds({0}, {"a"}).with(std::move(block));
  };
  const auto report = app::compareTraces(run({0}, 1, 5), run({1}, 2, 7));
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.closeCalls.size(), 1u);
  EXPECT_FALSE(app::compareTraces(run({0}, 1, 5), run({0}, 2, 5)).passed());
  EXPECT_FALSE(app::compareTraces(run({0}, 1, 5), run({0}, 1, 7)).passed());
}

TEST(Parity, ADifferentChoiceWithAClearMarginFails) {
  const auto report = app::compareTraces(oneToken({3, 2, 1, 0}, {0, 1}, 1), oneToken({3, 2, 1, 0}, {0, 2}, 7));
  EXPECT_FALSE(report.passed());
  EXPECT_TRUE(report.closeCalls.empty());
}

TEST(Parity, ATensorThatIsMissingIsAProblem) {
  const core::Trace whole = oneToken({3, 2, 1, 0}, {0, 1}, 1);
  const core::Trace empty = core::Trace(whole.sharedInfo()).withIds({0}, {"a"});
  EXPECT_FALSE(app::compareTraces(whole, empty).passed());
}

}  // namespace
