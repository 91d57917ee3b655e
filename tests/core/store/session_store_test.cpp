#include "core/store/session_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <functional>

#include "core/store/owner.h"
#include "tests/core/store/stored_runs.h"
#include "tests/support/support.h"

namespace {

using test::opened;
using test::storedRun;

TEST(SessionStore, ARunWrittenInPiecesOfAnySizeReadsBackTheSame) {
  for (const int step : {1, 3, 7, 40}) {
    auto store = opened(":memory:");
    core::Trace trace = test::grown(core::Trace(test::madeInfo(5)), 11, 5, 0);
    core::WriteOptions options;
    options.interval = std::chrono::milliseconds(0);
    auto writer = store->beginRun(trace.info(), trace.ids(), trace.texts(), options);
    ASSERT_TRUE(writer) << writer.error().message;
    for (int tokens = 5; tokens < 90; tokens += step) {
      trace = test::grown(trace, 11, tokens + 1, tokens);
      ASSERT_TRUE((*writer)->append(trace));
      if (tokens % 2 == 0) continue;
      ASSERT_TRUE((*writer)->flush());
      ASSERT_EQ((*writer)->savedTokens(), tokens);
    }
    ASSERT_TRUE((*writer)->finish(trace));
    const auto loaded = store->loadTrace((*writer)->id());
    ASSERT_TRUE(loaded) << loaded.error().message;
    test::expectSameRows(*loaded, trace);
    EXPECT_EQ(loaded->info().prompt, "made up");
    EXPECT_EQ(loaded->info().capacity.rule, core::CapacityRule::Gshard);
    EXPECT_EQ(loaded->config().layer.size(), 3u);
  }
}

TEST(SessionStore, ALongGenerationBecomesFewRows) {
  auto store = opened(":memory:");
  core::Trace trace = test::grown(core::Trace(test::madeInfo(1)), 3, 1, 0);
  core::WriteOptions options;
  options.interval = std::chrono::milliseconds(0);
  auto writer = store->beginRun(trace.info(), trace.ids(), trace.texts(), options);
  ASSERT_TRUE(writer);
  for (int tokens = 1; tokens <= 600; ++tokens) {
    trace = test::grown(trace, 3, tokens, tokens);
    ASSERT_TRUE((*writer)->append(trace));
    ASSERT_TRUE((*writer)->flush());
  }
  ASSERT_TRUE((*writer)->finish(trace));
  const auto rows = store->query("SELECT count(*) FROM block WHERE layer = 1 AND stream = 'layer'");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_LT(std::stoi(*rows->rows[0][0]), 12);
  test::expectSameRows(*store->loadTrace((*writer)->id()), trace);
}

TEST(SessionStore, FullTensorsAreKeptOnlyOnDemand) {
  auto store = opened(":memory:");
  const core::Trace expected = test::grown(core::Trace(test::madeInfo(4)), 5, 9, 8);
  test::expectSameRows(*store->loadTrace(storedRun(*store, 5, 4, 9)), expected);
  const core::RunId full = storedRun(*store, 5, 4, 9, "made up", true);
  test::expectSameRows(*store->loadTrace(full), expected, true);
  EXPECT_TRUE(store->row(full)->fullStored);
}

TEST(SessionStore, TheSizeOfFullTensorsIsKnownBeforehand) {
  // Three layers: attention and output; routed in two of them, dense in one; embeddings and logits once.
  EXPECT_EQ(core::fullTensorBytes(test::madeModel(), 10), 10 * 4 * (3 * 12 + 2 * 6 + 6 + 6 + 50));
}

TEST(SessionStore, ARowSaysWhatTheRunWas) {
  auto store = opened(":memory:");
  const core::RunId id = storedRun(*store, 7, 6, 40, "Once upon a time");
  const auto rows = store->list();
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1u);
  const core::RunRow& row = rows->front();
  EXPECT_EQ(row.id, id);
  EXPECT_EQ(row.model, "made");
  EXPECT_EQ(row.prompt, "Once upon a time");
  EXPECT_EQ(row.tokens, 40);
  EXPECT_EQ(row.generated(), 34);
  EXPECT_EQ(row.capture, core::Capture::Ledger);
  EXPECT_EQ(row.state, core::RunState::Complete);
  EXPECT_GT(row.dropped, 0);
  EXPECT_FALSE(row.starred);
  EXPECT_FALSE(row.cursor);
  ASSERT_EQ(row.created.size(), 24u);
  EXPECT_EQ(row.created[10], 'T');
  EXPECT_EQ(row.created.back(), 'Z');
  EXPECT_EQ(*store->last(), id);
}

