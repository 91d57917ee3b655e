// Bookmarks, branches, and runs that go on in their own row.
#include <cmath>
#include <limits>

#include "core/store/connection.h"
#include "tests/core/store/stored_runs.h"
#include "tests/support/support.h"

namespace {

using core::Bookmark;

TEST(Bookmarks, ComeInTheOrderOfTheTextAndOnePlaceHasOne) {
  const auto store = test::opened(":memory:");
  const core::RunId run = test::storedRun(*store, 1, 5, 9);
  ASSERT_TRUE(store->setBookmark(run, {{7, 1, 3, 2}, "late"}));
  ASSERT_TRUE(store->setBookmark(run, {{2, 0, -1, 0}, "early"}));
  ASSERT_TRUE(store->setBookmark(run, {{7, 1, 3, 2}, "late, after all"}));
  const std::vector<Bookmark> expected = {{{2, 0, -1, 0}, "early"}, {{7, 1, 3, 2}, "late, after all"}};
  EXPECT_EQ(*store->bookmarks(run), expected);
  EXPECT_EQ(store->row(run)->bookmarks, 2);
  ASSERT_TRUE(store->clearBookmark(run, {2, 0, -1, 0}));
  EXPECT_EQ(store->bookmarks(run)->size(), 1u);
  EXPECT_TRUE(store->clearBookmark(run, {2, 0, -1, 0})) << "nothing there is no error";
  EXPECT_FALSE(store->setBookmark(99, {{0, 0, 0, 0}, ""}));
  ASSERT_TRUE(store->erase(std::vector{run}));
  EXPECT_TRUE(store->bookmarks(run)->empty());
}

TEST(Origin, StandsInTheRowOfTheBranch) {
  const auto store = test::opened(":memory:");
  const core::RunId parent = test::storedRun(*store, 1, 5, 9), child = test::storedRun(*store, 2, 5, 9);
  ASSERT_TRUE(store->setOrigin(child, {parent, 6, "branch"}));
  EXPECT_EQ(store->row(child)->origin, (core::RunOrigin{parent, 6, "branch"}));
  EXPECT_FALSE(store->row(parent)->origin);
  EXPECT_FALSE(store->setOrigin(99, {parent, 6, "branch"}));
}

TEST(ContinuedRun, HoldsWhatItHeldAndWhatWasAdded) {
  const auto store = test::opened(":memory:");
  const core::RunId run = test::storedRun(*store, 3, 5, 9);
  const core::Trace before = *store->loadTrace(run);
  {
    auto writer = store->continueRun(run, before);
    ASSERT_TRUE(writer) << writer.error().message;
    EXPECT_EQ((*writer)->id(), run);
    // Cut into other blocks than the ones on disk.
    const core::Trace longer = test::grown(core::Trace(test::madeInfo(5)), 3, 20, 19);
    const auto done = (*writer)->finish(longer);
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_EQ(store->row(run)->tokens, 20);
  EXPECT_EQ(store->row(run)->state, core::RunState::Complete);
  EXPECT_EQ(test::idsOf(*store).size(), 1u);
  test::expectSameRows(*store->loadTrace(run), test::grown(core::Trace(test::madeInfo(5)), 3, 20, 19));
}

TEST(ContinuedRun, RefusesAnotherLengthAndARunThatIsStillWritten) {
  const auto store = test::opened(":memory:");
  const core::RunId run = test::storedRun(*store, 3, 5, 9);
  const auto other = store->continueRun(run, test::grown(core::Trace(test::madeInfo(5)), 3, 12, 11));
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("expected the 9 tokens that are stored, found 12"), std::string::npos);
  const core::Trace going = test::grown(core::Trace(test::madeInfo(5)), 4, 5, 5);
  auto writer = store->beginRun(going.info(), going.ids(), going.texts());
  ASSERT_TRUE(writer);
  const auto twice = store->continueRun((*writer)->id(), going);
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("still being written"), std::string::npos);
}

