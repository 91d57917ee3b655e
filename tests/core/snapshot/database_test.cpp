#include "core/snapshot/write_database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/snapshot/snapshot.h"
#include "core/store/session_store.h"
#include "tests/support/small_trace.h"
#include "tests/support/support.h"

namespace {

std::string jsonOf(const core::Trace& trace) {
  std::string out;
  EXPECT_TRUE(core::writeTraceJson(trace, {}, [&](std::string_view bytes) {
    out += bytes;
    return core::Status();
  }));
  return out;
}

int filesIn(const std::filesystem::path& folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(DatabaseSnapshot, HoldsTheOneRunWithEverythingThatWasRecorded) {
  for (const bool simulated : {false, true}) {
    const test::ScratchFolder folder;
    const auto path = folder.path() / "run.db";
    const core::Trace trace = test::smallTrace({.simulated = simulated});
    const core::Status written = core::writeDatabase(trace, path);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(filesIn(folder.path()), 1) << "something was left beside it";
    core::StoreOptions options;
    options.foreign = true;
    const auto store = core::SessionStore::open(path, options);
    ASSERT_TRUE(store) << store.error().message;
    const auto rows = (*store)->list();
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().state, core::RunState::Complete);
    const auto back = (*store)->loadTrace(rows->front().id);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(jsonOf(*back), jsonOf(trace));
  }
}

TEST(DatabaseSnapshot, ARunThatDidNotEndSaysSo) {
  const test::ScratchFolder folder;
  ASSERT_TRUE(core::writeDatabase(test::smallTrace(), folder.path() / "run.sqlite", true));
  const auto store = core::SessionStore::open(folder.path() / "run.sqlite");
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->list()->front().state, core::RunState::Interrupted);
}

TEST(DatabaseSnapshot, NoFileThatExistsIsReplaced) {
  const test::ScratchFolder folder;
  const auto path = folder.path() / "run.db";
  std::ofstream(path) << "other runs";
  const core::Status written = core::writeDatabase(test::smallTrace(), path);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("exists already"), std::string::npos) << written.error().message;
  EXPECT_EQ(test::readFile(path), "other runs");
  EXPECT_EQ(filesIn(folder.path()), 1);
}

TEST(DatabaseSnapshot, AMissingFolderAndAnEmptyRunAreErrors) {
  EXPECT_FALSE(core::writeDatabase(test::smallTrace(), "/nowhere/run.db"));
  const test::ScratchFolder folder;
  EXPECT_FALSE(core::writeDatabase(core::Trace(), folder.path() / "run.db"));
  EXPECT_EQ(filesIn(folder.path()), 0);
}

}  // namespace
