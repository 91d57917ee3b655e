// A process that writes runs is killed two hundred times, at moments that a fixed seed chooses. What it had reported as
// saved must be there, value by value, and the database sound.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "core/store/database.h"
#include "tests/core/store/stored_runs.h"
#include "tests/support/support.h"

namespace {

struct Report {
  core::RunId run = 0;
  uint64_t seed = 0;
  int saved = 0;     // tokens
  int finished = 0;  // complete, with posting lists
};

constexpr int kPrompt = 3, kTokens = 30;

// Writes runs for ever and reports each success; only ever ended from outside.
[[noreturn]] void writeRuns(const std::filesystem::path& path, uint64_t firstSeed, int pipe) {
  auto store = core::SessionStore::open(path);
  if (!store) _exit(3);
  core::WriteOptions options;
  options.interval = std::chrono::milliseconds(0);
  for (uint64_t seed = firstSeed;; ++seed) {
    core::Trace trace = test::grown(core::Trace(test::madeInfo(kPrompt)), seed, kPrompt, 0);
    auto writer = (*store)->beginRun(trace.info(), trace.ids(), trace.texts(), options);
    if (!writer) _exit(4);
    Report report{(*writer)->id(), seed, 0, 0};
    for (int tokens = kPrompt; tokens <= kTokens; tokens += 1 + static_cast<int>(seed % 5)) {
      trace = test::grown(trace, seed, tokens + 1, tokens);
      if (!(*writer)->append(trace) || !(*writer)->flush()) _exit(5);
      report.saved = (*writer)->savedTokens();
      if (write(pipe, &report, sizeof report) != sizeof report) _exit(6);
    }
    if (!(*writer)->finish(trace)) _exit(7);
    report.finished = 1;
    if (write(pipe, &report, sizeof report) != sizeof report) _exit(8);
  }
}

// The last report of each run, read until the writing end is closed.
std::map<core::RunId, Report> drain(int pipe) {
  std::map<core::RunId, Report> last;
  Report report;
  while (read(pipe, &report, sizeof report) == sizeof report) last[report.run] = report;
  return last;
}

void expectSaved(core::SessionStore& store, const Report& report) {
  const auto row = store.row(report.run);
  ASSERT_TRUE(row) << row.error().message;
  if (report.finished) {
    EXPECT_EQ(row->state, core::RunState::Complete);
  } else {
    EXPECT_NE(row->state, core::RunState::Running);
  }
  const auto trace = store.loadTrace(report.run);
  ASSERT_TRUE(trace) << trace.error().message;
  // More may have been saved than was reported before the end.
  const int rows = trace->tokens(core::Stream::Layer, 0);
  ASSERT_GE(rows, report.saved);
  const core::Trace expected = test::grown(core::Trace(test::madeInfo(kPrompt)), report.seed, trace->length(), rows);
  test::expectSameRows(*trace, expected);
}

TEST(Crash, AKillAtAnyMomentLosesNothingThatWasSaved) {
  test::ScratchFolder folder;
  const auto path = folder.path() / "s.db";
  int unfinished = 0, reported = 0;
  for (int round = 0; round < 200; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      writeRuns(path, static_cast<uint64_t>(round) * 1000 + 1, ends[1]);
    }
    close(ends[1]);
    // From before the database is open to several runs in. The first report is waited for in most rounds, so that a
    // slow machine does not kill children that have not begun.
    if (round % 8 != 0) {
      pollfd ready{ends[0], POLLIN, 0};
      ASSERT_EQ(poll(&ready, 1, 20000), 1);
    }
    usleep(test::mixed(static_cast<uint64_t>(round) + 77) % 15000);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    const auto reports = drain(ends[0]);
    close(ends[0]);

    auto store = test::opened(path);
    ASSERT_TRUE(store);
    for (const auto& [run, report] : reports) {
      ASSERT_NO_FATAL_FAILURE(expectSaved(*store, report)) << "round " << round << ", run " << run;
      unfinished += !report.finished;
      reported += 1;
    }
    core::RunFilter running;
    running.state = core::RunState::Running;
    ASSERT_EQ(*store->count(running), 0) << round;
  }
  // The kills did fall into runs, and runs did end.
  EXPECT_GT(unfinished, 0);
  EXPECT_GT(reported, unfinished);
  const auto database = core::connect(core::fileUri(path, ""), {});
  EXPECT_EQ(core::queryText(*database, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(core::queryNumber(*database, "SELECT count(*) FROM run WHERE indexed <> 1"), 0);
}

TEST(Crash, SeveralProcessesWriteOneDatabaseAtOnce) {
  test::ScratchFolder folder;
  const auto path = folder.path() / "s.db";
  constexpr int kProcesses = 4, kRuns = 12;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = core::SessionStore::open(path);
      if (!store) _exit(3);
      for (int run = 0; run < kRuns; ++run) {
        const auto seed = static_cast<uint64_t>(process) * 100 + static_cast<uint64_t>(run);
        const core::Trace trace = test::grown(core::Trace(test::madeInfo(3, std::to_string(seed))), seed, 20, 20);
        auto writer = (*store)->beginRun(trace.info(), {}, {});
        if (!writer || !(*writer)->append(trace) || !(*writer)->flush() || !(*writer)->finish(trace)) _exit(4);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  auto store = test::opened(path);
  const auto rows = store->list();
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), static_cast<size_t>(kProcesses * kRuns));
  for (const core::RunRow& row : *rows) {
    EXPECT_EQ(row.state, core::RunState::Complete);
    const uint64_t seed = std::stoull(*row.prompt);
    test::expectSameRows(*store->loadTrace(row.id), test::grown(core::Trace(test::madeInfo(3)), seed, 20, 20));
  }
}

}  // namespace
