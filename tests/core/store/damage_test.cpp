// What the store does with files that are full, forbidden, damaged, foreign, or from another time.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/store/database.h"
#include "core/store/schema.h"
#include "tests/core/store/stored_runs.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

void writeFile(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

// Everything in one file: no log beside it.
void settle(const fs::path& path) {
  const auto database = core::connect(core::fileUri(path, ""), {});
  core::queryNumber(*database, "PRAGMA wal_checkpoint(TRUNCATE)");
}

fs::path storeOfThree(const fs::path& folder) {
  const fs::path path = folder / "s.db";
  {
    auto store = test::opened(path);
    for (uint64_t seed = 1; seed <= 3; ++seed) test::storedRun(*store, seed, 5, 200, "run " + std::to_string(seed));
  }
  settle(path);
  return path;
}

std::string openError(const fs::path& path, const core::StoreOptions& options = {}) {
  const auto store = core::SessionStore::open(path, options);
  return store ? "opened" : store.error().message;
}

void execute(const fs::path& path, const std::string& sql) { core::connect(core::fileUri(path, ""), {})->exec(sql); }

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(StoreFile, AFullDiskLosesNothingThatWasSaved) {
  test::ScratchFolder folder;
  core::StoreOptions options;
  options.maxBytes = 400000;
  auto store = test::opened(folder.path() / "s.db", options);
  core::Trace trace = test::grown(core::Trace(test::madeInfo(1)), 1, 1, 0);
  core::WriteOptions write;
  write.interval = std::chrono::milliseconds(0);
  auto writer = store->beginRun(trace.info(), trace.ids(), trace.texts(), write);
  ASSERT_TRUE(writer);
  core::Status status;
  int saved = 0;
  for (int tokens = 100; tokens < 20000 && status; tokens += 100) {
    trace = test::grown(trace, 1, tokens, tokens);
    if (status = (*writer)->append(trace); status) status = (*writer)->flush();
    if (status) saved = tokens;
  }
  ASSERT_FALSE(status);
  EXPECT_TRUE(mentions(status.error().message, "is full; what was saved before is kept")) << status.error().message;
  ASSERT_GT(saved, 0);
  EXPECT_EQ((*writer)->savedTokens(), saved);
  const auto loaded = store->loadTrace((*writer)->id());
  ASSERT_TRUE(loaded) << loaded.error().message;
  test::expectSameRows(*loaded, test::grown(core::Trace(test::madeInfo(1)), 1, saved, saved));
  EXPECT_TRUE(store->list());
}

TEST(StoreFile, WithoutAWriteAheadLogItWorksAndSaysSo) {
  test::ScratchFolder folder;
  core::StoreOptions options;
  options.vfs = "unix-dotfile";  // a file layer without shared memory, like some network file systems
  auto store = test::opened(folder.path() / "s.db", options);
  ASSERT_EQ(store->notes().size(), 1u);
  EXPECT_TRUE(mentions(store->notes()[0], "cannot keep a write-ahead log")) << store->notes()[0];
  const core::RunId id = test::storedRun(*store, 1, 5, 40);
  test::expectSameRows(*store->loadTrace(id), test::grown(core::Trace(test::madeInfo(5)), 1, 40, 39));
}

TEST(StoreFile, ANewerSchemaIsReadAndLeftAlone) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  execute(path, "PRAGMA user_version=99");
  settle(path);
  const std::string before = test::readFile(path);
  {
    auto store = test::opened(path);
    ASSERT_TRUE(store->readOnly());
    ASSERT_EQ(store->notes().size(), 1u);
    EXPECT_TRUE(mentions(store->notes()[0], "newer program (schema version 99")) << store->notes()[0];
    EXPECT_EQ(test::idsOf(*store).size(), 3u);
    EXPECT_TRUE(store->loadTrace(1));
    EXPECT_FALSE(store->rename(1, "x"));
    EXPECT_FALSE(store->beginRun(*test::madeInfo(3), {}, {}));
  }
  EXPECT_EQ(test::readFile(path), before);
}

