// What a sequence remembers beside keys and values must go along when its context is forked, and be cut when it is
// truncated: the local filter looks back at the inputs of the two tokens before.
#include <gtest/gtest.h>

#include "core/engine/cpu_engine.h"
#include "tests/support/golden_model.h"
#include "tests/support/last_logits.h"

namespace {

TEST(CpuContext, AForkAndATruncatedContextLookBackAtTheSameTokens) {
  const test::GoldenModel golden = test::loadGoldenModel("yuan-m32");
  auto made = core::makeCpuEngine(golden.model, 2);
  ASSERT_TRUE(made) << made.error().message;
  core::Engine& engine = **made;
  const std::vector<int32_t> ids = golden.ids(), other = {7, 9, 5}, next = {3, 4};
  auto context = engine.newContext(64);
  ASSERT_TRUE(context) << context.error().message;
  test::lastLogits(engine, **context, ids);
  auto fork = (*context)->fork();
  ASSERT_TRUE(fork) << fork.error().message;
  const std::vector<float> expected = test::lastLogits(engine, **context, next);
  (*context)->truncate(static_cast<int>(ids.size()));
  const std::vector<float> parted = test::lastLogits(engine, **context, other);
  EXPECT_NE(parted, expected);
  EXPECT_EQ(test::lastLogits(engine, **fork, next), expected);
  (*context)->truncate(static_cast<int>(ids.size()));
  EXPECT_EQ(test::lastLogits(engine, **context, next), expected);
  (*context)->truncate(0);  // the first token has none before it, whatever the context held
  test::lastLogits(engine, **context, ids);
  EXPECT_EQ(test::lastLogits(engine, **context, next), expected);
}

}  // namespace