TEST(SessionStore, TheCursorIsWhereItWasLeft) {
  test::ScratchFolder folder;
  core::RunId id = 0;
  {
    auto store = opened(folder.path() / "s.db");
    id = storedRun(*store, 1, 3, 8);
    EXPECT_FALSE(*store->loadCursor(id));
    ASSERT_TRUE(store->saveCursor(id, {5, 2, 3, 4}));
  }
  auto store = opened(folder.path() / "s.db");
  EXPECT_EQ(*store->loadCursor(id), (core::StoredCursor{5, 2, 3, 4}));
  EXPECT_FALSE(store->saveCursor(id + 1, {}));
}

TEST(SessionStore, NamesNotesStarsAndTagsStay) {
  auto store = opened(":memory:");
  const core::RunId id = storedRun(*store, 1, 3, 8);
  ASSERT_TRUE(store->rename(id, "  first try\n"));
  ASSERT_TRUE(store->setNote(id, "line one\nline two"));
  ASSERT_TRUE(store->setStarred(id, true));
  ASSERT_TRUE(store->setTags(id, {"zeta", " alpha ", "zeta", ""}));
  const core::RunRow row = *store->row(id);
  EXPECT_EQ(row.name, "first try");
  EXPECT_EQ(row.note, "line one\nline two");
  EXPECT_TRUE(row.starred);
  EXPECT_EQ(row.tags, (std::vector<std::string>{"alpha", "zeta"}));
  EXPECT_EQ(*store->tags(), row.tags);
  EXPECT_EQ(*store->models(), std::vector<std::string>{"made"});
}

TEST(SessionStore, FiltersAndSortsAreDoneByTheDatabase) {
  auto store = opened(":memory:");
  const core::RunId a = storedRun(*store, 1, 3, 20, "alpha"), b = storedRun(*store, 2, 3, 10, "beta");
  ASSERT_TRUE(store->setStarred(b, true));
  ASSERT_TRUE(store->setTags(a, {"keep"}));
  using Ids = std::vector<core::RunId>;
  core::ListOptions byTokens;
  byTokens.sort = core::RunSort::Tokens;
  EXPECT_EQ(test::idsOf(*store), (Ids{b, a}));
  EXPECT_EQ(test::idsOf(*store, {}, byTokens), (Ids{a, b}));
  byTokens.limit = 1;
  byTokens.offset = 1;
  EXPECT_EQ(test::idsOf(*store, {}, byTokens), Ids{b});
  core::RunFilter starred, tagged, complete, other;
  starred.starredOnly = true;
  tagged.tag = "keep";
  complete.state = core::RunState::Complete;
  other.model = "another";
  EXPECT_EQ(test::idsOf(*store, starred), Ids{b});
  EXPECT_EQ(test::idsOf(*store, tagged), Ids{a});
  EXPECT_EQ(test::idsOf(*store, complete), (Ids{b, a}));
  EXPECT_EQ(test::idsOf(*store, other), Ids{});
  EXPECT_EQ(*store->count(), 2);
}

TEST(SessionStore, TheFileIsForItsOwnerOnly) {
  test::ScratchFolder folder;
  const auto path = folder.path() / "new" / "folder" / "s.db";
  auto store = opened(path);
  storedRun(*store, 1, 3, 8);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((path.string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600) << suffix;
  }
  struct stat status {};
  ASSERT_EQ(stat(path.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700);
}

TEST(SessionStore, AWriterThatIsNotFinishedLeavesAnInterruptedRun) {
  auto store = opened(":memory:");
  const core::Trace trace = test::grown(core::Trace(test::madeInfo(4)), 9, 12, 11);
  core::RunId id = 0;
  {
    auto writer = store->beginRun(trace.info(), {}, {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(trace));
    id = (*writer)->id();
    EXPECT_EQ(store->row(id)->state, core::RunState::Running);
  }
  EXPECT_EQ(store->row(id)->state, core::RunState::Interrupted);
  test::expectSameRows(*store->loadTrace(id), trace);
}

TEST(SessionStore, AFinishedRunCanGoOn) {
  auto store = opened(":memory:");
  core::Trace trace = test::grown(core::Trace(test::madeInfo(4)), 9, 12, 11);
  auto writer = store->beginRun(trace.info(), {}, {});
  ASSERT_TRUE((*writer)->finish(trace, core::RunEnd::Cancelled));
  EXPECT_EQ(store->row((*writer)->id())->state, core::RunState::Cancelled);
  trace = test::grown(trace, 9, 30, 29);
  ASSERT_TRUE((*writer)->append(trace));
  ASSERT_TRUE((*writer)->flush());
  EXPECT_EQ(store->row((*writer)->id())->state, core::RunState::Running);
  ASSERT_TRUE((*writer)->finish(trace));
  EXPECT_EQ(store->row((*writer)->id())->state, core::RunState::Complete);
  test::expectSameRows(*store->loadTrace((*writer)->id()), trace);
}

TEST(SessionStore, AnotherRunIsNotTakenForItsContinuation) {
  auto store = opened(":memory:");
  const core::Trace trace = test::grown(core::Trace(test::madeInfo(4)), 9, 12, 11);
  auto writer = store->beginRun(trace.info(), {}, {});
  ASSERT_TRUE((*writer)->finish(trace));
  const auto status = (*writer)->append(test::grown(core::Trace(test::madeInfo(4)), 10, 14, 11));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "run 1: expected a trace that continues the one before; begin another run for it");
}

// Runs `work` in a child process, which then waits until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& work) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    m_pid = fork();
    if (m_pid == 0) {
      close(ready[0]);
      work();
      const char done = 'x';
      if (write(ready[1], &done, 1) != 1) _exit(2);
      for (;;) pause();
    }
    close(ready[1]);
    char done = 0;
    EXPECT_EQ(read(ready[0], &done, 1), 1);
    close(ready[0]);
  }
  ~Child() { end(); }
  void end() {
    if (m_pid <= 0) return;
    kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
    m_pid = 0;
  }

 private:
  pid_t m_pid = 0;
};

