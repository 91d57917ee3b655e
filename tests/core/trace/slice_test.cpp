#include "core/trace/slice.h"

#include "core/snapshot/snapshot.h"
#include "core/trace/dispatch.h"
#include "tests/core/store/made_runs.h"
#include "tests/support/support.h"

namespace {

using core::Hook;

core::Trace wholeRun() { return test::grown(core::Trace(test::madeInfo(5)), 1, 40, 39); }

TEST(TraceSlice, HoldsTheRowsOfItsRangeAndNothingElse) {
  const core::Trace whole = wholeRun();
  const auto part = core::sliceTrace(whole, {3, 12, 1, 1});
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->length(), 10);
  EXPECT_EQ(part->promptTokens(), 2);
  EXPECT_EQ(part->ids()[0], whole.ids()[3]);
  EXPECT_EQ(part->info().prompt, whole.texts()[3] + whole.texts()[4]);
  EXPECT_EQ(part->tokens(core::Stream::Layer, 1), 10);
  EXPECT_FALSE(part->has(Hook::RouterIds, 2));
  for (int token = 0; token < 10; ++token) {
    const auto a = part->floats(Hook::RouterScores, 1, token), b = whole.floats(Hook::RouterScores, 1, token + 3);
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << token;
  }
}

TEST(TraceSlice, KeepsSlotsAsTheWholeRunDecidedThem) {
  const core::Trace whole = wholeRun();
  const core::LayerDispatch decided = core::dispatchOf(whole, 1);
  const auto part = core::sliceTrace(whole, {20, 29, 0, 2});
  ASSERT_TRUE(part);
  EXPECT_FALSE(part->info().capacity.active) << "a part has no queue of its own";
  for (int token = 0; token < 10; ++token) {
    for (int rank = 0; rank < 2; ++rank) {
      const auto choice = static_cast<size_t>((token + 20) * 2 + rank);
      EXPECT_EQ(part->ints(Hook::RouterSlot, 1, token)[static_cast<size_t>(rank)], decided.slot[choice]);
      EXPECT_EQ(part->ints(Hook::RouterKept, 1, token)[static_cast<size_t>(rank)], decided.kept[choice]);
    }
  }
}

TEST(TraceSlice, TheWholeRangeIsTheRunItself) {
  const core::Trace whole = wholeRun();
  EXPECT_EQ(core::sliceTrace(whole, core::wholeRange(whole))->sharedInfo(), whole.sharedInfo());
}

TEST(TraceSlice, RangesOutsideAreRefused) {
  const core::Trace whole = wholeRun();
  for (const core::TraceRange range : {core::TraceRange{-1, 3, 0, 0}, {3, 2, 0, 0}, {0, 40, 0, 0}, {0, 1, 0, 3}}) {
    EXPECT_FALSE(core::sliceTrace(whole, range));
  }
}

TEST(TraceSlice, ComesBackFromEveryFormat) {
  const test::ScratchFolder folder;
  const core::Trace part = *core::sliceTrace(wholeRun(), {3, 12, 1, 2});
  for (const char* name : {"part.json", "part.npz", "part.safetensors"}) {
    const auto written = core::writeSnapshot(part, folder.path() / name);
    ASSERT_TRUE(written) << written.error().message;
    const auto read = core::readSnapshot(folder.path() / name);
    ASSERT_TRUE(read) << name << ": " << read.error().message;
    EXPECT_EQ(read->ids(), part.ids());
    EXPECT_EQ(read->gatherInts(Hook::RouterIds, 2, 0, 10), part.gatherInts(Hook::RouterIds, 2, 0, 10)) << name;
    EXPECT_EQ(read->gatherInts(Hook::RouterSlot, 2, 0, 10), part.gatherInts(Hook::RouterSlot, 2, 0, 10)) << name;
    EXPECT_FALSE(read->has(Hook::RouterIds, 0));
  }
}

TEST(TraceSlice, ItsTableCountsTokensAsTheRunDoes) {
  const core::Trace whole = wholeRun();
  core::SnapshotOptions options;
  options.firstToken = 12;
  std::string text;
  const auto sink = [&text](std::string_view bytes) -> core::Status {
    text += bytes;
    return {};
  };
  ASSERT_TRUE(core::writeTraceCsv(*core::sliceTrace(whole, {12, 12, 1, 1}), options, sink));
  std::string all;
  ASSERT_TRUE(core::writeTraceCsv(whole, {}, [&all](std::string_view bytes) -> core::Status {
    all += bytes;
    return {};
  }));
  // The two rows are those of the whole table.
  const size_t begin = text.find('\n') + 1;
  const std::string rows = text.substr(begin);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 2);
  EXPECT_NE(all.find(rows), std::string::npos) << rows;
}

}  // namespace
