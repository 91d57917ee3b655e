// Answers from posting lists against what the traces themselves say; words against what was written.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/trace/dispatch.h"
#include "tests/core/store/stored_runs.h"

namespace {

using core::RunId;
using Ids = std::vector<RunId>;

std::vector<RunId> found(core::SessionStore& store, const std::string& text) {
  std::vector<RunId> ids;
  const auto rows = store.search(text);
  EXPECT_TRUE(rows) << text << ": " << rows.error().message;
  if (!rows) return ids;
  for (const core::RunRow& row : *rows) ids.push_back(row.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(Search, WordsAreFoundInPromptsNamesNotesTagsAndModels) {
  auto store = test::opened(":memory:");
  const RunId a = test::storedRun(*store, 1, 3, 6, "The router chose an expert");
  const RunId b = test::storedRun(*store, 2, 3, 6, "Caf\xc3\xa9 tables and chairs");
  const RunId c = test::storedRun(*store, 3, 3, 6, "nothing of note");
  ASSERT_TRUE(store->rename(b, "breakfast"));
  ASSERT_TRUE(store->setNote(c, "compare with the router lesson"));
  ASSERT_TRUE(store->setTags(c, {"lesson-3", "router"}));
  EXPECT_EQ(found(*store, "router"), (Ids{a, c}));
  EXPECT_EQ(found(*store, "ROUT"), (Ids{a, c}));
  EXPECT_EQ(found(*store, "router expert"), Ids{a});
  EXPECT_EQ(found(*store, "cafe"), Ids{b});
  EXPECT_EQ(found(*store, "breakf"), Ids{b});
  EXPECT_EQ(found(*store, "lesson-3"), Ids{c});
  EXPECT_EQ(found(*store, "made"), (Ids{a, b, c}));  // the model
  EXPECT_EQ(found(*store, ""), (Ids{a, b, c}));
  EXPECT_EQ(found(*store, "absent"), Ids{});
  ASSERT_TRUE(store->remove(a));
  EXPECT_EQ(found(*store, "router"), Ids{c});
  ASSERT_TRUE(store->rename(b, "dinner"));
  EXPECT_EQ(found(*store, "breakfast"), Ids{});
}

TEST(Search, WhatLooksLikeAQueryIsTakenAsText) {
  auto store = test::opened(":memory:");
  const RunId a = test::storedRun(*store, 1, 3, 6, "say \"hello\" NEAR(the) 100% AND a_b * C:\\x");
  test::storedRun(*store, 2, 3, 6, "another 100 axb");
  for (const char* text : {"\"hello\"", "NEAR(the)", "100%", "hello AND", "%", "_", "*", "\\", "a_b", "prompt:say"}) {
    const Ids ids = found(*store, text);
    if (std::string(text) == "prompt:say") {
      EXPECT_EQ(ids, Ids{});
    } else if (std::string(text) == "100%") {
      EXPECT_EQ(ids, (Ids{a, 2}));  // punctuation at the end of a word is not in the index
    } else {
      EXPECT_EQ(ids, Ids{a}) << text;
    }
  }
}

TEST(Search, ScriptsWithoutSpacesAreFoundInside) {
  auto store = test::opened(":memory:");
  const RunId a = test::storedRun(*store, 1, 3, 6, "\xe4\xbb\x8a\xe6\x97\xa5\xe3\x81\xaf\xe5\xa4\xa9\xe6\xb0\x97");
  test::storedRun(*store, 2, 3, 6, "weather today");
  EXPECT_EQ(found(*store, "\xe5\xa4\xa9\xe6\xb0\x97"), Ids{a});
}

// Twenty runs and, for each, its trace.
struct Runs {
  std::unique_ptr<core::SessionStore> store = test::opened(":memory:");
  std::map<RunId, core::Trace> traces;
  Runs() {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      const int tokens = 10 + static_cast<int>(seed * 7 % 31);
      const RunId id = test::storedRun(*store, seed, 5, tokens);
      traces.emplace(id, test::grown(core::Trace(test::madeInfo(5)), seed, tokens, tokens - 1));
    }
  }
};

// run, layer, expert, token, rank, dropped of every choice that matches, in the order of the answers.
std::vector<std::array<int64_t, 6>> expectedChoices(const Runs& runs, const core::ChoiceQuestion& question) {
  std::vector<std::array<int64_t, 6>> all;
  for (const auto& [id, trace] : runs.traces) {
    for (const int layer : {1, 2}) {
      const core::LayerDispatch dispatch = core::dispatchOf(trace, layer);
      for (int token = 0; token < trace.tokens(core::Stream::Layer, layer); ++token) {
        for (int rank = 0; rank < 2; ++rank) {
          const int expert = trace.ints(core::Hook::RouterIds, layer, token)[static_cast<size_t>(rank)];
          const bool dropped = dispatch.kept[static_cast<size_t>(token) * 2 + static_cast<size_t>(rank)] == 0;
          if (question.layer && *question.layer != layer) continue;
          if (question.expert && *question.expert != expert) continue;
          if ((question.firstOnly && rank) || (question.droppedOnly && !dropped)) continue;
          all.push_back({-id, layer, expert, token, rank, dropped});
        }
      }
    }
  }
  std::sort(all.begin(), all.end());
  for (auto& each : all) each[0] = -each[0];
  return all;
}

void expectAnswers(Runs& runs, const core::ChoiceQuestion& question) {
  const auto expected = expectedChoices(runs, question);
  const auto count = runs.store->countChoices(question);
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(count->hits, static_cast<int64_t>(expected.size()));
  std::set<int64_t> ids;
  for (const auto& each : expected) ids.insert(each[0]);
  EXPECT_EQ(count->runs, static_cast<int64_t>(ids.size()));
  // In pages of 37, so that pages end inside of lists.
  std::vector<std::array<int64_t, 6>> answers;
  for (int page = 0; page == 0 || answers.size() % 37 == 0; ++page) {
    const auto hits = runs.store->findChoices(question, 37, page * 37);
    ASSERT_TRUE(hits) << hits.error().message;
    if (hits->empty()) break;
    for (const core::ChoiceHit& hit : *hits) {
      answers.push_back({hit.run, hit.layer, hit.expert, hit.token, hit.rank, hit.dropped});
      const core::Trace& trace = runs.traces.at(hit.run);
      ASSERT_EQ(hit.id, trace.ids()[static_cast<size_t>(hit.token)]);
      ASSERT_EQ(hit.text, trace.texts()[static_cast<size_t>(hit.token)]);
      if (hit.token > 0) {
        ASSERT_TRUE(hit.before.ends_with(trace.texts()[static_cast<size_t>(hit.token) - 1]));
      }
    }
  }
  EXPECT_EQ(answers, expected);
}

TEST(Questions, EveryTokenThatChoseAnExpert) {
  Runs runs;
  core::ChoiceQuestion question;
  question.layer = 2;
  question.expert = 3;
  expectAnswers(runs, question);
  question.firstOnly = true;
  expectAnswers(runs, question);
}

TEST(Questions, FirstChoicesThatWereDropped) {
  Runs runs;
  core::ChoiceQuestion question;
  question.firstOnly = question.droppedOnly = true;
  expectAnswers(runs, question);
  EXPECT_GT(runs.store->countChoices(question)->hits, 0);
  question.firstOnly = false;
  expectAnswers(runs, question);
}

TEST(Questions, WithoutALayerAndOfAModelThatIsNotThere) {
  Runs runs;
  core::ChoiceQuestion question;
  expectAnswers(runs, question);
  question.expert = 0;
  expectAnswers(runs, question);
  question.model = "another";
  EXPECT_EQ(runs.store->countChoices(question)->hits, 0);
  EXPECT_TRUE(runs.store->findChoices(question)->empty());
}

TEST(Questions, WhereATokenIdWent) {
  Runs runs;
  const int32_t id = 17;
  std::vector<std::pair<int64_t, int>> places;
  std::map<std::pair<int, int>, std::array<int64_t, 3>> ways;
  std::set<RunId> ids;
  for (const auto& [run, trace] : runs.traces) {
    for (int token = 0; token < trace.length(); ++token) {
      if (trace.ids()[static_cast<size_t>(token)] != id) continue;
      places.emplace_back(-run, token);
      ids.insert(run);
      for (const int layer : {1, 2}) {
        const auto chosen = trace.ints(core::Hook::RouterIds, layer, token);
        const core::LayerDispatch dispatch = core::dispatchOf(trace, layer);
        for (size_t rank = 0; rank < chosen.size(); ++rank) {
          auto& way = ways[{layer, chosen[rank]}];
          way[0] += 1;
          way[1] += rank == 0;
          way[2] += dispatch.kept[static_cast<size_t>(token) * 2 + rank] == 0;
        }
      }
    }
  }
  std::sort(places.begin(), places.end());
  const core::TokenQuestion question{id, "made"};
  const auto routes = runs.store->routesOfToken(question);
  ASSERT_TRUE(routes) << routes.error().message;
  EXPECT_EQ(routes->occurrences, static_cast<int64_t>(places.size()));
  EXPECT_EQ(routes->runs, static_cast<int64_t>(ids.size()));
  ASSERT_EQ(routes->routes.size(), ways.size());
  for (const core::RouteCount& count : routes->routes) {
    const std::array<int64_t, 3> found3 = {count.choices, count.firsts, count.dropped};
    EXPECT_EQ(found3, (ways[{count.layer, count.expert}])) << count.layer << " " << count.expert;
  }
  const auto hits = runs.store->findToken(question, 1000);
  ASSERT_TRUE(hits);
  ASSERT_EQ(hits->size(), places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ((*hits)[i].run, -places[i].first);
    EXPECT_EQ((*hits)[i].token, places[i].second);
    EXPECT_EQ((*hits)[i].text, " t17");
  }
  ASSERT_GT(places.size(), 3u);
  EXPECT_EQ(runs.store->findToken(question, 2, 1)->front().token, places[1].second);
}

std::string queryError(core::SessionStore& store, const std::string& sql, const core::QueryLimits& limits = {}) {
  const auto table = store.query(sql, limits);
  return table ? "accepted" : table.error().message;
}

TEST(Query, ASelectReadsNamesNumbersNullsAndBlobs) {
  auto store = test::opened(":memory:");
  test::storedRun(*store, 1, 3, 6, "first words");
  const auto table =
      store->query("WITH r AS (SELECT * FROM run) SELECT prompt, tokens, deleted, x'0102' AS b, 1.5 FROM r");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns, (std::vector<std::string>{"prompt", "tokens", "deleted", "b", "1.5"}));
  ASSERT_EQ(table->rows.size(), 1u);
  EXPECT_EQ(table->rows[0][0], "first words");
  EXPECT_EQ(table->rows[0][1], "6");
  EXPECT_EQ(table->rows[0][2], std::nullopt);
  EXPECT_EQ(table->rows[0][3], "x'0102'");
  EXPECT_EQ(table->isNumber[0], (std::vector<bool>{false, true, false, false, true}));
  EXPECT_FALSE(table->cutShort);
  EXPECT_EQ(store->query("SELECT rowid FROM run_text WHERE run_text MATCH 'words'")->rows.size(), 1u);
}

TEST(Query, NothingButASelectIsRun) {
  auto store = test::opened(":memory:");
  test::storedRun(*store, 1, 3, 6);
  for (const char* sql : {"DELETE FROM run",
                          "UPDATE run SET name = 'x'",
                          "INSERT INTO tag VALUES (1, 'x')",
                          "DROP TABLE run",
                          "CREATE TABLE x(a)",
                          "PRAGMA journal_mode=DELETE",
                          "PRAGMA table_info(run)",
                          "ATTACH ':memory:' AS x",
                          "VACUUM",
                          "BEGIN",
                          "REINDEX",
                          "SELECT load_extension('x')",
                          "SELECT 1; DELETE FROM run",
                          "SELECT 1; SELECT 2",
                          "",
                          "-- x",
                          "SELECT FROM",
                          "WITH x AS (SELECT 1) DELETE FROM run",
                          "CREATE TEMP TABLE x(a)",
                          "ANALYZE"}) {
    EXPECT_NE(queryError(*store, sql), "accepted") << sql;
  }
  EXPECT_EQ(queryError(*store, "SELECT 1;  -- done"), "accepted");
  EXPECT_EQ(*store->count(), 1);
}

TEST(Query, RowsAndTimeAreLimited) {
  auto store = test::opened(":memory:");
  const std::string endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";
  core::QueryLimits limits;
  limits.rows = 10;
  const auto table = store->query(endless + "i FROM n", limits);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->rows.size(), 10u);
  EXPECT_TRUE(table->cutShort);
  limits.time = std::chrono::milliseconds(50);
  EXPECT_EQ(queryError(*store, endless + "count(*) FROM n", limits),
            "query: stopped after 50 ms, its time limit; ask for less or name a longer time");
  limits.bytes = 1000;
  limits.rows = 1000000;
  limits.time = std::chrono::seconds(5);
  EXPECT_LT(store->query(endless + "i FROM n", limits)->rows.size(), 100u);
}

}  // namespace