TEST(SessionStore, ARunIsRunningWhileItsProcessLivesAndInterruptedAfterwards) {
  test::ScratchFolder folder;
  const auto path = folder.path() / "s.db";
  Child child([&] {
    const auto store = opened(path);
    const core::Trace trace = test::grown(core::Trace(test::madeInfo(4)), 9, 12, 11);
    core::RunWriter* writer = store->beginRun(trace.info(), {}, {})->release();
    if (!writer->append(trace) || !writer->flush()) _exit(3);
  });
  auto store = opened(path);
  auto reader = opened(path, {.readOnly = true});
  EXPECT_EQ(store->row(1)->state, core::RunState::Running);
  child.end();
  EXPECT_EQ(reader->row(1)->state, core::RunState::Interrupted);
  auto again = opened(path);
  EXPECT_EQ(again->notes(), std::vector<std::string>{"1 run was interrupted; what was recorded is kept"});
  core::RunFilter interrupted;
  interrupted.state = core::RunState::Interrupted;
  EXPECT_EQ(*again->count(interrupted), 1);
  EXPECT_GT(again->countChoices({})->hits, 0);
  test::expectSameRows(*again->loadTrace(1), test::grown(core::Trace(test::madeInfo(4)), 9, 12, 11));
}

TEST(SessionStore, AProcessIdThatWasUsedAgainIsNotTheWriter) {
  core::Owner owner = core::thisProcess();
  EXPECT_TRUE(core::isAlive(owner, 0, 1000000));
  owner.started += 1;
  EXPECT_FALSE(core::isAlive(owner, 0, 1000000));
  owner.machine = "another";
  EXPECT_TRUE(core::isAlive(owner, 1000000 - 5, 1000000));
  EXPECT_FALSE(core::isAlive(owner, 1000000 - core::kHeartbeatSeconds, 1000000));
}

TEST(SessionStore, AMissingRunIsAnError) {
  auto store = opened(":memory:");
  const auto missing = store->loadTrace(7);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, ":memory:: run 7: there is no such run");
}

TEST(SessionStore, WhatIsRemovedComesBackUntilItIsErased) {
  auto store = opened(":memory:");
  const core::RunId id = storedRun(*store, 1, 3, 8);
  ASSERT_TRUE(store->remove(id));
  EXPECT_EQ(*store->count(), 0);
  EXPECT_EQ(store->countChoices({})->hits, 0);
  EXPECT_FALSE(store->last()->has_value());
  core::RunFilter removed;
  removed.removed = true;
  EXPECT_EQ(*store->count(removed), 1);
  ASSERT_TRUE(store->undoRemove(id));
  EXPECT_EQ(*store->count(), 1);
  ASSERT_TRUE(store->erase(std::vector{id}));
  EXPECT_FALSE(store->undoRemove(id));
  EXPECT_FALSE(store->erase(std::vector{id}));
}

TEST(SessionStore, ErasedTextIsNowhereInTheFiles) {
  test::ScratchFolder folder;
  const auto everything = [&] {
    std::string bytes;
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) bytes += test::readFile(file.path());
    return bytes;
  };
  auto store = opened(folder.path() / "s.db");
  storedRun(*store, 1, 3, 8, "ordinary words");
  const core::RunId secret = storedRun(*store, 2, 3, 300, "xyzzyplugh confession");
  ASSERT_TRUE(store->setNote(secret, "frobozzmagic"));
  ASSERT_NE(everything().find("xyzzyplugh"), std::string::npos);
  const core::Status erased = store->erase(std::vector{secret});
  ASSERT_TRUE(erased) << erased.error().message;
  for (const char* word : {"xyzzyplugh", "confession", "frobozzmagic"}) {
    EXPECT_EQ(everything().find(word), std::string::npos) << word;
  }
  EXPECT_NE(everything().find("ordinary"), std::string::npos);
}

}  // namespace
