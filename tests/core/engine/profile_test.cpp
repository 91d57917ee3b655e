#include <gtest/gtest.h>

#include <algorithm>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "tests/support/golden_model.h"

namespace {

TEST(Profile, RowsOfOneOperationAreAddedUpAndTheRestIsOther) {
  core::Profile profile;
  profile.add("attention", 0.5);
  profile.add("experts", 2, 3);
  profile.add("attention", 0.25);
  profile.seconds = 4;
  core::Profile twice = profile;
  twice.add(profile);
  EXPECT_DOUBLE_EQ(twice.seconds, 8);
  EXPECT_DOUBLE_EQ(twice.accounted(), 5.5);
  std::string text;
  for (const core::Profile::Row& row : twice.bySize())
    text += row.op + " " + std::to_string(row.seconds) + " " + std::to_string(row.calls) + "\n";
  EXPECT_EQ(text, "experts 4.000000 6\nother 2.500000 1\nattention 1.500000 4\n");
}

TEST(Profile, ARunThatAsksForOneNamesWhatItDidAndAnotherHasNone) {
  const test::GoldenModel golden = test::loadGoldenModel("qwen2_moe-gated-shared");
  auto engine = core::makeCpuEngine(golden.model, 2);
  core::RunRequest request;
  request.ids = golden.ids();
  request.capture = core::Capture::Ledger;
  auto plain = core::Session::start(*engine, request);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_FALSE((*plain)->result().profile);

  request.profile = true;
  auto session = core::Session::start(*engine, request);
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_TRUE((*session)->generate(3));
  const core::Profile& profile = *(*session)->result().profile;
  EXPECT_LE(profile.accounted(), profile.seconds);
  for (const std::string op :
       {"embedding", "projections", "attention", "routing", "routed experts", "shared expert", "logits", "recording"}) {
    const auto row = std::find_if(profile.rows.begin(), profile.rows.end(), [&](const auto& r) { return r.op == op; });
    ASSERT_NE(row, profile.rows.end()) << op;
    EXPECT_GT(row->seconds, 0) << op;
    EXPECT_GT(row->calls, 0) << op;
  }
}

}  // namespace