TEST(Migration, AFileOfVersionOneGetsItsNewTablesAndKeepsItsRuns) {
  const test::ScratchFolder folder;
  const std::filesystem::path path = folder.path() / "old.db";
  { (void)test::storedRun(*test::opened(path), 1, 5, 9); }
  {
    const auto database = core::connect(core::fileUri(path, ""), {});
    database->exec(
        "DROP TABLE bookmark; DROP TABLE origin; DROP TABLE knockout; DROP TABLE knockout_effect; PRAGMA "
        "user_version=1");
  }
  const auto store = test::opened(path);
  ASSERT_EQ(store->notes().size(), 1u);
  EXPECT_NE(store->notes()[0].find("brought up to schema version 4"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path.string() + ".v1.bak"));
  ASSERT_TRUE(store->setBookmark(1, {{1, 0, 0, 0}, "x"}));
  EXPECT_EQ(store->row(1)->bookmarks, 1);
  core::StoreOptions foreign;
  foreign.foreign = true;
  EXPECT_TRUE(core::SessionStore::open(path, foreign)) << "the tables are as a new file has them";
}

core::StoredKnockout someSweep(core::RunId run) {
  core::StoredKnockout sweep;
  sweep.run = run;
  sweep.token = 4;
  sweep.onlyToken = true;
  sweep.complete = false;
  sweep.engine = "cpu";
  sweep.seed = 7;
  sweep.resamples = 100;
  sweep.effects = {{0, 2, 3, 0.25, std::numeric_limits<double>::quiet_NaN(), -0.5}, {1, 0, 0, 0, 0, 0}};
  return sweep;
}

TEST(Knockouts, AreKeptWithTheirRunAndGoWithIt) {
  const test::ScratchFolder folder;
  const std::filesystem::path path = folder.path() / "runs.db", fresh = folder.path() / "new.db";
  {
    const auto store = test::opened(path);
    const core::RunId first = test::storedRun(*store, 1, 5, 9), second = test::storedRun(*store, 2, 5, 9);
    ASSERT_TRUE(store->addKnockout(someSweep(first)));
    ASSERT_TRUE(store->addKnockout(someSweep(second)));
    const auto found = store->knockouts(first);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1U);
    const core::StoredKnockout& sweep = found->front();
    EXPECT_EQ(sweep.token, 4);
    EXPECT_TRUE(sweep.onlyToken);
    EXPECT_FALSE(sweep.complete);
    EXPECT_EQ(sweep.engine, "cpu");
    EXPECT_EQ(sweep.seed, 7U);
    EXPECT_EQ(sweep.resamples, 100);
    ASSERT_EQ(sweep.effects.size(), 2U);
    EXPECT_EQ(sweep.effects[0].expert, 2);
    EXPECT_EQ(sweep.effects[0].uses, 3);
    EXPECT_EQ(sweep.effects[0].kl, 0.25);
    EXPECT_TRUE(std::isnan(sweep.effects[0].surprisal)) << "not known";
    EXPECT_EQ(sweep.effects[0].predicted, -0.5);
    const auto nowhere = store->addKnockout(someSweep(99));
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().message.find("there is no run 99"), std::string::npos);
    ASSERT_TRUE(store->erase(std::vector{first}));
    EXPECT_TRUE(store->knockouts(first)->empty());
    EXPECT_EQ(store->query("SELECT * FROM knockout_effect")->rows.size(), 2U) << "those of the other run";
  }
  ASSERT_TRUE(core::rescueStore(path, fresh));
  const auto rescued = test::opened(fresh)->knockouts(1);
  ASSERT_EQ(rescued->size(), 1U);
  EXPECT_EQ(rescued->front().effects.size(), 2U);
  EXPECT_TRUE(std::isnan(rescued->front().effects[0].surprisal));
}

TEST(Rescue, BringsBookmarksAndBranchesAlong) {
  const test::ScratchFolder folder;
  const std::filesystem::path path = folder.path() / "old.db", fresh = folder.path() / "new.db";
  {
    const auto store = test::opened(path);
    const core::RunId lost = test::storedRun(*store, 1, 5, 9), parent = test::storedRun(*store, 2, 5, 9),
                      child = test::storedRun(*store, 3, 5, 9);
    ASSERT_TRUE(store->erase(std::vector{lost}));
    ASSERT_TRUE(store->setOrigin(child, {parent, 6, "branch"}));
    ASSERT_TRUE(store->setBookmark(child, {{4, 1, 2, 3}, "here"}));
  }
  const auto report = core::rescueStore(path, fresh);
  ASSERT_TRUE(report) << report.error().message;
  const auto store = test::opened(fresh);
  EXPECT_EQ(store->row(2)->origin, (core::RunOrigin{1, 6, "branch"}));
  EXPECT_EQ(*store->bookmarks(2), (std::vector<Bookmark>{{{4, 1, 2, 3}, "here"}}));
}

}  // namespace
