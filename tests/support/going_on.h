// A run that goes on behind kept tokens of another, held against the same run from its start; for either device.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "core/trace/slice.h"
#include "tests/support/counting_engine.h"
#include "tests/support/golden_model.h"

namespace test {

inline void expectClose(std::span<const float> a, std::span<const float> b, const char* what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-3f * (1 + std::abs(b[i]))) << what << " " << i;
}

// Branches a run after `kept` of its tokens with another id, and goes on for three.
inline void expectGoesOn(const GoldenModel& golden, const std::shared_ptr<core::Engine>& inner, int kept) {
  const auto engine = std::make_shared<CountingEngine>(inner);
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = 4;
  auto first = core::Session::start(engine, request);
  ASSERT_TRUE(first) << first.error().message;
  const core::Trace record = (*first)->trace();
  ASSERT_EQ((*first)->holds(record, kept), core::Session::Holds::Yes);
  core::RunRequest part = request;
  part.generate = 0;
  part.ids.resize(std::min(part.ids.size(), static_cast<size_t>(kept)));
  const int32_t other = record.ids()[static_cast<size_t>(kept) % record.ids().size()] == 5 ? 6 : 5;
  engine->ran = 0;
  auto branch = (*first)->goOn(record, kept, part);
  ASSERT_TRUE(branch) << branch.error().message;
  ASSERT_TRUE((*branch)->generate(1, {}, other));
  ASSERT_TRUE((*branch)->generate(3));
  EXPECT_EQ(engine->ran, 4) << "the last kept token, the other one, and two of the three after it";
  const core::Trace& went = (*branch)->trace();

  core::RunRequest whole = part;
  auto again = core::Session::start(engine, whole);
  ASSERT_TRUE(again) << again.error().message;
  for (int token = static_cast<int>(whole.ids.size()); token < kept; ++token) {
    ASSERT_TRUE((*again)->generate(1, {}, record.ids()[static_cast<size_t>(token)]));
  }
  ASSERT_TRUE((*again)->generate(1, {}, other));
  ASSERT_TRUE((*again)->generate(3));
  const core::Trace& fresh = (*again)->trace();
  EXPECT_EQ(went.ids(), fresh.ids());
  EXPECT_EQ(went.promptTokens(), fresh.promptTokens());
  for (int s = 0; s < core::kStreams; ++s) {
    const auto stream = static_cast<core::Stream>(s);
    for (int layer = 0; layer < (core::isOfLayer(stream) ? went.config().layers : 1); ++layer) {
      EXPECT_EQ(went.tokens(stream, layer), fresh.tokens(stream, layer)) << s << " " << layer;
    }
  }
  for (int token = 0; token < went.tokens(core::Stream::Head); ++token) {
    for (int layer = 0; layer < went.config().layers; ++layer) {
      expectClose(went.floats(core::Hook::RouterLogits, layer, token),
                  fresh.floats(core::Hook::RouterLogits, layer, token), "router logits");
      expectClose(went.floats(core::Hook::LedgerActualEffect, layer, token),
                  fresh.floats(core::Hook::LedgerActualEffect, layer, token), "effects");
    }
    expectClose(went.floats(core::Hook::Surprisal, 0, token), fresh.floats(core::Hook::Surprisal, 0, token),
                "surprisal");
  }
  // What is kept is the record's, to the bit.
  for (int token = 0; token + 1 < kept; ++token) {
    const auto mine = went.floats(core::Hook::RouterLogits, 1, token),
               theirs = record.floats(core::Hook::RouterLogits, 1, token);
    EXPECT_TRUE(std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end()));
  }
  // The run it left goes on as if nothing had been.
  ASSERT_TRUE((*first)->generate(1));
  EXPECT_EQ((*first)->trace().length(), record.length() + 1);
}

}  // namespace test