TEST(StoreFile, AnotherProgramsFileIsNotTouched) {
  test::ScratchFolder folder;
  const fs::path other = folder.path() / "other.db", noise = folder.path() / "noise.db";
  execute(other, "CREATE TABLE contacts(name); INSERT INTO contacts VALUES ('x')");
  writeFile(noise, std::string(8192, 'n'));
  const std::string before = test::readFile(other);
  EXPECT_TRUE(mentions(openError(other), "a database of another program")) << openError(other);
  EXPECT_TRUE(mentions(openError(noise), "damaged or not a database")) << openError(noise);
  EXPECT_EQ(test::readFile(other), before);
  EXPECT_EQ(test::readFile(noise), std::string(8192, 'n'));
}

// Runs `work` as a user without rights; its result is the exit code.
template <class F>
int asNobody(F&& work) {
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(100);
    _exit(work());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

TEST(StoreFile, AFileThatMayNotBeWrittenIsOpenedForReading) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  fs::permissions(path, fs::perms(0444));
  fs::permissions(folder.path(), fs::perms(0555));
  const int result = asNobody([&] {
    const auto store = core::SessionStore::open(path);
    if (!store) return 1;
    if (!(*store)->readOnly()) return 2;
    if ((*store)->notes().size() != 1 || !mentions((*store)->notes()[0], "opened read-only")) return 3;
    const auto rows = (*store)->list();
    if (!rows || rows->size() != 3) return 4;
    if (!(*store)->loadTrace(2)) return 5;
    if ((*store)->setStarred(1, true)) return 6;
    if (!(*store)->query("SELECT count(*) FROM run")) return 7;
    return 0;
  });
  fs::permissions(folder.path(), fs::perms(0700));
  EXPECT_EQ(result, 0);
}

TEST(StoreFile, AReadOnlyStoreOfNoFileIsAnError) {
  test::ScratchFolder folder;
  core::StoreOptions options;
  options.readOnly = true;
  EXPECT_TRUE(mentions(openError(folder.path() / "none.db", options), "there is no such file"));
  EXPECT_FALSE(fs::exists(folder.path() / "none.db"));
}

TEST(StoreFile, DamageIsFoundReportedAndRescuedFromACopy) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  std::string bytes = test::readFile(path);
  // A float deep inside the recorded rows of the second run.
  const auto place = [&] {
    const auto database = core::connect(core::fileUri(path, ""), {});
    SQLite::Statement row(*database, "SELECT data FROM block WHERE run = 2 ORDER BY length(data) DESC LIMIT 1");
    row.executeStep();
    const SQLite::Column data = row.getColumn(0);
    return bytes.find(std::string(static_cast<const char*>(data.getBlob()) + 200, 64));
  }();
  ASSERT_NE(place, std::string::npos);
  bytes[place + 10] ^= 0x40;
  writeFile(path, bytes);

  {
    auto store = test::opened(path);
    EXPECT_TRUE(store->loadTrace(1));
    const auto damaged = store->loadTrace(2);
    ASSERT_FALSE(damaged);
    EXPECT_TRUE(mentions(damaged.error().message, "do not match their checksum")) << damaged.error().message;
  }
  settle(path);
  const std::string before = test::readFile(path);
  const fs::path fresh = folder.path() / "fresh.db";
  const auto report = core::rescueStore(path, fresh);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->runs, 2);
  EXPECT_EQ(report->partly, 1);
  EXPECT_EQ(report->lost, 0);
  EXPECT_TRUE(mentions(report->firstProblem, "checksum"));
  EXPECT_EQ(test::readFile(path), before);
  auto rescued = test::opened(fresh);
  EXPECT_EQ(test::idsOf(*rescued).size(), 3u);
  test::expectSameRows(*rescued->loadTrace(3), test::grown(core::Trace(test::madeInfo(5)), 3, 200, 199));
  EXPECT_EQ(rescued->row(3)->prompt, "run 3");
  EXPECT_EQ(rescued->row(3)->state, core::RunState::Complete);
  EXPECT_EQ(rescued->row(2)->state, core::RunState::Interrupted);
  EXPECT_FALSE(core::rescueStore(path, fresh)) << "an existing file must not be overwritten";
}

