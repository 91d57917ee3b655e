// Branching without running the kept tokens again.
#include "tests/support/going_on.h"
#include "core/engine/cpu_engine.h"

namespace {

using Holds = core::Session::Holds;

std::shared_ptr<core::Engine> cpuOf(const test::GoldenModel& golden) {
  auto made = core::makeCpuEngine(golden.model, 2);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

TEST(GoingOn, InsideThePromptAndBehindItRunsOnlyTheLastKeptToken) {
  for (const char* name : {"mixtral-sharded", "jetmoe-moa", "yuan-m32", "deepseek_v2-lite", "seed-7m"}) {
    SCOPED_TRACE(name);
    const test::GoldenModel golden = test::loadGoldenModel(name);
    const auto prompt = static_cast<int>(golden.ids().size());
    for (const int kept : {1, prompt / 2, prompt, prompt + 2, prompt + 4}) {
      SCOPED_TRACE(kept);
      test::expectGoesOn(golden, cpuOf(golden), kept);
    }
  }
}

TEST(GoingOn, APromptThatQueuesAsOneGroupIsNotCutInside) {
  const test::GoldenModel golden = test::loadGoldenModel("openmoe-base");
  const auto engine = cpuOf(golden);
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = 4;
  auto session = core::Session::start(engine, request);
  ASSERT_TRUE(session) << session.error().message;
  const core::Trace record = (*session)->trace();
  const int prompt = record.promptTokens();
  EXPECT_EQ((*session)->holds(record, prompt - 1), Holds::OneGroup);
  EXPECT_EQ((*session)->holds(record, prompt), Holds::OneGroup);
  EXPECT_EQ((*session)->holds(record, prompt + 1), Holds::Yes);
  test::expectGoesOn(golden, engine, prompt + 2);
}

TEST(GoingOn, ARotationThatLooksAtThePromptsLengthIsNotCutInside) {
  const test::GoldenModel golden = test::loadGoldenModel("phimoe-longrope");
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = 2;
  auto session = core::Session::start(cpuOf(golden), request);
  ASSERT_TRUE(session) << session.error().message;
  const core::Trace record = (*session)->trace();
  EXPECT_EQ((*session)->holds(record, record.promptTokens() - 1), Holds::OtherRotation);
  EXPECT_EQ((*session)->holds(record, record.promptTokens()), Holds::Yes);
}

TEST(GoingOn, OtherTokensAnotherModelAndMissingRowsAreNotHeld) {
  const test::GoldenModel golden = test::loadGoldenModel("mixtral-sharded");
  const auto engine = cpuOf(golden);
  core::RunRequest request;
  request.ids = golden.ids();
  auto session = core::Session::start(engine, request), other = core::Session::start(engine, request);
  ASSERT_TRUE(session && other);
  const core::Trace record = (*session)->trace();
  const int length = record.length();
  EXPECT_EQ((*session)->holds(record, 0), Holds::OtherTokens);
  EXPECT_EQ((*session)->holds(record, length), Holds::Yes);
  EXPECT_EQ((*session)->holds(record, length + 1), Holds::OtherTokens);
  EXPECT_EQ((*other)->holds(record, length), Holds::Yes) << "whoever ran these tokens";
  std::vector<int32_t> ids = record.ids();
  ids[1] = ids[1] == 3 ? 4 : 3;
  EXPECT_EQ((*session)->holds(record.withIds(ids, record.texts()), length), Holds::OtherTokens);
  EXPECT_EQ((*session)->holds(record.withIds(ids, record.texts()), 1), Holds::Yes);
  auto info = std::make_shared<core::RunInfo>(record.info());
  EXPECT_EQ((*session)->holds(core::firstTokens(record, 2, info), 4), Holds::OtherTokens) << "rows are missing";
  info->modelHash = "another";
  EXPECT_EQ((*session)->holds(record.withInfo(info), 2), Holds::OtherTokens);
}

}  // namespace