TEST(StoreFile, AnyDamagedPageEndsInAnErrorOrInTheTruth) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  const std::string good = test::readFile(path);
  const fs::path bad = folder.path() / "bad.db";
  const core::Trace truth = test::grown(core::Trace(test::madeInfo(5)), 2, 200, 199);
  core::StoreOptions foreign;
  foreign.foreign = true;
  int refused = 0;
  for (size_t page = 0; page * 4096 < good.size(); ++page) {
    std::string bytes = good;
    for (size_t i = 0; i < 4096; i += 97) bytes[page * 4096 + i] = static_cast<char>(test::mixed(page * 4096 + i));
    writeFile(bad, bytes);
    const auto store = core::SessionStore::open(bad, foreign);
    if (!store) {
      refused += 1;
      continue;
    }
    const auto trace = (*store)->loadTrace(2);
    if (trace) test::expectSameRows(*trace, truth);
    (void)(*store)->list();
    (void)(*store)->search("run");
    (void)(*store)->findChoices({});
    (void)(*store)->routesOfToken({1, ""});
    EXPECT_EQ(test::readFile(bad), bytes) << "page " << page;
  }
  EXPECT_GT(refused, 0);
}

TEST(StoreFile, ACutFileIsRefusedAndLeftAlone) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  const std::string good = test::readFile(path);
  core::StoreOptions foreign;
  foreign.foreign = true;
  for (const size_t size : {size_t{100}, size_t{4096}, good.size() / 2, good.size() - 4096}) {
    writeFile(path, good.substr(0, size));
    EXPECT_NE(openError(path, foreign), "opened") << size;
    EXPECT_EQ(test::readFile(path).size(), size);
  }
}

TEST(StoreFile, AForeignDatabaseWithOtherTablesIsRefused) {
  core::StoreOptions foreign;
  foreign.foreign = true;
  for (const char* sql : {"ALTER TABLE run ADD COLUMN extra", "DROP TABLE tag; CREATE TABLE tag(run, tag)",
                          "DROP TABLE run_text; CREATE TABLE run_text(prompt, name, note, tags, model)"}) {
    test::ScratchFolder folder;
    const fs::path path = storeOfThree(folder.path());
    EXPECT_EQ(openError(path, foreign), "opened");
    execute(path, sql);
    EXPECT_TRUE(mentions(openError(path, foreign), "is not what this program makes")) << sql;
  }
}

TEST(StoreFile, AMigrationKeepsACopyFirst) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  const std::vector<core::Migration> steps = {{4, "ALTER TABLE run ADD COLUMN colour TEXT"},
                                              {5, "CREATE TABLE extra(a); INSERT INTO extra VALUES (7)"}};
  const auto database = core::connect(core::fileUri(path, ""), {});
  core::SchemaState state;
  state.version = 4;
  const auto status = core::migrate(*database, state, path, steps, 6);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(core::queryNumber(*database, "PRAGMA user_version"), 6);
  EXPECT_EQ(core::queryNumber(*database, "SELECT a FROM extra"), 7);
  EXPECT_EQ(core::queryNumber(*database, "SELECT count(colour IS NULL) FROM run"), 3);
  EXPECT_EQ(state.copy, path.string() + ".v4.bak");
  auto copy = test::opened(state.copy);
  EXPECT_EQ(test::idsOf(*copy).size(), 3u);
  test::expectSameRows(*copy->loadTrace(2), test::grown(core::Trace(test::madeInfo(5)), 2, 200, 199));
}

TEST(StoreFile, AMigrationThatFailsLeavesTheFileAsItWas) {
  test::ScratchFolder folder;
  const fs::path path = storeOfThree(folder.path());
  const std::vector<core::Migration> steps = {{4, "ALTER TABLE run ADD COLUMN colour TEXT"}, {5, "this is not SQL"}};
  {
    const auto database = core::connect(core::fileUri(path, ""), {});
    core::SchemaState state;
    state.version = 4;
    EXPECT_THROW((void)core::migrate(*database, state, path, steps, 6), SQLite::Exception);
    EXPECT_EQ(core::queryNumber(*database, "PRAGMA user_version"), 4);
    const auto unknown = core::migrate(*database, state, path, std::span(steps).first(1), 6);
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(mentions(unknown.error().message, "schema version 4 cannot be brought to version 6"));
  }
  auto store = test::opened(path);
  EXPECT_EQ(store->notes().size(), 0u);
  EXPECT_TRUE(store->loadTrace(1));
}

}  // namespace
